"""The words of a customer's page, its feed, its calendar and its letters."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.rules.followed import Entry, Promised, calendar_bytes, feed_bytes
from incidents.rules.follower_letters import already_letter, confirm_letter, update_letter
from incidents.rules.public import Names, Parts, due_words, headline, line_of, moment_words, parts_of, without_others

AT = datetime(2026, 11, 17, 12, 4)
READING = """### Northwind SEV1 outage - 3:17amET update

#### Status: Investigating

#### Incident Time: 13 minutes

We are looking into it.

Next update will be shared at 3:45amET.

#### Customer Impact

Posts fail."""


def test_a_reading_gives_its_texts_and_keeps_its_headings_for_the_page() -> None:
    assert parts_of(READING) == Parts(
        "We are looking into it.", "Posts fail.", "", "Next update will be shared at 3:45amET."
    )
    assert parts_of("Words.\n\nNext update will be shared at 8amET.\n\nMore.").closing == ""


def test_notes_that_were_chosen_for_the_customer_stand_apart() -> None:
    found = parts_of(READING + "\n\n#### Technical Notes\n\nThe cache is cold.")
    assert (found.impact, found.notes) == ("Posts fail.", "The cache is cold.")


@pytest.mark.parametrize("text", ["", "Only words.", "#### Customer Impact", "### Not the first\nline"])
def test_a_reading_in_another_shape_loses_none_of_its_words(text: str) -> None:
    found = parts_of(f"Before.\n{text}")
    assert all(word in found.summary + found.impact or word in "####CustomerImpact" for word in text.split())


@pytest.mark.parametrize(("text", "kept"), [
    ("Northwind and Initech are down.", "Northwind and another customer are down."),
    ("INITECH is down, initech's posts fail.", "another customer is down, another customer's posts fail."),
    ("Initech, Globex and IT are down.", "other customers are down."),
    ("It is down; initechnology is not.", "It is down; initechnology is not."),
    ("Globex Northwind is ours.", "Globex Northwind is ours."),
])
def test_other_customers_are_not_named_and_words_stay_words(text: str, kept: str) -> None:
    names = Names(frozenset({"Northwind", "Globex Northwind"}), frozenset({"Initech", "Globex", "IT"}))
    assert without_others(text, names) == kept


@given(st.text(), st.frozensets(st.text(min_size=1), max_size=3))
def test_whatever_is_written_nobody_else_is_named_and_nothing_breaks(text: str, others: frozenset[str]) -> None:
    said = without_others(text, Names(others=frozenset(name for name in others if name.strip())))
    assert said or not text


def test_the_headline_is_the_first_sentence_of_the_newest_impact() -> None:
    assert headline(["", "One in five\nfails since 10.4.2. Apps retry."], "Down.") == "One in five fails since 10.4.2."
    assert headline(["None.", "Not known yet.", "Posts fail."], "Down.") == "Posts fail."
    assert headline([], "Down.") == "Down."
    assert len(headline(["x" * 400], "Down.")) == 160


def test_moments_are_short_today_and_whole_on_other_days() -> None:
    assert moment_words(AT, AT) == "12:04 pm"
    assert moment_words(AT - timedelta(days=1), AT) == "Mon 16 Nov, 12:04 pm"
    assert moment_words(AT - timedelta(days=365), AT) == "Mon 17 Nov 2025, 12:04 pm"


@pytest.mark.parametrize(("ahead", "words"), [
    (41 * 60 + 5, "in 41 min"), (59, "now"), (-30, "now"), (-4 * 60, "4 min late"), (20 * 3600, "in 20 h"),
])
def test_what_is_promised_is_said_calmly_also_when_it_is_late(ahead: int, words: str) -> None:
    assert due_words(AT + timedelta(seconds=ahead), AT) == words


def test_the_line_shows_what_is_behind_here_and_ahead() -> None:
    assert [step.state for step in line_of(2)] == ["done", "here", "ahead", "ahead"]
    assert {step.state for step in line_of(4)} == {"done"}


NOON = datetime(2026, 11, 17, 17, 4, tzinfo=UTC)


def test_a_feed_says_the_same_bytes_for_the_same_facts() -> None:
    entry = Entry("urn:uuid:1", "update-1", "Identified: update 1", "<p>a & b</p>", NOON, NOON)
    args = {"key": "urn:uuid:0", "title": "Northwind", "url": "https://x/s/t/", "feed_url": "https://x/s/t/feed.atom"}
    text = feed_bytes(**args, changed_at=NOON, entries=[entry])
    assert text == feed_bytes(**args, changed_at=NOON, entries=[entry])
    assert b"&lt;p&gt;a &amp; b&lt;/p&gt;" in text and b"https://x/s/t/#update-1" in text
    assert b"<updated>2026-11-17T17:04:00+00:00</updated>" in feed_bytes(**args, changed_at=NOON, entries=[])


def test_a_calendar_holds_the_promised_moments_in_utc() -> None:
    text = calendar_bytes(name="N", title="N: next status update", url="https://x/s/t/",
                          promised=[Promised("urn:uuid:1", NOON, NOON)]).decode()
    assert "DTSTART:20261117T170400Z" in text and "DTEND:20261117T171900Z" in text
    assert "SUMMARY:N: next status update" in text and text.count("BEGIN:VEVENT") == 1


def test_letters_say_what_the_page_says_and_how_they_end() -> None:
    letter = update_letter(
        name="Northwind", status="Identified", words="Identified: a fix is being prepared", at="11:49 am ET",
        since="Tue 17 Nov, 3:04 am ET", lasted="8 hours", next_at="12:45 pm ET",
        parts=Parts("A fix is in review.", "One in five fails."), corrected=False,
    ).left_by("https://x/s/leave/t/")
    assert letter.subject == "Northwind: Identified, 11:49 am ET update"
    assert letter.text == (
        "Identified: a fix is being prepared\nSince Tue 17 Nov, 3:04 am ET, for 8 hours.\nNext update: 12:45 pm ET\n\n"
        "A fix is in review.\n\nCustomer impact\n\nOne in five fails.\n\n-- \nNo more of these mails: "
        "https://x/s/leave/t/\n"
    )
    assert "https://x/s/confirm/t/" in confirm_letter("Northwind", "https://x/s/confirm/t/", 3).text
    assert already_letter("Northwind", "https://x/s/leave/t/").leave == "https://x/s/leave/t/"
