"""What needs somebody, and since when they were away: thinking without a database."""

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from people.choices import Right, Role
from people.rules import RIGHTS
from portal.pages.needs import Addresses, Counts, Held, Need, OwedUpdate, needs
from portal.pages.visits import Visit, visit
from tickets.rules.freshness import Trouble

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
TO = Addresses("/board/", "/board/?backlog=open", "/board/?assignee=nobody", "/sync/")
CALM = Counts(todo=9, todo_unowned=0, urgent_unowned=0, unmapped=0, unmapped_statuses=0, failed_webhooks=0)


def counts(**kw: int) -> Counts:
    return Counts(**vars(CALM) | kw)


def held(key: str = "MM-1", days: int = 1, **kw: Any) -> Held:
    values: dict[str, Any] = {
        "key": key, "url": f"/tickets/{key}/", "summary": "Slow", "column": "in_progress", "assignee": "ada",
        "assignee_name": "Ada Park", "since": NOON - timedelta(days=days), "least": False,
    }
    return Held(**values | kw)


def rows(role: Role = Role.LEAD, **kw: Any) -> tuple[Need, ...]:
    values: dict[str, Any] = {
        "rights": RIGHTS[role], "account": "", "trouble": None, "silent_since": None, "notices": [], "counts": CALM,
        "held": [], "first_import": False, "to": TO, "at": NOON,
    }
    return needs(**values | kw)


def titles(role: Role = Role.LEAD, **kw: Any) -> list[str]:
    return [need.title for need in rows(role, **kw)]


def test_on_a_calm_day_nothing_needs_anybody() -> None:
    assert rows(held=[held()]) == ()


def test_every_fact_has_its_row_for_the_lead() -> None:
    found = titles(
        trouble=Trouble("Jira has not answered since 11:58 am.", "", "amber"), notices=["Half is missing."],
        counts=counts(todo=0, urgent_unowned=1, unmapped=3, unmapped_statuses=2, failed_webhooks=1),
        held=[held("MM-1", 11), held("MM-2", assignee="", assignee_name=""), held("MM-3", 8, column="submitted")],
    )
    assert found == [
        "1 urgent ticket in To do has no owner", "Jira has not answered since 11:58 am.", "A census was stopped",
        "3 tickets in 2 statuses without a column", "1 ticket In progress has no owner",
        "MM-1 has been In progress for long", "MM-3 waits for its review", "To do is empty",
        "1 call from Jira could not be applied",
    ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EXECUTIVE])
def test_who_cannot_act_reads_only_that_the_mirror_stands_still(role: Role) -> None:
    found = rows(
        role, trouble=Trouble("Jira has not answered.", "", "red"), notices=["x"],
        counts=counts(todo=0, urgent_unowned=1, unmapped=3, failed_webhooks=1), held=[held(days=20)],
    )
    assert [need.title for need in found] == ["Jira has not answered."]
    assert found[0].label == ""


def test_an_engineer_hears_of_their_own_old_tickets_and_the_lead_of_all() -> None:
    old = [held("MM-1", 11), held("MM-2", 12, assignee="bo")]
    assert titles(Role.ENGINEER, account="ada", held=old) == ["MM-1 has been In progress for long"]
    assert titles(Role.ENGINEER, account="", held=old) == []
    assert len(titles(Role.LEAD, held=old)) == 2


@pytest.mark.parametrize("role", [role for role in Role if Right.ACCEPT_MAPPINGS not in RIGHTS[role]])
def test_only_who_may_accept_columns_is_asked_to(role: Role) -> None:
    assert not any("without a column" in title for title in titles(role, counts=counts(unmapped=3)))


def test_what_is_to_be_triaged_is_said_before_a_meeting_that_is_near_and_to_whoever_can() -> None:
    near = dataclasses.replace(CALM, to_triage=6, triage_before="1:00 pm")
    assert titles(counts=near) == ["6 to triage before 1:00 pm"]
    assert titles(Role.ENGINEER, counts=near) == ["6 to triage before 1:00 pm"]
    assert titles(Role.EXECUTIVE, counts=near) == []
    assert titles(counts=dataclasses.replace(CALM, to_triage=6)) == []
    assert titles(counts=dataclasses.replace(near, to_triage=0)) == []


def test_an_empty_to_do_is_no_news_during_the_first_import() -> None:
    assert titles(counts=counts(todo=0), first_import=True) == []


def test_what_is_red_stands_first() -> None:
    tones = [need.tone for need in rows(counts=counts(urgent_unowned=2, unmapped=1, unmapped_statuses=1))]
    assert tones == ["red", "amber"]


# ---- Visits ---------------------------------------------------------------------------


def test_a_first_visit_looks_back_three_days() -> None:
    assert visit(None, NOON) == Visit(NOON - timedelta(days=3), NOON)


def test_a_visit_goes_on_until_half_an_hour_of_absence() -> None:
    began = Visit(NOON - timedelta(days=2), NOON)
    later = visit(began, NOON + timedelta(minutes=29))
    assert later == Visit(began.since, NOON + timedelta(minutes=29))
    assert visit(later, later.seen + timedelta(minutes=29)).since == began.since


def test_a_new_visit_is_compared_to_the_end_of_the_last() -> None:
    back = NOON + timedelta(minutes=31)
    assert visit(Visit(NOON - timedelta(days=2), NOON), back) == Visit(NOON, back)


def test_after_a_long_absence_two_weeks_are_enough() -> None:
    back = NOON + timedelta(days=60)
    assert visit(Visit(NOON, NOON), back).since == back - timedelta(days=14)


def test_a_weekly_update_that_is_not_posted_needs_whoever_may_post_it_more_and_more() -> None:
    owed = OwedUpdate("/updates/weekly/2026-11-17/", NOON + timedelta(hours=1), NOON + timedelta(hours=5))
    tones = [rows(update=owed, at=NOON + timedelta(hours=hours))[0].tone for hours in (0, 1, 5)]
    assert tones == ["blue", "amber", "red"]
    assert rows(Role.ENGINEER, update=owed) == ()
    assert rows(update=replace(owed, refused=True))[0].title == "The weekly update did not arrive in the channel"
