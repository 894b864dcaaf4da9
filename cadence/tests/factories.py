"""Rows for tests, made by the room's own verbs."""

from datetime import UTC, date, datetime

from cadence import actions
from cadence.models import Holiday
from people.choices import Role
from people.models import Person
from people.tests import factories as people

# Saturday 21 November 2026, in the morning in New York: four days after the November release's cycle ended.
AT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def lead() -> Person:
    return people.person(Role.LEAD, name="Ada Lead")


def holiday(day: date = date(2026, 12, 24), name: str = "Christmas Eve", calendar: str = "company") -> Holiday:
    return actions.add_holiday(day=day, name=name, by=lead(), at=AT, calendar=calendar)
