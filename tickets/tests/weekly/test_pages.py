"""The pages of the weekly update: who sees what, and that each number opens the list that it counted."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests.factories import person
from portal.common import clock
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.weekly import updates
from tickets.actions.weekly.states import replay_all
from tickets.models import WeeklyUpdate
from tickets.tests.factories import NOON, make_change, make_project, make_ticket

pytestmark = pytest.mark.django_db
AT = "2026-11-17T17:00:00+00:00"
DAY = NOON.date()
HERE = f"/updates/weekly/{DAY}/"


@pytest.fixture(autouse=True)
def _mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    load_marks()
    load_weekly()
    make_project()
    done = make_ticket("Done", id=1, summary="=1+1 <b>@all", labels=["customer-bug"], components=["Search"])
    make_change(done, old="In Progress", new="Done", at=NOON - timedelta(days=1), from_value="s-in-progress")
    make_ticket("In Progress", id=2, summary="Slow")
    make_ticket("To Do", id=3)
    replay_all()
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=5))


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


@pytest.fixture
def lead() -> Client:
    return signed_in(Role.LEAD)


def drafted() -> WeeklyUpdate:
    return updates.draft_update(day=DAY, at=NOON, now=NOON)[0]


def test_each_number_is_the_length_of_the_list_behind_it_and_of_its_csv(lead: Client) -> None:
    drafted()
    page = lead.get(HERE).context["weekly"]
    for row in page.rows:
        shown = lead.get(row.url)
        assert shown.context["count"] == row.value or row.name == "queue"
        found = list(csv.reader(io.StringIO(lead.get(row.url + "?format=csv").content.decode())))
        assert len(found) - 1 == shown.context["count"]


def test_a_part_of_a_number_opens_that_part_of_the_list(lead: Client) -> None:
    drafted()
    for path in (HERE, "/updates/weekly/"):
        for row in lead.get(path).context["weekly"].rows:
            for words, url in row.parts:
                if row.name != "queue":
                    assert lead.get(url).context["count"] == int(words.split()[0]), words


def test_a_spreadsheet_takes_no_summary_for_a_formula(lead: Client) -> None:
    text = lead.get(f"/updates/weekly/tickets/resolved/?at={AT.replace('+', '%2B')}&format=csv").content.decode()
    assert "'=1+1" in text


def test_any_past_moment_can_be_looked_at_and_nonsense_means_now(lead: Client) -> None:
    past = lead.get("/updates/weekly/?at=2026-11-16T10:00").context["weekly"]
    assert (past.state, past.at) == ("moment", datetime(2026, 11, 16, 15, 0, tzinfo=UTC))
    for text in ("nonsense", "0001-01-01T00:00", "9999-12-31T23:59", "2026-11-16T10:00%00", "1e9", "2026-99-99"):
        assert lead.get(f"/updates/weekly/?at={text}").status_code == 200
        assert lead.get(f"/updates/weekly/tickets/backlog/?at={text}").status_code == 200


@pytest.mark.parametrize("path", [
    "/updates/weekly/2026-13-01/", "/updates/weekly/tickets/other/", HERE, "/updates/weekly/charts/?csv=nothing",
    f"{HERE}other/", "/updates/weekly/x/resolved/",
])
def test_what_is_not_there_is_not_found(lead: Client, path: str) -> None:
    assert lead.get(path).status_code == 404


def test_a_lead_saves_and_an_engineer_may_not(lead: Client) -> None:
    update = drafted()
    form = {"text": update.text + "\n\n* A note", "version": "1"}
    assert signed_in(Role.ENGINEER).post(f"{HERE}save/", form).status_code == 403
    assert lead.post(f"{HERE}save/", form).status_code == 302
    update.refresh_from_db()
    assert update.text.endswith("* A note")


def test_what_was_typed_stays_in_the_editor_when_somebody_saved_before(lead: Client) -> None:
    update = drafted()
    form = update.text + "\n\n* Mine"
    lead.post(f"{HERE}save/", {"text": "first", "version": "1"})
    answer = lead.post(f"{HERE}save/", {"text": "my words", "version": "1"})
    assert answer.status_code == 422
    assert "my words" in answer.content.decode()
    assert "Somebody saved another text meanwhile" in answer.content.decode()
    assert "is missing" in answer.content.decode()  # of what was typed; the saved text's own faults are another matter
    assert answer.context["can_map"] is True
    whole = lead.post(f"{HERE}save/", {"text": form, "version": "1"})
    assert whole.status_code == 422 and "Form is complete" in whole.content.decode()
    update.refresh_from_db()
    assert update.text == "first"


def test_posting_says_so_and_the_second_press_says_that_there_is_one(lead: Client) -> None:
    drafted()
    first = lead.post(f"{HERE}post/", follow=True)
    second = signed_in(Role.COORDINATOR).post(f"{HERE}post/", follow=True)
    assert "On its way to the channel" in first.content.decode()
    assert "there is one post" in second.content.decode()
    assert Delivery.objects.count() == 1


def test_notes_of_the_update_before_are_carried_over_on_request(lead: Client) -> None:
    before, _ = updates.draft_update(day=DAY - timedelta(days=7), at=NOON - timedelta(days=7), now=NOON)
    by = person(Role.LEAD)
    updates.save_text(update=before, text=before.text + "\n\n* Mind the gap", seen=1, by=by, now=NOON)
    updates.post_update(update=before, channel="set", path="/", by=by, now=NOON)
    update = drafted()
    assert lead.get(HERE).context["weekly"].editor.carried == ("* Mind the gap",)
    lead.post(f"{HERE}save/", {"text": update.text, "version": "1", "carry": "1"})
    update.refresh_from_db()
    assert update.text.endswith("* Mind the gap")


def test_the_page_says_what_came_and_left_since_the_update_before(lead: Client) -> None:
    before, _ = updates.draft_update(day=DAY - timedelta(days=7), at=NOON - timedelta(days=7), now=NOON)
    updates.post_update(update=before, channel="set", path="/", by=person(Role.LEAD), now=NOON)
    make_ticket("To Do", id=9, created=NOON - timedelta(days=1))
    replay_all()
    drafted()
    moves = {move.label: move for move in lead.get(HERE).context["weekly"].moves}
    assert ("MM-9", "/tickets/MM-9/") in moves["Total bugs in backlog"].entered
    assert ("MM-1", "/tickets/MM-1/") in moves["Total bugs in backlog"].left


def test_the_preview_is_safe_and_tells_what_the_form_lacks(lead: Client) -> None:
    text = lead.post("/updates/weekly/preview/", {"text": "<script>x</script> **b**", "day": str(DAY)}).content.decode()
    assert "<strong>b</strong>" in text
    assert "<script>" not in text
    assert "is missing" in text


def test_updates_are_found_by_their_words(lead: Client) -> None:
    drafted()
    assert len(lead.get("/updates/weekly/history/?q=backlog").context["updates"]) == 1
    assert len(lead.get("/updates/weekly/history/?q=mm-2").context["updates"]) == 1
    assert list(lead.get("/updates/weekly/history/?q=elephant").context["updates"]) == []


def test_old_updates_come_a_page_at_a_time_and_nonsense_is_the_first(lead: Client) -> None:
    WeeklyUpdate.objects.bulk_create(
        WeeklyUpdate(meeting_date=DAY - timedelta(weeks=week), at=NOON, text="Told.", drafted_at=NOON, saved_at=NOON)
        for week in range(60)
    )
    first, last, none = (lead.get(f"/updates/weekly/history/?q=told&page={page}").context["updates"]
                         for page in ("1", "2", "x\x00"))
    assert (len(first), len(last), len(none)) == (52, 8, 52)
    assert first.paginator.count == 60 and {*first}.isdisjoint(last)


def test_a_mirror_that_stands_still_is_said_on_the_page(lead: Client) -> None:
    make_project(answered_at=NOON - timedelta(hours=5), silent_since=NOON - timedelta(hours=5))
    assert lead.get("/updates/weekly/").context["weekly"].trouble is not None


def test_the_charts_draw_and_a_technical_debt_ticket_is_put_on_its_way(lead: Client, settings: Any) -> None:
    page = lead.get("/updates/weekly/charts/")
    assert [chart.id for chart in page.context["charts"]] == ["results", "backlog", "share", "cycle", "flow"]
    assert "style=" not in page.content.decode().partition("<main")[2].partition("</main>")[0]
    last = page.context["found"].weeks[-1]
    assert (last.resolved, last.customers, last.backlog) == (1, 1, 2)
    for name in ("results", "backlog", "share", "cycle", "flow", "components", "doing"):
        assert lead.get(f"/updates/weekly/charts/?csv={name}").status_code == 200


def test_the_number_of_queries_does_not_grow_with_tickets(
    lead: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    drafted()
    for number in range(100, 130):
        make_ticket("In Progress", id=number)
    replay_all()
    for path, most in ((HERE, 40), ("/updates/weekly/", 40), ("/updates/weekly/charts/", 30)):
        with django_assert_max_num_queries(most):
            lead.get(path)


def test_the_command_prints_the_post_of_a_moment_in_the_teams_zone(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("weekly_update", at="2026-11-17T12:00")
    text = capsys.readouterr().out
    assert text.startswith("#set-update #set-update-2026-11-17\n\nBugs resolved in the last 7 days: 1 (1 reported")
    with pytest.raises(CommandError, match="no date and time"):
        call_command("weekly_update", at="soon")


@pytest.mark.parametrize("at", ["2014-03-09T02:30", "2014-11-02T01:30", "2014-11-02T01:30-05:00"])
def test_an_hour_that_a_zone_skips_or_has_twice_is_counted(at: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("weekly_update", at=at)
    assert "Total bugs in backlog: 0" in capsys.readouterr().out


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_moment_at_the_end_of_time_is_refused_in_words(at: str) -> None:
    with pytest.raises(CommandError, match="is no date and time like"):
        call_command("weekly_update", at=at)
