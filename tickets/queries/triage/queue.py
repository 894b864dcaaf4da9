"""Which bugs wait in triage, and in what order.

In triage is a bug (by the mapping of types) that Jira shows in Backlog, or in a status without a column that Jira
itself counts as not begun, that nobody has, and that carries neither a feature team's label nor a mark of triage. A
component alone owns nothing: it proposes a team. All of it is read off the ticket, so whatever is undone in Jira comes
back by itself. Of those, the queue shows what is new in triage since the last list, what that list left, and what
came back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.core.cache import cache
from django.db.models import CharField, Count, Exists, F, Min, OuterRef, Q, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, NullIf

from people.models import FeatureTeam
from tickets.choices import Category, Column, TriageVerb, Verb
from tickets.models import (
    BugType,
    Ticket,
    TicketComment,
    TicketWrite,
    TriageDecision,
    TriageItem,
    TriageKnown,
    TriageMeeting,
)
from tickets.models.ticket import TicketQuerySet
from tickets.rules.tones import severity_tone
from tickets.rules.triage import INFO_LABEL, KINDS, LASTS, since_of

MOST = 200  # lines of the queue; nobody goes through more in a meeting
WAITING, KEPT = "triage:waiting", 120  # seconds; it is counted far more often
COMES_BACK = (TriageVerb.INFO, TriageVerb.ROUTE, TriageVerb.FEATURE)


@dataclass(frozen=True)
class QueueRow:
    """A line of the queue. `left_at`: the first meeting that had it on its list and decided nothing."""

    id: int
    key: str
    summary: str
    severity: str
    severity_tone: str
    components: tuple[str, ...]
    customer: bool
    community: bool
    reporter: str
    created: datetime
    left_at: datetime | None
    answered: bool


def bugs() -> Q:
    """Tickets of a type that counts as a bug. One query."""
    names = BugType.objects.order_by().values_list("name", flat=True)
    return reduce(or_, (Q(kind__iexact=name) for name in names), Q(pk__in=[]))


def in_triage() -> TicketQuerySet:
    """Every bug in triage, however old. Two queries before its own."""
    owned = [label for label in FeatureTeam.objects.values_list("jira_label", flat=True) if label]
    not_begun = Q(column=Column.UNMAPPED, status__category__in=[Category.NEW, Category.UNDEFINED])
    nowhere = Q(column=Column.BACKLOG) | not_begun | Q(column=Column.UNMAPPED, status__isnull=True)
    waits = Q(labels__contains=[INFO_LABEL]) & ~answered()
    found = Ticket.objects.present().filter(bugs(), nowhere, assignee__isnull=True)
    return found.exclude(labels__overlap=[*owned, *KINDS]).exclude(waits)


def answered() -> Q:
    """Bugs in whose comments something was said since more information was asked for, by somebody but the portal."""
    ours = TicketWrite.objects.filter(
        ticket=OuterRef("ticket"), verb=Verb.COMMENT, delivery__remote_id=Cast(OuterRef("id"), CharField())
    )
    said = TicketComment.objects.filter(ticket=OuterRef("ticket"), created__gt=OuterRef("at")).exclude(Exists(ours))
    asked = TriageDecision.objects.standing().filter(ticket=OuterRef("pk"), verb=TriageVerb.INFO)
    return Q(Exists(asked.filter(Exists(said))))


def last_list() -> TriageMeeting | None:
    """The latest list that was made."""
    return TriageMeeting.objects.order_by("-at").first()


def queue(last: TriageMeeting | None, at: datetime) -> TicketQuerySet:
    """The bugs to triage now: new since the last list, left by it, or back."""
    since = since_of(last_made=last.made_at if last else None, at=at)
    # By their ids, so that new ones and these are each read off an index, however long the Backlog is.
    ids = set(last.items.values_list("ticket_id", flat=True)) if last else set()
    decided = TriageDecision.objects.standing().filter(verb__in=COMES_BACK)
    here = decided.filter(ticket__column__in=[Column.BACKLOG, Column.UNMAPPED], ticket__assignee__isnull=True)
    ids |= set(here.values_list("ticket_id", flat=True))
    new = Q(created__gte=since) | Q(id__in=ids)
    if last is None:
        return in_triage().filter(new)
    # What came into triage since then, however old it is, was changed in Jira meanwhile: so these are few, and read off
    # an index too. A mapping that is edited, or a project that is imported, makes nothing old new.
    entered = Q(updated__gte=since) & ~Exists(TriageKnown.objects.filter(ticket=OuterRef("pk")))
    return in_triage().filter(new | entered)


def in_order(tickets: TicketQuerySet) -> TicketQuerySet:
    """The most severe first, then the oldest; what was left keeps its age, and so stands before what is new."""
    return tickets.order_by(OrderBy(NullIf(F("severity"), Value("")), nulls_last=True), "created", "id")


def waiting(at: datetime) -> int:
    """How many bugs are to be triaged now."""
    return queue(last_list(), at).count()


def count_waiting(at: datetime) -> int:
    """As `waiting`, and kept for the rail of every page. The worker does it every few seconds, for it takes five
    questions, and no page should ask them only to draw its rail."""
    count = waiting(at)
    cache.set(WAITING, count, KEPT)
    return count


def kept_waiting() -> int | None:
    """What was counted last; None when nobody has for a while."""
    kept: int | None = cache.get(WAITING)
    return kept


def rows(tickets: TicketQuerySet, at: datetime) -> tuple[QueueRow, ...]:
    """At most 200 lines of a queue, in order: two queries."""
    found = list(
        in_order(tickets).select_related("reporter").annotate(was_answered=answered()).defer("words")[:MOST]
    )
    left = _left([ticket.id for ticket in found], at)
    return tuple(
        QueueRow(
            ticket.id, ticket.key, ticket.summary or ticket.key, ticket.severity, severity_tone(ticket.severity),
            tuple(ticket.components), ticket.is_customer, ticket.is_community,
            str(ticket.reporter) if ticket.reporter else "", ticket.created, left.get(ticket.id),
            bool(getattr(ticket, "was_answered", False)),
        )
        for ticket in found
    )


def _left(ids: Sequence[int], at: datetime) -> dict[int, datetime]:
    """The first meeting, by ticket, that was held with the ticket on its list."""
    held = TriageItem.objects.filter(ticket_id__in=ids, meeting__at__lte=at - LASTS)
    return dict(held.order_by().values_list("ticket_id").annotate(Min("meeting__at")))


def came_and_left(last: TriageMeeting | None) -> tuple[int, int]:
    """How many of a list's bugs the meeting before had left, and how many came new."""
    if last is None:
        return 0, 0
    counted = last.items.aggregate(all=Count("id"), left=Count("id", filter=Q(left=True)))
    return counted["left"], counted["all"] - counted["left"]
