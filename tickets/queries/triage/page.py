"""The page of triage: the queue at the left, one bug read in full at the right, the verbs below it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from cadence.queries import calendar_now, team_day, team_zone
from cadence.rules import TriageDay, instant
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.choices import TriageVerb
from tickets.models import TicketWrite, TriageDecision, TriageMeeting
from tickets.queries.sync import mirror_state
from tickets.queries.ticket import find_ticket
from tickets.queries.triage.decisions import DecisionLine, decided, decision_of
from tickets.queries.triage.queue import MOST, QueueRow, came_and_left, in_triage, last_list, queue, rows
from tickets.queries.triage.reading import Reading, VerbForm, reading, verb_form
from tickets.rules.freshness import Stamp
from tickets.rules.triage import following, neighbours

MINUTES = 2  # for each bug
SOON = timedelta(hours=2)


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `everything`: older bugs that were never triaged too; `as_list`: the list alone;
    `next`: the bug to show after a verb."""

    ticket: str = ""
    verb: str = ""
    q: str = ""
    next: str = ""
    everything: bool = False
    as_list: bool = False

    def url(
        self, ticket: str = "", verb: str = "", *, as_list: bool | None = None, everything: bool | None = None
    ) -> str:
        """The address of another view of the same queue."""
        all_ = self.everything if everything is None else everything
        listed = self.as_list if as_list is None else as_list
        show, view = "all" if all_ else "", "list" if listed else ""
        pairs = [("ticket", ticket), ("verb", verb), ("show", show), ("view", view)]
        query = urlencode([pair for pair in pairs if pair[1]])
        return reverse("tickets:triage") + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Line:
    """A line of the queue with its address."""

    row: QueueRow
    url: str
    current: bool


@dataclass(frozen=True)
class VerbButton:
    verb: str
    label: str
    key: str
    url: str
    open: bool


@dataclass(frozen=True)
class MeetingHead:
    """The next meeting. `made`: its list is there, with so many that were `left` before and so many that `came`."""

    at: datetime
    day: TriageDay
    made: bool
    left: int
    came: int
    soon: bool


@dataclass(frozen=True)
class TriagePage:
    """See templates/tickets/triage/page.html. `order`: the keys of the queue, in which j and k go."""

    lines: tuple[Line, ...]
    total: int
    cut: bool
    older: int
    asked: Asked
    reading: Reading | None
    place: int
    before_url: str
    after_url: str
    close_url: str
    duplicate_url: str
    here_url: str
    following: str
    verbs: tuple[VerbButton, ...]
    form: VerbForm | None
    gone: DecisionLine | None
    why_gone: str
    decided: tuple[DecisionLine, ...]
    undo: DecisionLine | None
    troubled: tuple[DecisionLine, ...]
    meeting: MeetingHead
    minutes: int
    can_work: bool
    all_url: str
    list_url: str
    one_url: str
    stamp: Stamp
    mirrored: bool


VERBS = (
    (TriageVerb.ROUTE, "Feature team", "t"), (TriageVerb.TAKE, "Take for SET", "s"),
    (TriageVerb.FEATURE, "Is a feature", "f"), (TriageVerb.INFO, "Needs info", "i"),
    (TriageVerb.DUPLICATE, "Duplicate", "d"), (TriageVerb.CLOSE, "Close", "c"),
)


def triage_page(*, asked: Asked, reader: Person, can_work: bool, at: datetime) -> TriagePage:
    """The page, in a constant number of queries."""
    last, state = last_list(), mirror_state(at)
    whole = in_triage()
    waiting = queue(last, at)
    shown = rows(whole if asked.everything else waiting, at)
    order, all_ = [row.key for row in shown], whole.count()
    total = all_ if asked.everything else len(shown) if len(shown) < MOST else waiting.count()
    key = asked.ticket or ("" if asked.as_list or not order else order[0])
    ticket = find_ticket(key) if key else None
    read = reading(ticket) if ticket else None
    here = ticket is not None and (ticket.key in order or whole.filter(id=ticket.id).exists())
    gone = decision_of(ticket.id, reader) if ticket and not here else None
    verb = TriageVerb(asked.verb) if asked.verb in TriageVerb.values and here and can_work else None
    before, after = neighbours(order, ticket.key if ticket else "")
    today = _today(reader, at)
    return TriagePage(
        lines=tuple(Line(row, asked.url(row.key, as_list=False), read is not None and row.key == read.key)
                    for row in shown),
        total=total, cut=len(shown) < total, older=all_ - total, asked=asked,
        reading=read, place=order.index(ticket.key) + 1 if ticket and ticket.key in order else 0,
        before_url=asked.url(before) if before else "", after_url=asked.url(after) if after else "",
        close_url=asked.url(ticket.key) if ticket else asked.url(),
        duplicate_url=asked.url(ticket.key, TriageVerb.DUPLICATE) if ticket and here else "",
        here_url=asked.url(ticket.key, asked.verb) if ticket else "",
        following=following(order, ticket.key) if ticket else "",
        verbs=_verbs(asked, ticket.key, verb) if ticket and here else (),
        form=verb_form(verb, ticket, read) if verb and ticket and read else None,
        gone=gone, why_gone="" if here or ticket is None or gone else _why_gone(ticket.key), decided=today,
        undo=next((line for line in today if line.can_undo and line.mine and line.state == "waiting"), None),
        troubled=tuple(line for line in _open(reader) if line.state in {"failed", "asks"}),
        meeting=_meeting(last, at), minutes=total * MINUTES, can_work=can_work,
        all_url=asked.url(everything=not asked.everything, as_list=asked.as_list),
        list_url=asked.url(as_list=True), one_url=asked.url(as_list=False), stamp=state.stamp,
        mirrored=bool(state.projects) and not state.first_import,
    )  # fmt: skip


def _verbs(asked: Asked, key: str, current: TriageVerb | None) -> tuple[VerbButton, ...]:
    return tuple(
        VerbButton(verb, label, letter, asked.url(key, "" if verb == current else verb), verb == current)
        for verb, label, letter in VERBS
    )


def _why_gone(key: str) -> str:
    return f"{key} is not in triage: it has an owner, or its status says that it is dealt with."


def _today(reader: Person, at: datetime) -> tuple[DecisionLine, ...]:
    """What was decided since midnight in the team's zone."""
    midnight = instant(team_day(at), time(), team_zone())
    return decided(TriageDecision.objects.taken().filter(at__gte=midnight), reader)


def _open(reader: Person) -> tuple[DecisionLine, ...]:
    """Decisions that Jira has not taken: they are said as long as somebody has to do something."""
    writes = TicketWrite.objects.filter(delivery__in=Delivery.objects.stuck())
    return decided(TriageDecision.objects.standing().filter(writes__in=writes).distinct(), reader)


def _meeting(last: TriageMeeting | None, at: datetime) -> MeetingHead:
    now = calendar_now(at)
    made = last is not None and last.at == now.next_triage_meeting
    left, came = came_and_left(last) if made else (0, 0)
    soon = now.next_triage_meeting - at < SOON
    return MeetingHead(now.next_triage_meeting, now.triage, made, left, came, soon)
