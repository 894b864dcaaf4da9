"""The queue of replies that are owed since a fix is out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings

from escalations.choices import Level, OwedState
from escalations.models import Escalation, OwedReply
from escalations.queries.seen import visible
from escalations.queries.ways import asker_of
from escalations.rules.tones import level_tone
from escalations.rules.ways import Place, places
from people.choices import Right
from people.models import Person

SHOWN = 200  # replies that the queue shows at most, the most urgent and oldest


@dataclass(frozen=True)
class Owed:
    """A reply that waits: for which customer, to whom, since when, and by which ways it leaves unless chosen
    otherwise."""

    id: int
    customer: str
    reporter: str
    since: datetime
    text: str
    ways: tuple[Place, ...]

    @property
    def usual(self) -> str:
        return "; ".join(place.label for place in self.ways if place.usual)


@dataclass(frozen=True)
class OwedGroup:
    """An escalation with what is owed of it. `why`: "MM-12 is Done"; `release`: with its date."""

    number: int
    title: str
    level: str
    tone: str
    why: str
    release: str
    ticket: str
    rows: tuple[Owed, ...]


@dataclass(frozen=True)
class OwedPage:
    """See templates/escalations/routing/owed.html."""

    groups: tuple[OwedGroup, ...]
    total: int


def owed_rows(person: Person, rights: Collection[Right], at: datetime) -> "Sequence[OwedReply]":
    """What is owed of the escalations that this person sees, the most urgent and oldest first: two queries."""
    seen = visible(person, rights, at).filter(owed__state=OwedState.WAITING).values("pk")
    found = OwedReply.objects.filter(state=OwedState.WAITING, escalation__in=seen, escalation__merged_into__isnull=True)
    found = found.select_related("escalation__ticket", "escalation__reporter", "affected__customer",
                                 "affected__reporter")
    return list(found.order_by("escalation__level", "escalation__released_at", "escalation", "pk"))


def owed_page(person: Person, rights: Collection[Right], at: datetime) -> OwedPage:
    """The queue, by escalation. Two queries, however many."""
    rows = owed_rows(person, rights, at)
    groups = [
        _group(found[0].escalation, found)
        for _, each in groupby(rows[:SHOWN], key=lambda row: row.escalation_id) if (found := list(each))
    ]
    return OwedPage(tuple(groups), len(rows))


def owed_count(person: Person, rights: Collection[Right], at: datetime) -> int:
    """How many replies wait that this person may send. One query."""
    seen = visible(person, rights, at).filter(merged_into__isnull=True).values("pk")
    return OwedReply.objects.filter(state=OwedState.WAITING, escalation__in=seen).count()


def _group(row: Escalation, found: Sequence[OwedReply]) -> OwedGroup:
    day = f"{row.expected_on.day} {row.expected_on:%B %Y}" if row.expected_on else ""
    return OwedGroup(
        number=row.pk, title=row.title, level=Level(row.level).label, tone=level_tone(row.level), why=found[0].why,
        release=", ".join(filter(None, [row.expected_release, day])), ticket=row.ticket.key if row.ticket else "",
        rows=tuple(owed_of(one) for one in found),
    )


def owed_of(one: OwedReply) -> Owed:
    """One reply with the ways that are open. No query, with its escalation, customer and reporters at hand."""
    asker = asker_of(one.escalation, one.affected)
    return Owed(
        id=one.pk, customer=one.affected.customer.name, reporter=asker.name, since=one.at, text=one.text,
        ways=places(asker, chat=bool(settings.ENV.mattermost.base_url)),
    )
