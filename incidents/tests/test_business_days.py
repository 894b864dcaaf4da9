"""What is due after a resolution, counted by hand in a calendar: +1 business day for the retrospective, +2 for the
draft of its summary, +3 for the customer (handbook, playbook stage 8). The handbook's holidays stand in every test's
database; the team's days are New York's."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cadence.actions.edits import add_holiday, take_out_holiday
from incidents.actions import after
from incidents.actions.states import reopen, resolve
from incidents.models import Incident, Retrospective
from incidents.queries.after import after_of
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people
from portal.common.models import Timer

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")
STEPS = {"held": 0, "analysis": 1, "sent": 2, "reply-8": 2}  # the playbook's steps, and which of the dates is theirs

# Resolved at, by New York's clocks -> held, drafted, sent.
CASES = {
    "a Tuesday": ("2026-11-17 14:00", "2026-11-18", "2026-11-19", "2026-11-20"),
    "a Friday": ("2026-11-20 17:30", "2026-11-23", "2026-11-24", "2026-11-25"),
    "a Friday before Labor Day, a Monday": ("2026-09-04 11:00", "2026-09-08", "2026-09-09", "2026-09-10"),
    "a Friday before Memorial Day": ("2027-05-28 09:00", "2027-06-01", "2027-06-02", "2027-06-03"),
    "the day before Thanksgiving, a Thursday": ("2026-11-25 15:00", "2026-11-27", "2026-11-30", "2026-12-01"),
    "Thanksgiving itself": ("2026-11-26 10:00", "2026-11-27", "2026-11-30", "2026-12-01"),
    "a holiday lies between the second and the third": ("2026-11-23 10:00", "2026-11-24", "2026-11-25", "2026-11-27"),
    "a Saturday": ("2026-11-21 08:00", "2026-11-23", "2026-11-24", "2026-11-25"),
    "a Sunday, one minute before Monday": ("2026-11-22 23:59", "2026-11-23", "2026-11-24", "2026-11-25"),
    "a Thursday at 23:59, Friday for UTC": ("2026-11-19 23:59", "2026-11-20", "2026-11-23", "2026-11-24"),
    "a Friday at 23:59, Saturday for UTC": ("2026-11-20 23:59", "2026-11-23", "2026-11-24", "2026-11-25"),
    "a minute later, on Saturday": ("2026-11-21 00:00", "2026-11-23", "2026-11-24", "2026-11-25"),
    "the eve of a holiday at 23:59, the holiday for UTC": ("2026-11-25 23:59", "2026-11-27", "2026-11-30",
                                                           "2026-12-01"),
    "the end of the year, New Year's Day a Friday": ("2026-12-31 23:59", "2027-01-04", "2027-01-05", "2027-01-06"),
    "the Friday before the clocks are set back": ("2026-10-30 20:00", "2026-11-02", "2026-11-03", "2026-11-04"),
    "in the hour that comes twice": ("2026-11-01 01:30", "2026-11-02", "2026-11-03", "2026-11-04"),
}


def resolved(at: datetime, zone: str = "America/New_York") -> Incident:
    leads = people.person(Role.ENGINEER)
    row = factories.incident(commander=leads, at=at - timedelta(hours=3), zone=zone)
    return resolve(incident=row, by=leads, at=at)


def dates_of(row: Incident) -> list[str]:
    found = Retrospective.objects.get(incident=row)
    return [str(found.hold_by), str(found.draft_by), str(found.send_by)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize("name", CASES)
def test_what_is_due_after_a_resolution_stands_on_these_days(name: str) -> None:
    text, *days = CASES[name]
    row = resolved(moment(text))
    assert dates_of(row) == days
    due = {step.key: step.due_at for step in row.steps.filter(days__isnull=False)}
    closes = [datetime.combine(date.fromisoformat(day), time(17), NEW_YORK) for day in days]
    assert due == {key: closes[number] for key, number in STEPS.items()}
    timer = Timer.objects.get(kind=after.DEADLINE, key=str(row.pk))
    assert timer.due_at == datetime.combine(date.fromisoformat(days[0]), time(9), NEW_YORK)
    shown = after_of(Incident.objects.get(pk=row.pk), at=moment(text))
    assert shown is not None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Honolulu", "Europe/Berlin"])
def test_whose_clocks_an_incident_says_moves_none_of_the_teams_days(zone: str) -> None:
    """At 23:59 in New York it is tomorrow afternoon in Tokyo, and still the evening before in Honolulu."""
    row = resolved(moment("2026-11-19 23:59"), zone)
    assert dates_of(row) == ["2026-11-20", "2026-11-23", "2026-11-24"]


def test_a_holiday_of_the_calendar_moves_them_and_one_that_is_taken_out_does_not() -> None:
    lead, at, days = people.person(Role.LEAD), moment("2026-12-01 12:00"), (date(2026, 12, 9), date(2026, 12, 11))
    before = resolved(moment("2026-12-08 12:00"))
    added = [add_holiday(day=day, name="Company day", by=lead, at=at) for day in days]
    assert dates_of(before) == ["2026-12-09", "2026-12-10", "2026-12-11"]  # what was said holds
    assert dates_of(resolved(moment("2026-12-08 12:00"))) == ["2026-12-10", "2026-12-14", "2026-12-15"]
    for one in added:
        take_out_holiday(holiday=one, by=lead, at=at)
    assert dates_of(resolved(moment("2026-12-08 12:00"))) == ["2026-12-09", "2026-12-10", "2026-12-11"]


def test_after_a_reopening_they_count_from_the_next_resolution() -> None:
    row = resolved(moment("2026-11-20 16:00"))
    assert row.declared_by is not None
    row = reopen(incident=row, reason="It is down again", by=row.declared_by, at=moment("2026-11-20 18:00"))
    assert not row.steps.filter(days__isnull=False, due_at__isnull=False).exists()
    row = resolve(incident=row, by=people.person(Role.ENGINEER), at=moment("2026-11-24 23:59"))
    assert dates_of(row) == ["2026-11-25", "2026-11-27", "2026-11-30"]
