"""What the forms about an escalation offer: people, and levels with what each does to the clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from escalations.choices import Level
from escalations.models import Escalation, Follower
from escalations.queries.clocks import preview
from escalations.rules.intake import MEANINGS
from people import rules
from people.choices import Right
from people.models import Person
from people.queries import with_roles

SEES = frozenset({Right.RAISE_ESCALATIONS, Right.SEE_ESCALATIONS, Right.WORK_ESCALATIONS})


@dataclass(frozen=True)
class Candidates:
    """Who can own it, who can follow it, and who does."""

    owners: Sequence[Person]
    others: Sequence[Person]
    followers: Sequence[Person]


@dataclass(frozen=True)
class LevelChoice:
    """A level, what it means, and what it would do to the clocks, in sentences."""

    value: int
    label: str
    meaning: str
    current: bool
    clocks: tuple[str, ...] = ()


def candidates(row: Escalation, at: datetime) -> Candidates:
    """In three queries."""
    followers = [one.person for one in Follower.objects.filter(escalation=row).select_related("person")]
    here = {one.pk for one in followers}
    owners, others = [], []
    for person in with_roles(Person.objects.active(), at).order_by("name"):
        rights = rules.rights_of(rules.roles_from([*person.role_names, *person.acting_names]))
        if Right.WORK_ESCALATIONS in rights:
            owners.append(person)
        if person.pk not in here and rights & SEES:
            others.append(person)
    return Candidates(owners, others, followers)


def level_choices(row: Escalation, at: datetime) -> tuple[LevelChoice, ...]:
    """Every level, the present one marked, the others with what they would do to the clocks; four queries each."""
    return tuple(
        LevelChoice(
            level.value, level.label, _meaning(level), level == row.level,
            () if level == row.level else preview(row, at=at, level=level),
        )
        for level in Level
    )


def _meaning(level: Level) -> str:
    paged = " Whoever is on duty is paged." if level == Level.L1 else ""
    return f"{MEANINGS[level].words}{paged}"
