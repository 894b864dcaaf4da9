"""The handbook's form of a status update."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from incidents.choices import Reading
from incidents.rules.updates import bodies, form, promised, times
from incidents.rules.updates.difference import difference
from incidents.rules.updates.form import Entry, Facts, render
from incidents.rules.updates.names import names_in, without_names
from incidents.rules.updates.typed import Typed

EVENING = datetime(2022, 12, 7, 0, 20, tzinfo=UTC)  # 7:20 pm in New York
THREAD = "https://community.mattermost.com/private-core/pl/fp1ptysz5tbz5bogre8fzbr7za"
# The sample of the handbook's Status Update Template, whole, with the names that its page has.
SAMPLE = Entry(
    summary=(
        "We've identified the likely root cause. PR is in progress, with the goal to merge tonight, followed by a "
        "7.8.6 dot release for ABC by tomorrow morning."
    ),
    bridge="WebEx bridge with ABC has concluded. We will reconvene at 8am ET.",
    thanks=(
        "Huge thanks to @neill.collie for being on the bridge call for 9 hours. Additionally big thank you's go to "
        "Ben Cooke for identifying the root cause, plus Doug, Joram, Agniva, Chris Speller, Claudio, Ben Schumacher "
        "who all pitched in thus far, and Amy + Delivery team for being on standby for a patch release."
    ),
    impact=(
        "While the outage is ongoing, mood with ABC team felt much lighter after the root cause was identified. The "
        "call ended in a good note.\n\n"
        "ABC is preparing comms for an emergency upgrade patch. Last time in September approvals were bypassed with "
        "Alice Evan's signoff (SVP - Senior Technical Manager at ABC). Alice was on call and was ready to sign off on "
        "the approvals."
    ),
    technical=(
        "The cause appears to be a recent change that results in a long-running bot query hitting the database "
        "directly more often instead of a cache. Delivery team has been notified for a patch release in v7.8.6, which "
        "ABC would first test in dev/uat, then roll to prod if it's deemed to solve the root cause.\n\n"
        "On the API call to get the config for the client, we're adding back a cache around a query to count the total "
        "users. This API is called on every page load. The query was used in this case to determine if there are any "
        "existing users on the system, which is needed for some client logic. The cache was originally removed due to "
        "a bug that mis-reported the existence of users. We're adding it back in a different way that fixes the bug "
        "and reduces the query to happen only once.\n\n"
        "PR is in progress, with the aim to merge the change tonight, followed by a 7.8.6 dot release.\n\n"
        "The dot release will be shared by Neill over intralink, which ABC will push to dev/uat. ABC will smoke test, "
        'plus check the Grafana query sum(rate(mattermost_db_store_time_count{instance=~"$server",'
        'method="UserStore.Count"}[5m])) to see if there\'s a noticeable difference.\n\n'
        "Afterwards, the patch will be pushed to prod."
    ),
    thread=THREAD,
)
FACTS = Facts(
    customers=("Enterprise ABC",), severity=1, status="Identified", at=EVENING,
    began_at=EVENING - timedelta(hours=9, minutes=12), zone="America/New_York",
    next_at=datetime(2022, 12, 7, 13, 0, tzinfo=UTC), people=("Ben Cooke", "Chris Speller", "Doug Lauder"),
)
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


def headings(text: str) -> list[str]:
    tokens = PARSER.parse(text)
    return [f"{token.tag} {tokens[at + 1].content}" for at, token in enumerate(tokens) if token.type == "heading_open"]


def test_the_handbooks_sample_comes_out_in_its_form_heading_by_heading() -> None:
    text = render(SAMPLE, FACTS, Reading.INTERNAL)
    assert text == "\n\n".join([
        "### Enterprise ABC SEV1 outage - 7:20pmET update", "#### Status: Identified", "#### Incident Time: 9 hours",
        SAMPLE.summary, SAMPLE.bridge, SAMPLE.thanks, "Next update will be shared at 8amET.",
        "#### Customer Impact", SAMPLE.impact, "#### Technical Notes", SAMPLE.technical,
        f"Latest thread with full details: {THREAD}",
    ])


def test_an_executive_reads_status_impact_and_what_comes_next() -> None:
    assert headings(render(SAMPLE, FACTS, Reading.EXECUTIVE)) == [
        "h3 Enterprise ABC SEV1 outage - 7:20pmET update", "h4 Status: Identified", "h4 Incident Time: 9 hours",
        "h4 Customer Impact",
    ]
    text = render(SAMPLE, FACTS, Reading.EXECUTIVE)
    assert "Next update will be shared at 8amET." in text
    assert "likely root cause" not in text
    assert THREAD not in text


def test_a_customer_reads_no_technical_notes_no_thread_and_none_of_our_names() -> None:
    text = render(SAMPLE, FACTS, Reading.CUSTOMER)
    assert "Next update will be shared at 8amET." in text
    assert "reconvene at 8am ET" in text
    for ours in ("Technical Notes", "UserStore", THREAD, "neill", "Ben Cooke", "Huge thanks"):
        assert ours not in text


def test_what_was_chosen_for_the_customer_is_read_by_them() -> None:
    chosen = Entry(**{**vars(SAMPLE), "with_notes": True, "with_names": True, "with_impact": False,
                      "customer": "A fix is on its way to you."})
    text = render(chosen, FACTS, Reading.CUSTOMER)
    assert "Technical Notes" in text
    assert "Ben Cooke" in text
    assert "Customer Impact" not in text
    assert "A fix is on its way to you." in text
    assert "likely root cause" not in text


def test_the_impact_in_other_words_is_what_the_customer_alone_reads() -> None:
    assert "mood" in render(SAMPLE, FACTS, Reading.CUSTOMER)  # without other words it is the impact as it stands
    entry = Entry.of(vars(SAMPLE) | {"customer_impact": "Nobody can post. @ben and Ben Cooke are on it."})
    theirs = render(entry, FACTS, Reading.CUSTOMER)
    assert "Nobody can post." in theirs
    for ours in ("mood", "bypassed", "Ben Cooke", "@ben"):
        assert ours not in theirs
    for reading in (Reading.INTERNAL, Reading.EXECUTIVE):
        assert "bypassed" in render(entry, FACTS, reading)
        assert "Nobody can post." not in render(entry, FACTS, reading)
    off = Entry.of(vars(entry) | {"with_impact": False})
    assert "Nobody can post." not in render(off, FACTS, Reading.CUSTOMER)
    assert [one.title for one in difference(SAMPLE, entry)] == ["Customer impact, for the customer"]
    assert Typed.of(Typed(entry=entry).kept()).entry == entry  # as a draft keeps it


def test_a_customer_reads_nothing_of_another_whose_production_is_down_too() -> None:
    facts = Facts(**{**vars(FACTS), "customers": ("Enterprise ABC", "Initech")})
    entry = Entry(summary="ABC and Initech are down.", impact="Initech posts fail.")
    assert "Initech" not in render(entry, facts, Reading.CUSTOMER)
    theirs = render(entry, facts.headed_by("Initech"), Reading.CUSTOMER)
    assert theirs.startswith("### Initech SEV1 outage")
    assert "Enterprise ABC" not in theirs


def test_without_a_promise_none_is_made_up() -> None:
    facts = Facts(**{**vars(FACTS), "next_at": None})
    assert "No further update is planned." in render(SAMPLE, facts, Reading.INTERNAL)


def test_the_severity_follows_the_incident() -> None:
    facts = Facts(**{**vars(FACTS), "severity": 2})
    assert form.heading(facts) == "Enterprise ABC SEV2 outage - 7:20pmET update"


def test_what_is_not_known_keeps_its_heading() -> None:
    text = render(Entry(summary="We are looking."), FACTS, Reading.INTERNAL)
    assert "#### Customer Impact\n\nNot known yet." in text
    assert text.endswith("#### Technical Notes\n\nNone yet.")


@pytest.mark.parametrize(("at", "zone", "said"), [
    ("2026-11-17T00:20Z", "America/New_York", "7:20pmET"),
    ("2026-07-17T12:00Z", "America/New_York", "8amET"),
    ("2026-11-17T13:00Z", "America/New_York", "8amET"),
    ("2026-11-17T05:00Z", "America/New_York", "12amET"),
    ("2026-11-17T17:05Z", "America/New_York", "12:05pmET"),
    ("2026-11-17T12:00Z", "Europe/London", "12pmUK"),
    ("2026-11-17T13:50Z", "Asia/Dhaka", "7:50pm UTC+6"),
    ("2026-11-17T13:50Z", "Asia/Colombo", "7:20pm UTC+5:30"),
    ("2026-11-17T13:50Z", "America/Bogota", "8:50am UTC-5"),
    ("2026-11-17T13:50Z", "Mars/Base", "1:50pmUTC"),
    ("2026-11-17T13:50Z", "", "1:50pmUTC"),
    ("2026-11-17T13:50Z", "America", "1:50pmUTC"),
])
def test_times_are_said_as_the_handbook_says_them(at: str, zone: str, said: str) -> None:
    assert times.stamp(datetime.fromisoformat(at), zone) == said


@pytest.mark.parametrize(("minutes", "said"), [
    (0, "less than a minute"), (1, "1 minute"), (40, "40 minutes"), (59, "59 minutes"), (60, "1 hour"),
    (119, "1 hour"), (120, "2 hours"), (9 * 60 + 59, "9 hours"), (50 * 60, "50 hours"),
])
def test_an_incident_counts_whole_hours_and_below_one_minutes(minutes: int, said: str) -> None:
    assert times.incident_time(EVENING - timedelta(minutes=minutes), EVENING) == said


@pytest.mark.parametrize(("hours", "said"), [
    (12, "7:20amET"), (23, "6:20pmET"), (24, "7:20pmET on Wednesday"), (24 * 7, "7:20pmET on 13 Dec"),
])
def test_a_promise_further_ahead_names_its_day(hours: int, said: str) -> None:
    assert times.stamp_ahead(EVENING + timedelta(hours=hours), "America/New_York", now=EVENING) == said


@pytest.mark.parametrize(("name", "raw"), [
    ("Foo #1 | Bar", "### Foo \\#1 \\| Bar SEV1 outage - 7:20pmET update"),
    ("Multi\nline", "### Multi line SEV1 outage - 7:20pmET update"),
    ("*Stars* & Co [x](y)", "### \\*Stars\\* & Co \\[x\\](y) SEV1 outage - 7:20pmET update"),
    ("@all Inc", "### @\u200ball Inc SEV1 outage - 7:20pmET update"),
])
def test_a_customers_name_stands_in_the_heading_as_it_is(name: str, raw: str) -> None:
    facts = Facts(**{**vars(FACTS), "customers": (name,)})
    assert render(SAMPLE, facts, Reading.INTERNAL).split("\n")[0] == raw


@pytest.mark.parametrize("summary", [
    "#### Status: Resolved\nAll is well.", "All well\n####Status: Resolved", "Status: Resolved\n===", "Resolved\n---",
    "```\nnever closed", "~~~~\n#### inside", "> #### Status: Resolved", "- # one\n- ## two", "1. #### x",
    "   #### x", "- ```\n#### out of the item", "* * *\n- - -\n***", "a\n-", "> a\n> ===", "# ", "#", "\t#### x",
    "| a |\n|---|\n| #### b |", "```x`\n#### y", "<!-- \n#### x", "<pre>\n\n#### x",
])
@pytest.mark.parametrize("reading", list(Reading))
def test_markdown_that_looks_like_the_form_does_not_break_it(summary: str, reading: Reading) -> None:
    whole = Entry(summary=summary, impact=summary, technical=summary, bridge=summary, thanks=summary, with_notes=True,
                  with_names=True)
    usual = Entry(summary="a", impact="a", technical="a", bridge="a", thanks="a", with_notes=True, with_names=True)
    assert headings(render(whole, FACTS, reading)) == headings(render(usual, FACTS, reading))


MARKED = st.text(alphabet="#=-`~>*_ \n\t|1.)a<!\\&[]", max_size=60)


@given(MARKED, MARKED, MARKED)
def test_nothing_anybody_types_breaks_the_form(summary: str, impact: str, technical: str) -> None:
    text = render(Entry(summary=summary, impact=impact, technical=technical), FACTS, Reading.INTERNAL)
    assert [one.split(" ", 1)[0] for one in headings(text)] == ["h3", "h4", "h4", "h4", "h4"]
    lines = [line for line in text.split("\n") if re.match(r"#{2,6}(\s|$)", line)]
    assert lines[0].startswith("### Enterprise ABC")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300))
def test_of_what_is_typed_no_word_is_lost(text: str) -> None:
    def signs(some: str) -> str:
        return re.sub(r"[^\w]", "", some)
    assert signs(bodies.tidy(text)) in signs(bodies.body(text)) or not signs(text)


def test_a_post_takes_16383_characters_and_says_how_many_are_too_many() -> None:
    assert form.too_long("x" * 16_383) == 0
    assert form.too_long("x" * 16_384) == 1
    assert form.too_long("😀" * 16_390) == 7


@pytest.mark.parametrize(("text", "said"), [
    ("@neill.collie. is on it", "One of our engineers. is on it"),
    ("Found by Ben Cooke, Chris Speller and @doug.", "Found by our engineers."),
    ("Ben Cooke's fix is in.", "Our engineer’s fix is in."),
    ("Write to help@example.com", "Write to help@example.com"),
    ("See https://example.com/@ben/1", "See https://example.com/@ben/1"),
    ("@channel we are back", " we are back"),
    ("Doug is a word here", "Doug is a word here"),
    ("ben cooke looked", "One of our engineers looked"),
])
def test_our_names_are_taken_out_of_a_customers_text(text: str, said: str) -> None:
    assert without_names(text, FACTS.people) == said


def test_first_names_that_still_stand_are_pointed_out() -> None:
    assert names_in("Doug and Ben helped, and doug too", FACTS.people) == ("Doug", "Ben")
    # A name of one word may be any word: it stays, and is pointed out as a first name is.
    text = "Grace and Claudio pitched in with good grace"
    assert without_names(text, ("Claudio", "Grace")) == text
    assert names_in(text, ("Claudio", "Grace", "", "Al")) == ("Grace", "Claudio")


NOON = datetime(2026, 11, 17, 17, 3, tzinfo=UTC)  # Tuesday, 12:03 pm in New York


@pytest.mark.parametrize(("typed", "due"), [
    ("1:45 pm", "2026-11-17T18:45Z"), ("1:45pm ET", "2026-11-17T18:45Z"), ("13:45", "2026-11-17T18:45Z"),
    ("8am", "2026-11-18T13:00Z"), ("tomorrow 8am", "2026-11-18T13:00Z"), ("8:00 am tomorrow", "2026-11-18T13:00Z"),
    ("Thu 9:30 am", "2026-11-19T14:30Z"), ("2026-11-20 08:00", "2026-11-20T13:00Z"),
    ("2026-11-20T08:00", "2026-11-20T13:00Z"), ("24 Nov 8am", "2026-11-24T13:00Z"), ("2 Jan 8am", "2027-01-02T13:00Z"),
    ("in 30 min", "2026-11-17T17:33Z"), ("in 2 h", "2026-11-17T19:03Z"), ("+45m", "2026-11-17T17:48Z"),
    ("12:04 pm", "2026-11-17T17:04Z"), ("at 4 p.m.", "2026-11-17T21:00Z"), ("5am", "2026-11-18T10:00Z"),
])
def test_a_time_is_read_as_people_type_it(typed: str, due: str) -> None:
    assert promised.read_time(typed, at=NOON, zone="America/New_York") == datetime.fromisoformat(due)


@pytest.mark.parametrize(("typed", "words"), [
    ("11:45 am", "has passed"), ("12:03 pm", "has passed"), ("today 8am", "has passed"),
    ("2020-01-01 8am", "has passed"),
    ("soon", "is no time"), ("", "is no time"), ("13pm", "no time of a day"), ("25:00", "no time of a day"),
    ("30 Feb 8am", "no such day"), ("8", "is no time"), ("8:61", "no time of a day"), ("in min", "is no time"),
])
def test_what_is_no_time_or_has_passed_is_refused_in_words(typed: str, words: str) -> None:
    with pytest.raises(promised.Unreadable, match=words):
        promised.read_time(typed, at=NOON, zone="America/New_York")


def test_a_time_that_the_clocks_skip_is_refused_and_one_they_show_twice_asks_which() -> None:
    spring, autumn = datetime(2026, 3, 7, 20, 0, tzinfo=UTC), datetime(2026, 10, 31, 20, 0, tzinfo=UTC)
    with pytest.raises(promised.Unreadable, match="skip 02:30"):
        promised.read_time("tomorrow 2:30 am", at=spring, zone="America/New_York")
    with pytest.raises(promised.Unreadable, match="twice"):
        promised.read_time("tomorrow 1:30 am", at=autumn, zone="America/New_York")
    first = promised.read_time("tomorrow 1:30 am first", at=autumn, zone="America/New_York")
    second = promised.read_time("tomorrow 1:30 am second", at=autumn, zone="America/New_York")
    assert second - first == timedelta(hours=1)


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 1)), st.integers(1, 60 * 24 * 9),
    st.sampled_from(["America/New_York", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe", "Mars/Base"]),
)
def test_a_time_that_is_shown_is_read_as_the_same(now: datetime, minutes: int, zone: str) -> None:
    at = now.replace(tzinfo=UTC)
    due = (at + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    if due <= at:
        return
    assert promised.read_time(promised.shown(due, at=at, zone=zone), at=at, zone=zone) == due


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 1)), st.integers(1, 600))
def test_the_usual_time_lies_ahead_and_within_the_cadence(now: datetime, minutes: int) -> None:
    at = now.replace(tzinfo=UTC)
    due = promised.usual(at, minutes)
    assert at < due <= at + timedelta(minutes=minutes) or minutes == 1


@given(st.text(max_size=30))
def test_whatever_is_typed_for_a_time_is_a_time_ahead_or_said_to_be_none(text: str) -> None:
    try:
        assert promised.read_time(text, at=NOON, zone="America/New_York") > NOON
    except promised.Unreadable as refused:
        assert str(refused)


def test_a_difference_names_only_the_parts_that_changed() -> None:
    new = Entry(**{**vars(SAMPLE), "summary": SAMPLE.summary.replace("tonight", "at noon")})
    changed = difference(SAMPLE, new)
    assert [one.title for one in changed] == ["Summary"]
    assert [one.text for one in changed[0].changes if one.kind == "gone"] == ["tonight,"]
    assert "".join(one.text for one in changed[0].changes if one.kind == "new") == "at noon,"
    assert difference(SAMPLE, SAMPLE) == ()


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 1)),
       st.sampled_from(sorted(times.NAMES)))
def test_a_stamp_never_says_full_hours_twice_and_keeps_its_zones_name(now: datetime, zone: str) -> None:
    at = now.replace(tzinfo=UTC)
    said = times.stamp(at, zone)
    assert ":00" not in said
    assert said.endswith(times.NAMES[zone])
    assert re.match(r"(1[0-2]|[1-9])(:[0-5]\d)?(am|pm)", said)
    assert ZoneInfo(zone)
