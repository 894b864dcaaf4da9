"""The open Sev1 of the home page, and what the reader commands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from escalations.rules.clocks.words import left_words
from incidents.queries.glance import Glance, glance_of
from incidents.queries.open_ones import OURS, OpenOne, open_ones, sev1s
from people.choices import Right
from people.models import Person


@dataclass(frozen=True)
class Command:
    """What the reader commands, in words, and where it stands."""

    words: str
    url: str
    drill: bool = False


@dataclass(frozen=True)
class Sev1:
    """`one` with `glance`: the Sev1 whose update is due first, None where none is open; `more`: how many others are.
    `command`: what the reader commands, a drill too, None where nothing."""

    one: OpenOne | None = None
    glance: Glance | None = None
    more: int = 0
    command: Command | None = None

    @property
    def left(self) -> str:
        """What the countdown says: "41 min left", "overdue by 4 min"."""
        return left_words(self.glance.due.seconds) if self.glance else ""


def sev1_of(person: Person, rights: Collection[Right], at: datetime) -> Sev1:
    """What one reader's home page says of open incidents. No query where the strip has none, else five."""
    found = sev1s(person, rights)
    command = _command([one for one in open_ones(person, rights) if one.commander == person.pk])
    glance = glance_of(found[0].id, person, rights, at) if found else None
    return Sev1(found[0], glance, len(found) - 1, command) if glance else Sev1(command=command)


def _command(held: Sequence[OpenOne]) -> Command | None:
    if not held:
        return None
    if len(held) > 1:
        return Command(f"You command {len(held)} incidents", f"{reverse('incidents:list')}?mine=1",
                       all(one.drill for one in held))
    [one] = held
    what = "drill" if one.drill else "incident"
    whose = f"the {what} of our community server" if one.who == OURS else f"the {one.who} {what}"
    return Command(f"You command {whose}", reverse("incidents:incident", args=[one.id]), one.drill)
