"""Which escalations an address means, and in which order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Lower

from cadence.queries import team_zone
from cadence.rules import instant
from escalations.choices import OPEN as OPEN_STATUSES
from escalations.choices import Status, TicketState
from escalations.models import Affected, KnowledgeNote, Message, Rating
from escalations.models.escalation import EscalationQuerySet
from escalations.queries.seen import visible
from escalations.rules.filters import NOBODY, OPEN, SETTLED, ListFilters, Tab, number_like
from people.choices import Right
from people.models import Person
from set_rotation.queries.on_now import on_now
from tickets.rules.filters import search_words

MIDNIGHT, DAY = time(0), timedelta(days=1)
STATUSES = {
    OPEN: Q(status__in=OPEN_STATUSES),
    SETTLED: Q(status__in=[Status.SOLVED, Status.CLOSED], merged_into__isnull=True),
}


@dataclass(frozen=True)
class Reader:
    """Who looks, with which rights, when, and whether they are on duty."""

    person: Person
    rights: Collection[Right]
    at: datetime
    duty: bool

    def sees(self) -> EscalationQuerySet:
        """All that this reader sees."""
        return visible(self.person, self.rights, self.at)


def on_duty(person: Person, at: datetime) -> bool:
    """Whether somebody holds a seat now. One query, none while it is kept."""
    return any(seat.person == person.pk for seat in on_now(at).seats)


def mine(reader: Reader) -> Q:
    """The reader's queue: what is open and theirs; while they are on duty also what is new and nobody's."""
    queue = Q(owner=reader.person)
    return queue | Q(owner__isnull=True, status=Status.NEW) if reader.duty else queue


def matching(filters: ListFilters, reader: Reader) -> EscalationQuerySet:
    """The escalations that the filters ask for, of those that the reader sees."""
    found = reader.sees()
    if filters.tab != Tab.ALL:
        found = found.open()
    if filters.tab == Tab.MINE:
        found = found.filter(mine(reader))
    return found.filter(_chosen(filters), _linked(filters), _flagged(filters, reader.at), *_words(filters))


def _chosen(filters: ListFilters) -> Q:
    """What is one of a few values."""
    asked = Q()
    if filters.status:
        asked &= STATUSES.get(filters.status, Q(status=filters.status))
    if filters.level:
        asked &= Q(level=int(filters.level))
    for field in ("kind", "source"):
        if value := getattr(filters, field):
            asked &= Q(**{field: value})
    for field in ("category", "outcome"):
        if value := getattr(filters, field):
            asked &= Q(**{field: "" if value == NOBODY else value})
    if filters.plan:
        asked &= Q(customer__plan="" if filters.plan == NOBODY else filters.plan)
    return asked


def _linked(filters: ListFilters) -> Q:
    """Whose it is, and what hangs on it."""
    asked = Q()
    for field in ("owner", "area"):
        if value := getattr(filters, field):
            asked &= Q(**{f"{field}__isnull": True}) if value == NOBODY else Q(**{f"{field}_id": int(value)})
    if filters.customer:
        theirs = Affected.objects.filter(escalation=OuterRef("pk"), customer__slug=filters.customer)
        asked &= Q(Q(customer__slug=filters.customer) | Exists(theirs))
    if filters.asker:
        asked &= Q(customer__slug=filters.asker)
    if filters.rated:
        asked &= Q(Exists(Rating.objects.filter(escalation=OuterRef("pk"), good=filters.rated == "good")))
    if filters.note:
        asked &= _noted(int(filters.note))
    return asked


def _noted(number: int) -> Q:
    note = KnowledgeNote.objects.filter(pk=number).first()
    return asks_note(note) if note is not None else Q(pk__in=[])


def asks_note(note: KnowledgeNote) -> Q:
    """Those that ask what a note answers: it was made of them, a reply of theirs links to it, or their title and words
    hold every word of its question."""
    links = Message.objects.filter(escalation=OuterRef("pk"), public=True, text__contains=f"/knowledge/{note.pk}/")
    return Q(pk=note.escalation_id or 0) | Exists(links) | Q(words=SearchQuery(note.question, config="english"))


def _flagged(filters: ListFilters, at: datetime) -> Q:
    asked = Q()
    if filters.waiting:
        asked &= Q(status=Status.REPORTER) | Q(paused=True)
    if filters.missed:
        asked &= Q(next_due_at__lt=at)
    if filters.unticketed:
        asked &= Q(ticket__isnull=True, ticket_state=TicketState.NONE)
    if filters.since:
        asked &= Q(at__gte=instant(filters.since, MIDNIGHT, team_zone()))
    if filters.until:
        asked &= Q(at__lt=instant(filters.until + DAY, MIDNIGHT, team_zone()))
    return asked


def _words(filters: ListFilters) -> list[Q]:
    if not filters.q:
        return []
    number, words = number_like(filters.q), search_words(filters.q)
    asked = Q(support_ticket__iexact=filters.q) | Q(ticket__key__iexact=filters.q)
    asked |= Q(customer__name__icontains=filters.q) | Q(reporter_name__icontains=filters.q)
    if number is not None:
        asked |= Q(pk=number)
    if words:
        asked |= Q(words=SearchQuery(words, config="english", search_type="raw"))
    return [asked]


def in_order(found: EscalationQuerySet, sort: str) -> EscalationQuerySet:
    """In the order asked for; what has no value comes last, and the number decides between equals."""
    down, field = sort.startswith("-"), sort.removeprefix("-")
    if field == "clock":
        # As the index `open_escalations_by_clock` lies: the first page of thousands is read off it.
        due = F("next_due_at").desc(nulls_last=True) if down else F("next_due_at").asc(nulls_last=True)
        return found.order_by(due, "level", "id")
    if field == "level":
        return found.order_by("-level" if down else "level", "at", "id")
    if field in {"age", "updated"}:
        column = "at" if field == "age" else "updated_at"
        return found.order_by(column if down else f"-{column}", "-id")
    if field == "number":
        return found.order_by("-id" if down else "id")
    values: dict[str, Expression | F] = {
        "customer": Lower("customer__name"), "title": Lower("title"), "owner": Lower("owner__name"),
        "ticket": F("ticket__key"), "status": _status_place(),
    }
    value = values[field]
    return found.order_by(value.desc(nulls_last=True) if down else value.asc(nulls_last=True), "id")


def _status_place() -> Case:
    places = [When(status=status, then=Value(place)) for place, status in enumerate(Status)]
    return Case(*places, default=Value(len(places)), output_field=IntegerField())
