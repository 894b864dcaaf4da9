"""The weekly update while several do something at once: one draft, one post, and never a number that is behind."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests.factories import person
from portal import flows
from portal.tests.test_two_at_once import AT, facts
from portal.tests.together import together
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.mirror import mirror_issues
from tickets.actions.weekly.counts import count_days
from tickets.actions.weekly.updates import draft_update
from tickets.models import BugType, DailyCount, MirroredProject, TicketState, WeeklyUpdate
from tickets.queries.weekly.numbers import counted, week

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 17, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _mirror() -> None:
    load_marks()
    load_weekly()
    BugType.objects.get_or_create(name="")  # the issues of these tests have no type
    MirroredProject.objects.create(key="MM")
    mirror_issues(issues=[facts(number) for number in range(1, 40)], at=AT, via="poll")


def test_two_workers_draft_one_update_and_two_leads_make_one_post() -> None:
    day = NOON.date()
    failed = together(*[lambda: draft_update(day=day, at=NOON, now=NOON)] * 3)
    assert failed == []
    update = WeeklyUpdate.objects.get()
    leads, told = [person(Role.LEAD), person(Role.COORDINATOR)], list[bool]()

    def post(place: int) -> None:
        told.append(flows.post_weekly(update=update, text=None, seen=1, by=leads[place], at=NOON))

    assert together(lambda: post(0), lambda: post(1)) == []
    assert sorted(told) == [False, True]
    assert Delivery.objects.count() == 1
    assert update.events.count() == 2


def test_days_that_are_counted_while_the_mirror_writes_the_past_are_true_afterwards() -> None:
    def count() -> None:
        for _ in range(6):
            count_days(at=NOON, anew=True)

    def mirror(first: int) -> None:
        for number in range(first, first + 25):
            mirror_issues(issues=[facts(number)], at=NOON, via="webhook")

    def look() -> None:
        for _ in range(20):
            found = counted(at=NOON)
            assert sum(found.backlog.values()) == len(found.lists["backlog"])

    assert together(count, lambda: mirror(100), lambda: mirror(200), look) == []
    assert week(at=NOON).backlog_total == 39 + 50
    count_days(at=NOON)
    kept = week(at=NOON).backlog_total
    DailyCount.objects.all().delete()
    assert kept == week(at=NOON).backlog_total == TicketState.objects.count()
    assert week(at=AT + timedelta(seconds=1)).backlog_total == 89
