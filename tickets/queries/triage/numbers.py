"""What came into triage, where it went and how long it took, of a period or of one meeting's list.

*Came*: bugs created in the period that were ever in triage: on a list, decided, or waiting now; of a meeting, those on
its list that the meeting before had not left. *Decided*: decisions of the period that were not taken back; of a
meeting, those made from its list on until the next one's. *Time to decision*: from the bug's creation to the decision.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from cadence.queries import team_day, team_zone
from cadence.rules import instant
from portal.common.tables import cell
from tickets.choices import TriageVerb
from tickets.models import Ticket, TriageDecision, TriageItem, TriageMeeting
from tickets.queries.addresses import ticket_url
from tickets.queries.triage.decisions import ICONS, to_words
from tickets.queries.triage.queue import in_triage
from tickets.rules.triage import KINDS, median

DAYS = 28
FARTHEST = timedelta(days=1_100)  # a period has at most three years
SHOWN = 500
MEETINGS = 12
CAME, LEFT, DECIDED, OPEN = "came", "left", "decided", "open"
HEADS = ("key", "summary", "where", "to", "by", "came", "decided", "hours to decision")


@dataclass(frozen=True)
class Period:
    """What is counted: [since, until), or a meeting's list. `what` and `to` name the count whose list is open."""

    first: date
    last: date
    since: datetime
    until: datetime
    meeting: int = 0
    what: str = ""
    to: str = ""

    def url(self, *, what: str = "", to: str = "", meeting: int | None = None, **more: str) -> str:
        """The address of a count's list in this period, or of a meeting."""
        of = self.meeting if meeting is None else meeting
        span = [("meeting", str(of))] if of else [("from", self.first.isoformat()), ("to", self.last.isoformat())]
        pairs = [*span, ("what", what), ("where", to), *more.items()]
        return f"{reverse('tickets:triage_numbers')}?{urlencode([pair for pair in pairs if pair[1]])}"


@dataclass(frozen=True)
class CountRow:
    """Where bugs went, how many of them, and the middle of how long they waited."""

    label: str
    icon: str
    count: int
    waited: timedelta | None
    url: str
    open: bool


@dataclass(frozen=True)
class ListRow:
    key: str
    url: str
    summary: str
    where: str
    to: str
    by: str
    came_at: datetime
    at: datetime | None

    @property
    def waited(self) -> timedelta | None:
        return max(self.at - self.came_at, timedelta(0)) if self.at else None

    @property
    def words(self) -> str:
        """Where it went, short."""
        return to_words(TriageVerb(self.where), self.to) if self.where else ""


@dataclass(frozen=True)
class MeetingRow:
    """A meeting's list: so many had been left before, so many came, so many were decided."""

    pk: int
    at: datetime
    left: int
    came: int
    decided: int
    url: str
    current: bool


@dataclass(frozen=True)
class Numbers:
    """See templates/tickets/triage/numbers.html. `list_`: the open count's tickets; without one, every decision."""

    period: Period
    meeting_at: datetime | None
    came: CountRow
    left: CountRow | None
    decided: CountRow
    undecided: CountRow
    rows: tuple[CountRow, ...]
    meetings: tuple[MeetingRow, ...]
    list_title: str
    list_: tuple[ListRow, ...]
    cut: bool
    csv_url: str

    @property
    def counts(self) -> tuple[CountRow, ...]:
        """All counts, in the order of the page."""
        left = (self.left,) if self.left else ()
        return (*left, self.came, self.decided, *self.rows, self.undecided)


def read_period(given: Mapping[str, str], at: datetime) -> Period:
    """The period in a query string; what makes no sense is passed over. The last four weeks where none is told."""
    today = team_day(at)
    last = min(_day(given.get("to", "")) or today, today)
    first = _day(given.get("from", "")) or last - timedelta(days=DAYS - 1)
    first = max(min(first, last), last - FARTHEST)
    number = given.get("meeting", "")
    return Period(
        first, last, instant(first, time(), team_zone()), instant(last + timedelta(days=1), time(), team_zone()),
        meeting=int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0,
        what=given.get("what", "")[:20], to=given.get("where", "").replace("\x00", "")[:255],
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def numbers(period: Period, at: datetime) -> Numbers:
    """The counts of a period or meeting, with one list open; in a constant number of queries."""
    meeting = TriageMeeting.objects.filter(pk=period.meeting).first() if period.meeting else None
    period = period if meeting else Period(**{**vars(period), "meeting": 0})
    made = _decisions(period, meeting)
    came, left, open_ = _came(period, meeting), _left(meeting), _undecided(period, meeting)
    rows = tuple(_rows(period, made))
    title, shown = _open_list(period, made, {CAME: came, LEFT: left, OPEN: open_}, rows)
    return Numbers(
        period=period, meeting_at=meeting.at if meeting else None,
        came=_count(period, CAME, "Came in", "down-arrow", came.count()),
        left=_count(period, LEFT, "Left by the meeting before", "clock", left.count()) if meeting else None,
        decided=CountRow("Decided", "check", len(made), median(row.waited for row in made if row.waited is not None),
                         period.url(what=DECIDED), period.what == DECIDED),
        undecided=_count(period, OPEN, "Not decided", "flag", open_.count()),
        rows=rows, meetings=_meetings(period), list_title=title, list_=tuple(shown[:SHOWN]), cut=len(shown) > SHOWN,
        csv_url=period.url(what=period.what, to=period.to, format="csv"),
    )  # fmt: skip


def _decisions(period: Period, meeting: TriageMeeting | None) -> list[ListRow]:
    taken = TriageDecision.objects.taken()
    found = taken.filter(meeting=meeting) if meeting else taken.between(period.since, period.until)
    return [
        ListRow(row.ticket.key, ticket_url(row.ticket.key), row.ticket.summary, row.verb, row.to,
                row.by.name if row.by else "", row.came_at, row.at)
        for row in found.select_related("ticket", "by").defer("ticket__words").order_by("-at", "-id")
    ]  # fmt: skip


def _came(period: Period, meeting: TriageMeeting | None) -> Any:
    if meeting:
        return Ticket.objects.filter(id__in=meeting.items.filter(left=False).values("ticket"))
    listed = TriageItem.objects.filter(ticket=OuterRef("pk"))
    decided = TriageDecision.objects.taken().filter(ticket=OuterRef("pk"))
    ever = Q(Exists(listed)) | Q(Exists(decided)) | Q(id__in=in_triage().values("id"))
    return Ticket.objects.filter(created__gte=period.since, created__lt=period.until).filter(ever)


def _left(meeting: TriageMeeting | None) -> Any:
    return Ticket.objects.filter(id__in=meeting.items.filter(left=True).values("ticket")) if meeting else (
        Ticket.objects.none()
    )


def _undecided(period: Period, meeting: TriageMeeting | None) -> Any:
    """Of a meeting's list those that it did not decide; of a period those that came in it and wait now."""
    if meeting is None:
        return in_triage().filter(created__gte=period.since, created__lt=period.until)
    decided = TriageDecision.objects.taken().filter(meeting=meeting).values("ticket")
    return Ticket.objects.filter(id__in=meeting.items.values("ticket")).exclude(id__in=decided)


def _count(period: Period, what: str, label: str, icon: str, count: int) -> CountRow:
    return CountRow(label, icon, count, None, period.url(what=what), period.what == what)


def _rows(period: Period, made: Sequence[ListRow]) -> Iterator[CountRow]:
    """A row for each team, and for each other verb; duplicates and closed ones together, whatever they went to."""
    groups: dict[tuple[str, str], list[ListRow]] = {}
    for row in made:
        groups.setdefault((row.where, _group(row)), []).append(row)
    order = {verb: place for place, verb in enumerate(TriageVerb.values)}
    for (verb, to), found in sorted(groups.items(), key=lambda pair: (order[pair[0][0]], -len(pair[1]), pair[0][1])):
        waited = median(row.waited for row in found if row.waited is not None)
        opened = period.what == verb and period.to == to
        yield CountRow(_label(verb, to), ICONS[TriageVerb(verb)], len(found), waited, period.url(what=verb, to=to),
                       opened)


def _group(row: ListRow) -> str:
    return row.to if row.where in {TriageVerb.ROUTE, TriageVerb.FEATURE, TriageVerb.CLOSE} else ""


def _label(verb: str, to: str) -> str:
    words = {TriageVerb.TAKE: "SET", TriageVerb.INFO: "Needs information", TriageVerb.DUPLICATE: "Duplicates"}
    return words.get(TriageVerb(verb)) or (KINDS.get(to, to) if verb == TriageVerb.FEATURE else to_words(
        TriageVerb(verb), to))


def _open_list(
    period: Period, made: Sequence[ListRow], tickets: Mapping[str, Any], rows: Iterable[CountRow]
) -> tuple[str, Sequence[ListRow]]:
    if period.what in tickets:
        names = {CAME: "Came in", LEFT: "Left by the meeting before", OPEN: "Not decided"}
        found = tickets[period.what].order_by("created", "id").defer("words")[: SHOWN + 1]
        return names[period.what], [
            ListRow(ticket.key, ticket_url(ticket.key), ticket.summary, "", "", "", ticket.created, None)
            for ticket in found
        ]
    if period.what in TriageVerb.values:
        title = next((row.label for row in rows if row.open), "None")
        return title, [row for row in made if row.where == period.what and _group(row) == period.to]
    return "Decided", made


def _meetings(period: Period) -> tuple[MeetingRow, ...]:
    found = TriageMeeting.objects.annotate(
        left=Count("items", filter=Q(items__left=True), distinct=True),
        came=Count("items", filter=Q(items__left=False), distinct=True),
        decided=Count("decisions", filter=Q(decisions__undone_at__isnull=True), distinct=True),
    )
    return tuple(
        MeetingRow(row.pk, row.at, row.left, row.came, row.decided, period.url(meeting=row.pk),
                   row.pk == period.meeting)
        for row in found.order_by("-at")[:MEETINGS]
    )  # fmt: skip


def csv_lines(page: Numbers) -> Iterator[list[str]]:
    """The open list as lines of a spreadsheet, heads first; times in UTC."""
    yield list(HEADS)
    for row in page.list_:
        hours = f"{row.waited / timedelta(hours=1):.1f}" if row.waited is not None else ""
        yield [cell(value) for value in (
            row.key, row.summary, row.where, row.to, row.by, _utc(row.came_at), _utc(row.at), hours
        )]
    if page.cut:
        yield [f"Cut: only the first {SHOWN} are here. A shorter period exports the others."]


def _utc(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else ""
