"""Rows for tests, made by the room's own verbs. Rotations begin on Mondays at 9:00 in the team's zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count

from people.choices import Role
from people.models import FeatureTeam, Person
from people.tests import factories as people
from set_rotation import actions
from set_rotation.models import Member, Pattern, Place, Rotation

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)  # Tuesday noon in New York
FIRST = date(2026, 11, 16)  # the Monday of that week
_names = count(1)


def engineer(name: str = "", *roles: Role, zone: str = "America/New_York") -> Person:
    """Somebody who can serve."""
    return people.person(*(roles or (Role.ENGINEER,)), name=name or f"Engineer {next(_names)}", zone=zone)


def crew(size: int = 5) -> list[Person]:
    """So many people: the first is the lead's place, the others the engineers'."""
    return [engineer() for _ in range(size)]


def member(person: Person, *, team: FeatureTeam | None = None, leads: bool = True, joins_on: date = date(2026, 1, 1),
           leaves_on: date | None = None, skills: Sequence[str] = ()) -> Member:
    return Member.objects.create(person=person, team=team, leads=leads, joins_on=joins_on, leaves_on=leaves_on,
                                 skills=list(skills))


def pattern(key: str = "one-seat-each") -> Pattern:
    return Pattern.objects.get(key=key)


def rotation(
    people: Sequence[Person] | Mapping[int, Person] | None = None, *, first_on: date = FIRST,
    at: datetime | None = None, key: str = "one-seat-each",
) -> Rotation:
    """A rotation from a Monday on; `people` by place, 0 is the lead; made right before it begins, telling nobody."""
    given = crew() if people is None else people
    by_place = given if isinstance(given, Mapping) else dict(enumerate(given))
    asked = [actions.NewRotation(first_on, by_place)]
    made = at or datetime(first_on.year, first_on.month, first_on.day, tzinfo=UTC)
    return actions.make_rotations(asked=asked, pattern=pattern(key), by=None, at=made, tells=False).rotations[0]


def place(rotation: Rotation, number: int) -> Place:
    return Place.objects.select_related("person").get(rotation=rotation, number=number)
