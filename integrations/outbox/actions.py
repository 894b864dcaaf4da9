"""The verbs of the outbox, and the only writers. A row is written in the transaction of what it tells."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from integrations.outbox import rules
from integrations.outbox.choices import ON_ITS_WAY, OPEN, State, What
from integrations.outbox.models import Delivery, DeliveryEvent, DoorHold


class NotOpen(Exception):
    """What was asked cannot be done to this delivery any more; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Sent:
    """A write that took effect: its id and address over there. `found`: it was there already."""

    remote_id: str = ""
    remote_url: str = ""
    found: bool = False
    note: str = ""


def new_key() -> str:
    """A marker for a delivery that has no better one: 32 hex digits."""
    return secrets.token_hex(16)


def enqueue(
    *, topic: str, scope: str, title: str, payload: Mapping[str, Any], at: datetime, by: Model | None = None,
    path: str = "", purpose: str = "", key: str = "", question: Mapping[str, Any] | None = None,
    words: str = "", due_at: datetime | None = None, after: Delivery | None = None,
) -> Delivery:
    """Put a write on its way, in the caller's transaction; it leaves after the commit, by the tick or at once.

    A `key` that is there already puts nothing new on its way: the first row is returned. With a `question` it waits for
    a person first, and `words` say for what. `due_at`: not before then, so that it can be taken back meanwhile.
    `after`: not while that one is open; it goes once that one is sent, or dropped by a person.
    """
    state = State.ASKING if question is not None else State.WAITING
    delivery, made = Delivery.objects.get_or_create(
        key=key or new_key(),
        defaults={
            "topic": topic, "scope": scope, "title": title[:300], "payload": dict(payload), "path": path,
            "by_id": by.pk if by else None, "purpose": purpose, "created_at": at, "noted_at": at,
            "due_at": due_at or at, "state": state, "fault": words, "after": after,
            "question": dict(question) if question is not None else None,
        },
    )
    if made:
        _note(delivery, What.ENQUEUED, at, by)
    return delivery


@dataclass(frozen=True)
class Letter:
    """A write for `enqueue_many`; see `enqueue`."""

    key: str
    topic: str
    scope: str
    title: str
    payload: Mapping[str, Any]
    path: str = ""
    purpose: str = ""


def enqueue_many(letters: Sequence[Letter], *, at: datetime, by: Model | None = None) -> dict[str, Delivery]:
    """As `enqueue`, for many writes in three statements. Returns them by key, those there already included."""
    found = {row.key: row for row in Delivery.objects.filter(key__in=[letter.key for letter in letters])}
    made = Delivery.objects.bulk_create([
        Delivery(
            key=letter.key, topic=letter.topic, scope=letter.scope, title=letter.title[:300], path=letter.path,
            payload=dict(letter.payload), purpose=letter.purpose, created_at=at, noted_at=at, due_at=at,
            by_id=by.pk if by else None,
        )
        for letter in {letter.key: letter for letter in letters if letter.key not in found}.values()
    ])
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(delivery=row, what=What.ENQUEUED, at=at, by_id=by.pk if by else None) for row in made
    )
    return found | {row.key: row for row in made}


def claim(*, delivery_id: int, at: datetime) -> Delivery | None:
    """Take a delivery for `rules.CLAIM`, or None: it is not due, somebody has it, or an earlier one must go first.

    One that a dead worker held may have left: it counts as unanswered since the end of that claim.
    """
    with transaction.atomic():
        found = Delivery.objects.due(at).filter(id=delivery_id).select_for_update(skip_locked=True, of=("self",))
        delivery = found.first()
        if delivery is None:
            return None
        if delivery.state == State.SENDING:
            delivery.unanswered_at = delivery.claimed_until
            _note(delivery, What.UNANSWERED, at, None, "the worker that sent it was gone")
        delivery.state, delivery.claimed_until = State.SENDING, at + rules.CLAIM
        delivery.claim, delivery.attempts = secrets.token_hex(16), delivery.attempts + 1
        delivery.save(update_fields=["state", "claimed_until", "claim", "attempts", "unanswered_at"])
    return delivery


def free_orphans(*, at: datetime) -> int:
    """End the claims of workers that are gone. Returns how many."""
    return Delivery.objects.orphans(at).update(claimed_until=at)


def follow_clock(*, at: datetime) -> int:
    """A clock was ahead and was set back: what was put on its way or off meanwhile does not wait until the clock is
    there again. Returns how many. One look into an index where none waits for long."""
    with transaction.atomic():
        found = list(Delivery.objects.noted_ahead(at).select_for_update(skip_locked=True, of=("self",))[:1000])
        for delivery in found:
            due_at = rules.due_after_set_back(due_at=delivery.due_at, noted_at=delivery.noted_at, at=at)
            delivery.due_at, delivery.noted_at = due_at, at  # it is seen to once
            delivery.unanswered_at = delivery.unanswered_at and min(delivery.unanswered_at, at)
            _note(delivery, What.POSTPONED, at, None, "the clock was ahead and was set back")
        Delivery.objects.bulk_update(found, ["due_at", "noted_at", "unanswered_at"])
    return len(found)


def renew(*, delivery: Delivery, at: datetime) -> bool:
    """Keep a claim for `rules.CLAIM` from now on, right before a write. False: it was lost, and nothing may be sent."""
    mine = Delivery.objects.filter(id=delivery.id, claim=delivery.claim, state=State.SENDING)
    return mine.update(claimed_until=at + rules.CLAIM) == 1


def told(*, delivery: Delivery) -> None:
    """Its room knows what became of it. A state that it took since then is told by itself."""
    Delivery.objects.filter(id=delivery.id, state=delivery.state, tell_at=delivery.tell_at).update(tell_at=None)


def claim_untold(*, at: datetime, limit: int = 50) -> list[Delivery]:
    """Those whose rooms were not told by whoever had to; each is this caller's to tell for a while."""
    with transaction.atomic():
        found = list(Delivery.objects.untold(at).order_by("tell_at").select_for_update(skip_locked=True)[:limit])
        for delivery in found:
            delivery.tell_at = at + rules.TELL_AFTER
        Delivery.objects.bulk_update(found, ["tell_at"])
    return found


def sent(*, delivery: Delivery, outcome: Sent, at: datetime) -> bool:
    """It took effect. False: the claim was lost meanwhile, and whoever has it now says what became of it."""
    return _leave(
        delivery, What.FOUND if outcome.found else What.SENT, at, outcome.note, state=State.SENT, sent_at=at,
        remote_id=outcome.remote_id, remote_url=outcome.remote_url, fault="", detail="", unanswered_at=None, looks=0,
    )


def unanswered(
    *, delivery: Delivery, words: str, detail: str, since: datetime, at: datetime, look_in: timedelta
) -> bool:
    """The request was made, and nobody knows what it did: look for its effect after `look_in`."""
    return _leave(delivery, What.UNANSWERED, at, words, state=State.UNKNOWN, unanswered_at=since, looks=0,
                  due_at=at + look_in, fault=words, detail=detail)


def look_later(*, delivery: Delivery, at: datetime, look_in: timedelta, found_nothing: bool, words: str = "") -> bool:
    """It was not there yet, or could not be looked for; look again after `look_in`."""
    looks = delivery.looks + (1 if found_nothing else 0)
    return _leave(delivery, None, at, "", state=State.UNKNOWN, due_at=at + look_in, looks=looks,
                  **({"fault": words} if words else {}))


def postpone(*, delivery: Delivery, words: str, detail: str, at: datetime, until: datetime) -> bool:
    """It did nothing, for a reason that passes: try again then."""
    return _leave(delivery, What.POSTPONED, at, words, state=State.WAITING, due_at=until, fault=words, detail=detail,
                  unanswered_at=None, looks=0)


def hold_door(*, door: str, at: datetime, until: datetime) -> None:
    """The other system asked everybody to wait: nothing is asked of it before `until`."""
    DoorHold.objects.update_or_create(door=door, defaults={"at": at, "until": until})


def ask(*, delivery: Delivery, question: Mapping[str, Any], words: str, at: datetime) -> bool:
    """It cannot go on without a person's answer."""
    return _leave(delivery, What.ASKED, at, words, state=State.ASKING, question=dict(question), fault=words, detail="",
                  unanswered_at=None)


def fail(*, delivery: Delivery, words: str, detail: str, at: datetime) -> bool:
    """The other system said no: trying again helps only after somebody has mended something.

    What may have taken effect before stays so: a retry looks first.
    """
    return _leave(delivery, What.FAILED, at, words, state=State.FAILED, fault=words, detail=detail)


def withdraw(*, delivery: Delivery, words: str, at: datetime) -> bool:
    """Its sender found that nobody needs it any more, and has not sent it."""
    return _leave(delivery, What.DROPPED, at, words, state=State.DROPPED, fault="", detail="")


def own_fault(*, delivery: Delivery, words: str, detail: str, at: datetime, look_in: timedelta) -> bool:
    """The portal itself failed in the middle of it: as if the answer had been lost."""
    since = delivery.unanswered_at or at
    return _leave(delivery, What.UNANSWERED, at, words, state=State.UNKNOWN, unanswered_at=since, due_at=at + look_in,
                  fault=words, detail=detail, own_faults=delivery.own_faults + 1)


def answer(*, delivery: Delivery, payload: Mapping[str, Any], by: Model, at: datetime, words: str) -> Delivery:
    """A person has answered: on its way again with this payload. Raises `NotOpen`."""
    with transaction.atomic():
        held = _held(delivery, (State.ASKING,), "This has been answered already.")
        held.payload, held.question, held.state = dict(payload), None, State.WAITING
        held.due_at = held.noted_at = at
        held.fault = held.detail = ""
        held.save(update_fields=["payload", "question", "state", "due_at", "noted_at", "fault", "detail"])
        _note(held, What.ANSWERED, at, by, words)
    return held


def amend(*, delivery: Delivery, payload: Mapping[str, Any], by: Model, at: datetime, words: str) -> Delivery:
    """Send this instead, and now: what was put on its way has not left. Raises `NotOpen` when it has, or may have."""
    with transaction.atomic():
        held = _held(delivery, (State.WAITING, State.FAILED), "It has left, or may have.")
        if held.unanswered_at is not None:
            raise NotOpen("It may have left.")
        held.payload, held.state = dict(payload), State.WAITING
        held.due_at = held.noted_at = at
        held.save(update_fields=["payload", "state", "due_at", "noted_at"])
        _note(held, What.ANSWERED, at, by, words)
    return held


def rebase(*, delivery_id: int, field: str, value: Any) -> bool:
    """What a change stands on (`base` of its payload) is another value now. False: it has none, or is through."""
    with transaction.atomic():
        held = Delivery.objects.select_for_update(of=("self",)).get(id=delivery_id)
        if field not in held.payload.get("base", {}) or held.state not in OPEN:
            return False
        held.payload["base"][field] = value
        held.save(update_fields=["payload"])
    return True


def retry(*, delivery: Delivery, by: Model, at: datetime) -> Delivery:
    """Try again now, by hand; what has a question keeps waiting for its answer. Raises `NotOpen`."""
    with transaction.atomic():
        held = _held(delivery, (State.FAILED, State.WAITING), "This is on its way, or was sent or dropped.")
        held.state = State.WAITING if held.unanswered_at is None else State.UNKNOWN
        held.due_at, held.noted_at, held.own_faults = at, at, 0
        held.save(update_fields=["state", "due_at", "noted_at", "own_faults"])
        DoorHold.objects.filter(door=held.door).delete()  # a person asks once more; the other system may say no again
        _note(held, What.RETRIED, at, by)
    return held


def drop(*, delivery: Delivery, by: Model | None, at: datetime, words: str = "", anyway: bool = False) -> Delivery:
    """Take it back before it leaves. Raises `NotOpen` for what is being sent, may have been sent, or was.

    `by` None: the portal itself, for which it has become needless. `anyway`: a person knows that one whose look was
    refused may be there, and gives it up all the same.
    """
    with transaction.atomic():
        lost = "It has left, or may have: it cannot be taken back."
        held = _held(delivery, (State.WAITING, State.ASKING, State.FAILED), lost)
        if held.unanswered_at is not None and not (anyway and held.state == State.FAILED):
            raise NotOpen(lost)
        held.state = State.DROPPED
        held.save(update_fields=["state"])
        _note(held, What.DROPPED, at, by, words)
    return held


def forget(*, before: datetime, limit: int = 20_000) -> int:
    """Delete what was sent or dropped before then; what is open stays. Returns how many."""
    old = Delivery.objects.filter(state__in=[State.SENT, State.DROPPED], created_at__lt=before)
    return Delivery.objects.filter(id__in=list(old.values_list("id", flat=True)[:limit])).delete()[0]


def _held(delivery: Delivery, states: tuple[State, ...], words: str) -> Delivery:
    held = Delivery.objects.select_for_update(of=("self",)).get(id=delivery.id)
    if held.state not in states or (held.state == State.WAITING and held.unanswered_at is not None):
        raise NotOpen(words)
    return held


def _leave(delivery: Delivery, what: What | None, at: datetime, words: str, **values: Any) -> bool:
    """Write what became of a claimed delivery, unless the claim was lost."""
    with transaction.atomic():
        mine = Delivery.objects.filter(id=delivery.id, claim=delivery.claim, state=State.SENDING)
        values |= {"noted_at": at, "tell_at": at + rules.TELL_AFTER}
        if not mine.update(**values, claimed_until=None, claim=""):
            return False
        for name, value in values.items():
            setattr(delivery, name, value)
        if what is not None:
            _note(delivery, what, at, None, words)
    return True


def _note(delivery: Delivery, what: What, at: datetime, by: Model | None, words: str = "") -> None:
    DeliveryEvent.objects.create(delivery=delivery, what=what, at=at, by_id=by.pk if by else None, to_value=words)


__all__ = [
    "ON_ITS_WAY", "Letter", "NotOpen", "Sent", "amend", "answer", "ask", "claim", "claim_untold", "drop", "enqueue",
    "enqueue_many", "fail", "follow_clock", "forget", "free_orphans", "hold_door", "look_later", "new_key", "own_fault",
    "postpone", "rebase", "renew", "retry", "sent", "told", "unanswered", "withdraw",
]
