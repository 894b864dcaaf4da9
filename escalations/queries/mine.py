"""What somebody raised: what waits for them first, then what we do, then what is solved. Without our notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from escalations.choices import ClockState, Status
from escalations.models import Affected, Clock, Escalation
from escalations.models.escalation import EscalationQuerySet
from escalations.queries.addresses import path_of
from escalations.queries.listing.finding import Reader
from escalations.rules.tones import level_tone, status_tone

OPEN_ROWS, SOLVED_ROWS = 200, 30
WORDS = {
    Status.NEW: "Nobody has answered yet", Status.OURS: "We are on it", Status.REPORTER: "It waits for your answer",
    Status.HANDED_OVER: "Another team has it; we keep you told", Status.REPLY_OWED: "The fix is out; we tell you next",
    Status.SOLVED: "Solved", Status.CLOSED: "Closed",
}


@dataclass(frozen=True)
class Raised:
    """An escalation as whoever raised it reads of it. `promised_at`: when we reply or tell next, at the latest."""

    url: str
    name: str
    title: str
    customer: str
    level: str
    level_tone: str
    status: str
    status_tone: str
    words: str
    since: datetime
    promised: str
    promised_at: datetime | None
    late: bool
    workaround: bool
    release: str
    release_on: date | None
    ticket: str
    at: datetime
    reporter: str


@dataclass(frozen=True)
class Mine:
    """See templates/escalations/list/mine.html."""

    waiting: tuple[Raised, ...]
    ours: tuple[Raised, ...]
    solved: tuple[Raised, ...]
    solved_count: int
    everybody: bool  # also what others of the reader's team raised


def raised_by(reader: Reader, *, everybody: bool) -> Mine:
    """What the reader raised, or (`everybody`) all that came from support or their customers, as far as they see it.
    Four queries."""
    found = _theirs(reader, everybody=everybody).select_related("customer", "ticket").defer("words", "ticket__words")
    rows = list(found.open().order_by("level", "at")[:OPEN_ROWS])
    solved = found.exclude(pk__in=found.open().values("pk")).order_by("-solved_at", "-pk")
    promised = _promised([one.pk for one in rows])
    told = [_raised(one, promised.get(one.pk), reader, names=everybody) for one in rows]
    waits = {one.pk for one in rows if one.status == Status.REPORTER}
    return Mine(
        tuple(line for one, line in zip(rows, told, strict=True) if one.pk in waits),
        tuple(line for one, line in zip(rows, told, strict=True) if one.pk not in waits),
        tuple(_raised(one, None, reader) for one in solved[:SOLVED_ROWS]), solved.count(), everybody,
    )


def _theirs(reader: Reader, *, everybody: bool) -> EscalationQuerySet:
    if everybody:
        return reader.sees()
    asked = Affected.objects.filter(escalation=OuterRef("pk"), reporter=reader.person)
    return reader.sees().filter(Q(reporter=reader.person) | Exists(asked))


def _promised(numbers: Sequence[int]) -> dict[int, Clock]:
    running = Clock.objects.filter(escalation__in=numbers, state=ClockState.RUNNING).order_by("-due_at")
    return {one.escalation_id: one for one in running}


def _raised(one: Escalation, clock: Clock | None, reader: Reader, *, names: bool = False) -> Raised:
    """`names`: the reader is told who raised it."""
    status = Status(one.status)
    due = clock.due_at if clock else None
    return Raised(
        url=path_of(one.pk), name=str(one), title=one.title, customer=one.customer.name,
        level=one.get_level_display(), level_tone=level_tone(one.level), status=status.label,
        status_tone=status_tone(status), words=_words(one, status, reader, names=names), since=one.status_since,
        promised=clock.get_kind_display() if clock else "", promised_at=due, late=due is not None and due < reader.at,
        workaround=bool(one.workaround), release=one.expected_release, release_on=one.expected_on,
        ticket=one.ticket.key if one.ticket else "", at=one.at, reporter=one.reporter_name,
    )


def _words(one: Escalation, status: Status, reader: Reader, *, names: bool) -> str:
    """What happens next; where it is somebody else's turn to answer, whose."""
    if status != Status.REPORTER or one.reporter_id == reader.person.pk:
        return WORDS[status]
    return f"It waits for {one.reporter_name if names else 'the reporter'} to answer"


@dataclass(frozen=True)
class OfCustomer:
    """What one customer has with us: the open ones, the last that were solved, and how many there are in all."""

    open: tuple[Raised, ...]
    open_count: int
    solved: tuple[Raised, ...]
    count: int


def of_customer(reader: Reader, slug: str) -> OfCustomer:
    """The escalations that concern a customer, as far as the reader sees them. Five queries."""
    theirs = Affected.objects.filter(escalation=OuterRef("pk"), customer__slug=slug)
    found = reader.sees().filter(Q(customer__slug=slug) | Exists(theirs))
    whole = found.select_related("customer", "ticket").defer("words", "ticket__words")
    rows = list(whole.open().order_by("level", "at")[:10])
    promised = _promised([one.pk for one in rows])
    solved = whole.exclude(pk__in=found.open().values("pk")).order_by("-solved_at", "-pk")[:3]
    return OfCustomer(
        tuple(_raised(one, promised.get(one.pk), reader, names=True) for one in rows), found.open().count(),
        tuple(_raised(one, None, reader) for one in solved), found.count(),
    )
