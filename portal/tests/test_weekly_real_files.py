"""The weekly numbers of real issues equal an independent count from their raw change logs."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from integrations.sandbox.testing import run_sandbox
from portal.tests.mirroring import jira_of, mirroring, sync
from portal.tests.test_sync_real_files import DATA, issues_of
from tickets.actions.handbook import load_weekly
from tickets.actions.weekly.counts import count_days
from tickets.choices import Column
from tickets.models import DailyCount, JiraStatus, LabelMark
from tickets.queries.weekly.numbers import meaning, standing, week
from tickets.rules.weekly.numbers import OPEN, Numbers, apart, customers
from tickets.tests.weekly import raw

pytestmark = pytest.mark.django_db
DONE, CUSTOMER = {"Resolved", "Closed"}, {"patch", "features", "plugin"}
# No bug with one of these labels was ever Patch Available; some were In Progress, so that this number is tested too.
NEVER = {("Patch Available",): {"submitted by customers"}, ("Patch Available", "In Progress"): set()}


def moments(issues: list[raw.Issue], rng: random.Random) -> list[datetime]:
    """Two hundred: half of them within seven days after a change of status, half anywhere between first and last."""
    changes = [when for issue in issues for when, *_ in raw.history_of(issue, "status")]
    first = min(raw.moment(issue["fields"]["created"]) for issue in issues)
    span = (max(changes) + timedelta(days=8) - first).total_seconds()
    after = [rng.choice(changes) + timedelta(seconds=rng.uniform(0, 7 * 86_400)) for _ in range(85)]
    # The very instants at which a window begins and ends.
    edges = [rng.choice(changes) + rng.choice((timedelta(), raw.WEEK)) for _ in range(15)]
    anywhere = [first + timedelta(seconds=rng.uniform(0, span)) for _ in range(100)]
    return [at.astimezone(UTC) for at in after + edges + anywhere]


def told(numbers: Numbers) -> dict[str, int]:
    return {
        "resolved": len(numbers.resolved), "resolved by customers": customers(numbers.resolved),
        "submitted": len(numbers.submitted), "submitted by customers": customers(numbers.submitted),
        "backlog": numbers.backlog_total, "apart": sum(apart(numbers.resolved).values()),
    }


def map_statuses(submitted: set[str]) -> None:
    JiraStatus.objects.update(column=Column.TODO)
    JiraStatus.objects.filter(name__in=DONE).update(column=Column.DONE)
    assert JiraStatus.objects.filter(name__in=submitted).update(column=Column.SUBMITTED) == len(submitted)


def test_the_numbers_equal_an_independent_count_for_two_hundred_moments() -> None:
    issues = list(issues_of("apache_ase2015").values())
    with (
        run_sandbox(data=DATA / "apache_ase2015.jsonl.gz") as sandbox,
        mirroring(jira_of(sandbox, tuple(sorted(sandbox.counts()["projects"])), sre="")),
    ):
        sync()
    load_weekly()
    LabelMark.objects.bulk_create(LabelMark(label=label, mark="customer") for label in CUSTOMER)
    with connection.cursor() as cursor:
        # A database that serves has counted its rows within a minute; inside a test's transaction nobody does, and a
        # plan for empty tables takes minutes.
        cursor.execute("ANALYZE")
    at = moments(issues, random.Random(20150417))
    assert len(at) == 200
    for submitted in NEVER:
        compare(issues, at, submitted)


def compare(issues: list[raw.Issue], at: list[datetime], submitted: tuple[str, ...]) -> None:
    """With these statuses as what is submitted, by a plain count of the raw logs and by the portal's."""
    map_statuses(set(submitted))
    DailyCount.objects.all().delete()
    wanted = [raw.count(issues, when, DONE, set(submitted), CUSTOMER) for when in at]
    sums = Counter[str]()
    for found in wanted:
        sums.update(found)
    assert {name for name in wanted[0] if not sums[name]} == NEVER[submitted]
    means = meaning()
    assert [told(week(at=when, means=means)) for when in at] == wanted  # with no day counted yet

    # With days stored up to the middle of the time, and then with all of them, nothing differs.
    for until in (sorted(at)[100], max(at) + timedelta(days=3)):
        count_days(at=until)
        assert DailyCount.objects.exists()
        assert [told(week(at=when, means=means)) for when in at] == wanted
    for when in at[::10]:
        lists = standing(when, means, OPEN, only_bugs=True)
        assert len(lists) == week(at=when, means=means).backlog_total
