"""What the pages show of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from integrations.outbox.choices import ON_ITS_WAY, STUCK, State
from integrations.outbox.models import Delivery

SHOWN = 200


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery, as `parts/receipt.html` draws it. `tone`: "waiting", "sent", "failed" or "asks"."""

    id: int
    tone: str
    words: str
    detail: str
    at: datetime
    again_at: datetime | None
    url: str
    moving: bool
    can_retry: bool
    can_drop: bool
    may_be_there: bool  # its look was refused: it can only be given up knowingly
    title: str = ""
    path: str = ""  # where it is answered, or read in full


@dataclass(frozen=True)
class Line:
    """A delivery in the operator's list."""

    receipt: Receipt
    title: str
    path: str
    door: str
    by: str
    created_at: datetime
    attempts: int
    technical: str
    by_id: int | None = None


@dataclass(frozen=True)
class Door:
    """How many deliveries to another system wait and are stuck, and since when the oldest one waits."""

    name: str
    waiting: int
    stuck: int
    oldest: datetime | None


DOORS = {"jira": "Jira", "mattermost": "Mattermost", "mail": "Mail", "notify": "Phones"}
# How a sentence names whom a delivery waits for, and what it says once that has it, where the door's name is no place.
TO = {"mail": "the mail server", "notify": "the messaging service"}
ARRIVED = {"mail": "Mailed", "notify": "Handed over"}


def receipt(delivery: Delivery) -> Receipt:
    """What the page says of a delivery."""
    name = TO.get(delivery.door) or DOORS.get(delivery.door, delivery.door)
    state, again = State(delivery.state), None
    if state in ON_ITS_WAY:
        tone, words = "waiting", f"On its way to {name}"
        if state == State.UNKNOWN:
            words = f"{name[0].upper()}{name[1:]} did not answer; the portal looks whether it arrived"
            again = delivery.due_at
        elif state == State.WAITING and delivery.fault:
            words, again = f"Waiting for {name}: {delivery.fault}", delivery.due_at
    elif state == State.SENT:
        tone, words = "sent", ARRIVED.get(delivery.door, f"In {name}")
    elif state == State.DROPPED:
        tone, words = "dropped", "Taken back"
    else:
        tone, words = ("asks" if state == State.ASKING else "failed"), delivery.fault
    return Receipt(
        id=delivery.id, tone=tone, words=words, detail=delivery.detail, at=delivery.sent_at or delivery.created_at,
        again_at=again, url=delivery.remote_url, moving=state in ON_ITS_WAY,
        can_retry=state == State.FAILED or (state == State.WAITING and bool(delivery.fault)),
        can_drop=state in {*STUCK, State.WAITING} and delivery.unanswered_at is None, title=delivery.title,
        path=delivery.path, may_be_there=state == State.FAILED and delivery.unanswered_at is not None,
    )


def lines(*, door: str = "", stuck: bool = False, sent: bool = False) -> tuple[Line, ...]:
    """The open deliveries (or the latest sent ones), newest first, at most 200."""
    found = Delivery.objects.filter(state=State.SENT).order_by("-sent_at") if sent else (
        (Delivery.objects.stuck() if stuck else Delivery.objects.open()).order_by("-id")
    )
    if door:
        found = found.filter(topic__startswith=f"{door}.")
    return tuple(
        Line(receipt(row), row.title, row.path, DOORS.get(row.door, row.door), row.by.name if row.by else "",
             row.created_at, row.attempts, row.detail, row.by_id)
        for row in found.select_related("by")[:SHOWN]
    )


def doors() -> tuple[Door, ...]:
    """Each other system, with what waits for it."""
    counted: dict[str, Door] = {name: Door(words, 0, 0, None) for name, words in DOORS.items()}
    rows = Delivery.objects.open().values_list("topic", "state").annotate(n=Count("id"), oldest=Min("created_at"))
    for topic, state, n, oldest in rows:
        name = topic.partition(".")[0]
        was = counted.get(name, Door(name, 0, 0, None))
        stuck = state in STUCK
        counted[name] = Door(
            was.name, was.waiting + (0 if stuck else n), was.stuck + (n if stuck else 0),
            min(filter(None, [was.oldest, oldest]), default=None),
        )
    return tuple(counted.values())


def due_ids(at: datetime, limit: int = 100, *, purpose: str = "") -> Sequence[int]:
    """The deliveries that may leave now, oldest first; `purpose`: of those alone that were made for it."""
    found = Delivery.objects.due(at)
    found = found.filter(purpose=purpose) if purpose else found
    return list(found.order_by("id").values_list("id", flat=True)[:limit])


def next_of(scope: str) -> int | None:
    """The delivery of this scope that is next to leave."""
    first = Delivery.objects.filter(scope=scope, state__in=ON_ITS_WAY).order_by("id").values_list("id", flat=True)
    return first.first()


def stuck_count() -> int:
    """How many deliveries wait for a person."""
    return Delivery.objects.stuck().count()
