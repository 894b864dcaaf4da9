"""One page: where it stands, its timeline of events and attempts, and what may be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse

from integrations.outbox.queries import Receipt, receipt
from set_rotation.choices import ContactKind, PageState, PageWhat, Seat, Urgency
from set_rotation.models import Page, PageAttempt, PageEvent
from set_rotation.queries.contacts import way_word
from set_rotation.queries.paging.ladder import TurnLine, coming
from set_rotation.queries.paging.listing import State, raised_by, state_of

LATE = timedelta(seconds=10)  # an attempt that comes later than this says so
LOOKS = {
    PageWhat.RAISED: ("bell", "red"), PageWhat.ACKNOWLEDGED: ("eye", "amber"), PageWhat.STILL_ON_IT: ("eye", "amber"),
    PageWhat.RESOLVED: ("done", "green"), PageWhat.REASSIGNED: ("person", "blue"),
    PageWhat.ESCALATED: ("escalation", "red"), PageWhat.SNOOZED: ("pause", "amber"), PageWhat.WOKE: ("bell", "red"),
    PageWhat.STALE: ("clock", "red"), PageWhat.UNANSWERED: ("fail", "red"),
    PageWhat.REWORDED: ("edit", ""),
}
VIA = {"link": "by the link in a message", "api": "by the API", "mail": "by mail"}


@dataclass(frozen=True)
class AttemptLine:
    """One try at one person by one method; without a delivery `words` say why."""

    label: str
    name: str
    words: str
    receipt: Receipt | None
    late: timedelta | None


@dataclass(frozen=True)
class Entry:
    """An event, or a step of the ladder with its attempts."""

    at: datetime
    icon: str
    tone: str
    text: str
    by: str = ""
    via: str = ""
    attempts: tuple[AttemptLine, ...] = ()


@dataclass(frozen=True)
class PageView:
    """See templates/rotations/pages/page.html. `seen` names how it stood: a button pressed twice does it once."""

    id: int
    url: str
    reason: str
    details: str
    path: str
    urgency: str
    urgent: bool
    test: bool
    state: State
    at: datetime
    by: str
    holder: str
    holder_id: int | None
    answered_at: datetime | None
    answered_in: timedelta | None
    resolved_at: datetime | None
    resolved_by: str
    snoozed_until: datetime | None
    only_to: str
    round: int
    rounds: int
    ends_at: datetime | None
    stale: int
    turns: tuple[TurnLine, ...]
    entries: tuple[Entry, ...] = field(default=())
    seen: str = ""

    @property
    def open(self) -> bool:
        """Whether anything can still be done about it."""
        return self.state.value != PageState.RESOLVED


def seen_of(page: Page) -> str:
    """How a page stands, in one word, for the forms about it."""
    return f"{page.token}.{page.round}.{page.step}"


def page_view(page: Page, at: datetime) -> PageView:
    """Everything about one page, whose people are loaded. At most six queries."""
    policy = page.policy
    return PageView(
        id=page.pk, url=reverse("set_rotation:page", args=[page.pk]), reason=page.reason, details=page.details,
        path=page.path, urgency=Urgency(page.urgency).label, urgent=page.urgency == Urgency.URGENT, test=page.test,
        state=state_of(page), at=page.at, by=raised_by(page),
        holder=page.acknowledged_by.name if page.acknowledged_by else "", holder_id=page.acknowledged_by_id,
        answered_at=page.acknowledged_at, answered_in=page.acknowledged_at - page.at if page.acknowledged_at else None,
        resolved_at=page.resolved_at, resolved_by=page.resolved_by.name if page.resolved_by else "",
        snoozed_until=page.snoozed_until, only_to=page.only_to.name if page.only_to else "", round=page.round,
        rounds=policy["rounds"], ends_at=page.due_at if page.round > policy["rounds"] else None, stale=policy["stale"],
        turns=coming(page, at), entries=timeline(page), seen=seen_of(page),
    )


def timeline(page: Page) -> tuple[Entry, ...]:
    """What befell a page, the newest first. Two queries."""
    events = page.events.select_related("by")
    attempts = page.attempts.select_related("person", "delivery", "method")
    entries = [*(_event(event) for event in events), *_steps(list(attempts))]
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))


def _event(event: PageEvent) -> Entry:
    what = PageWhat(event.what)
    icon, tone = LOOKS[what]
    return Entry(at=event.at, icon=icon, tone=tone, text=_words(what, event), by=event.by.name if event.by else "",
                 via=VIA.get(event.via, ""))


def _words(what: PageWhat, event: PageEvent) -> str:
    match what:
        case PageWhat.RAISED:
            return "Paged"
        case PageWhat.REASSIGNED:
            return "Taken over" if event.to_value == "themself" else f"Given to {event.to_value} alone"
        case PageWhat.SNOOZED:
            return f"Snoozed for {event.to_value}"
        case PageWhat.ESCALATED:
            return "Escalated: the next step came at once"
        case PageWhat.WOKE:
            return "The snooze was over: paged again from the top"
        case PageWhat.STALE:
            return "Acknowledged, and then not touched: paged again from the top"
        case PageWhat.UNANSWERED:
            return "Nobody answered, and the ladder is at its end"
        case _:
            return what.label.capitalize()


def _steps(attempts: Sequence[PageAttempt]) -> list[Entry]:
    """The attempts of a step stand together, at the time of the first of them."""
    groups: dict[tuple[str, ...], list[PageAttempt]] = {}
    for attempt in attempts:
        # page:token:round:step:person: the same step after a snooze or an escalation is another one.
        groups.setdefault(tuple(attempt.key.split(":")[:5]), []).append(attempt)
    return [_step(group) for group in groups.values()]


def _step(group: Sequence[PageAttempt]) -> Entry:
    first = group[0]
    told = ":told-" in first.key
    name = first.person.name if first.person else ""
    seat = Seat(first.seat).label if first.seat else ""
    if told:
        text = f"{name} was told, as a coordinator"
    else:
        text = f"Round {first.round}: " + (f"{seat}, {name}" if seat and name else seat or name or "nobody")
    sends = any(attempt.delivery_id for attempt in group)
    return Entry(at=first.at, icon="send" if sends else "right", tone="blue" if sends else "", text=text,
                 attempts=tuple(_attempt(attempt, told=told) for attempt in group))


def _attempt(attempt: PageAttempt, *, told: bool) -> AttemptLine:
    late = attempt.at - attempt.due_at
    word = way_word(attempt.method) if attempt.method else ContactKind(attempt.kind).label if attempt.kind else ""
    return AttemptLine(
        label=word[:1].upper() + word[1:], name=attempt.person.name if attempt.person else "",
        words="" if told else attempt.words,
        receipt=receipt(attempt.delivery) if attempt.delivery else None, late=late if late > LATE else None,
    )
