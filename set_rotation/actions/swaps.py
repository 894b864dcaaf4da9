"""Swaps: somebody asks to be replaced for a stretch, and may offer another in return; it is settled by conditional
updates, so that of two who answer at once one wins and the other reads who did."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from cadence.queries import team_zone
from people.models import Person
from portal.common.timers import cancel_timer, set_timer
from set_rotation.actions.base import Refused, record, take_turns
from set_rotation.actions.duty import rewrite_duty
from set_rotation.actions.overrides import cancel_override, make_override
from set_rotation.actions.telling import tell, tell_moved
from set_rotation.choices import OverrideSource, Seat, SwapState, What
from set_rotation.models import Override, Swap, SwapAnswer
from set_rotation.queries.replace import stand_ins
from set_rotation.queries.swaps import holds
from set_rotation.rules.duty import Moved, Span
from set_rotation.rules.words import duty_words

EXPIRES = "swap.expire"  # the timer that ends a swap which nobody answered; its key is the swap's id


@transaction.atomic
def ask_swap(
    *, person: Person, span: Span, asked: Person | None, in_return: Span | None, by: Person, at: datetime,
    reason: str = "",
) -> Swap:
    """Ask one person, or with `asked` None everybody who can, to take a stretch of somebody's duty; `in_return` is a
    stretch of the asked person's that they would take. Those asked are told, each once.

    Raises `Refused` where the stretch has begun, is not held by that person, or is asked for already.
    """
    take_turns()
    _refuse_odd(person, span, at)
    if asked is not None and asked.pk == person.pk:
        raise Refused("Nobody swaps with themselves.")
    if in_return is not None:
        if asked is None:
            raise Refused("Something in return is offered to one person, whose duty it is.")
        _refuse_odd(asked, in_return, at)
    same = Swap.objects.filter(state=SwapState.OPEN, person=person, seat=span.seat, starts_at__lt=span.ends_at,
                               ends_at__gt=span.starts_at, asked=asked)
    if same.exists():
        raise Refused("That is asked already, and not answered yet.")
    swap = Swap.objects.create(
        person=person, seat=span.seat, starts_at=span.starts_at, ends_at=span.ends_at, asked=asked, reason=reason,
        by=by, made_at=at, return_seat=in_return.seat if in_return else "",
        return_starts_at=in_return.starts_at if in_return else None,
        return_ends_at=in_return.ends_at if in_return else None,
    )
    record(What.SWAP_ASKED, at=at, by=by, person=person, to_value=duty_words(span, team_zone()))
    set_timer(kind=EXPIRES, key=str(swap.pk), due_at=span.starts_at)
    for other in [asked] if asked else _everybody(swap, at):
        if other.pk != by.pk:
            _tell_asked(swap, other, at, by)
    return swap


@transaction.atomic
def accept_swap(*, swap: Swap, person: Person, by: Person, at: datetime) -> tuple[Moved, ...]:
    """Have `person` take the stretch, and give what was offered in return; both are overrides, and everybody whose duty
    moves is told. Of two who accept at once one wins.

    Raises `Refused` with who was quicker, where the stretch has begun, or where the duty changed meanwhile.
    """
    take_turns()
    mine = Swap.objects.filter(pk=swap.pk, state=SwapState.OPEN, starts_at__gt=at)
    if not mine.update(state=SwapState.ACCEPTED, taken_by=person, answered_at=at):
        raise Refused(why_settled(swap, at))
    stored = Swap.objects.select_related("person", "asked").get(pk=swap.pk)
    _refuse_taker(stored, person, at)
    spans = [(own_span(stored), person), *([(back, stored.person)] if (back := return_span(stored)) else [])]
    _refuse_changed(stored, person)
    for span, taker in spans:
        made, _ = make_override(
            seat=span.seat, person=taker, starts_at=span.starts_at, ends_at=span.ends_at, by=by, at=at,
            reason=f"a swap with {stored.person.name if taker == person else person.name}",
            source=OverrideSource.SWAP, tells=False, rewrites=False,
        )
        stored.overrides.add(made)
    moved = _rewrite([span for span, _ in spans], at)
    cancel_timer(kind=EXPIRES, key=str(stored.pk))
    record(What.SWAP_ACCEPTED, at=at, by=by, person=person, to_value=duty_words(own_span(stored), team_zone()))
    why = f"{person.name} takes {stored.person.name}'s duty by a swap."
    tell_moved(moved, key=f"swap-{stored.pk}", why=why, at=at, by=by)
    return moved


@transaction.atomic
def decline_swap(*, swap: Swap, person: Person, by: Person, at: datetime, words: str = "") -> bool:
    """Somebody who was asked says no, with words if they like. One that was asked of them alone is over by that, and
    whoever asked is told; returns whether it is. Raises `Refused` where it was settled meanwhile."""
    stored = Swap.objects.select_for_update(of=("self",)).select_related("person").get(pk=swap.pk)
    if stored.state != SwapState.OPEN:
        raise Refused(why_settled(swap, at))
    if stored.asked_id not in {None, person.pk} or stored.person_id == person.pk:
        raise Refused("That was not asked of you.")
    SwapAnswer.objects.get_or_create(swap=stored, person=person, defaults={"at": at, "words": words})
    record(What.SWAP_DECLINED, at=at, by=by, person=person, to_value=words)
    if stored.asked_id is None:
        return False
    Swap.objects.filter(pk=stored.pk).update(state=SwapState.DECLINED, answered_at=at)
    cancel_timer(kind=EXPIRES, key=str(stored.pk))
    said = f"They say: {words}\n" if words else ""
    _tell_asker(stored, "declined", f"{person.name} cannot take your duty",
                f"{said}You can ask somebody else, or everybody.", at, by)
    return True


@transaction.atomic
def withdraw_swap(*, swap: Swap, by: Person, at: datetime) -> None:
    """Whoever asked does so no more. Raises `Refused` where it was settled meanwhile."""
    if not Swap.objects.filter(pk=swap.pk, state=SwapState.OPEN).update(state=SwapState.WITHDRAWN, answered_at=at):
        raise Refused(why_settled(swap, at))
    cancel_timer(kind=EXPIRES, key=str(swap.pk))
    record(What.SWAP_WITHDRAWN, at=at, by=by, person=swap.person)


@transaction.atomic
def undo_swap(*, swap: Swap, by: Person, at: datetime) -> tuple[Moved, ...]:
    """Take back what was swapped and lies ahead, from now on: what was served stays served. Everybody whose duty moves
    is told. Raises `Refused` where nothing is left to take back, or somebody would hold two seats."""
    take_turns()
    done = Swap.objects.filter(pk=swap.pk, state=SwapState.ACCEPTED).update(state=SwapState.UNDONE, answered_at=at)
    if not done:
        raise Refused(why_settled(swap, at))
    left = list(Override.objects.held().filter(swaps=swap, ends_at__gt=at).order_by("starts_at"))
    if not left:
        raise Refused("What was swapped is over, or was taken back already.")
    spans = [Span(Seat(each.seat), each.starts_at, each.ends_at) for each in left]
    for override in left:
        cancel_override(override=override, by=by, at=at, tells=False, rewrites=False)
    moved = _rewrite(spans, at)
    record(What.SWAP_UNDONE, at=at, by=by, person=swap.person)
    tell_moved(moved, key=f"unswap-{swap.pk}", why=f"{by.name} took a swap back.", at=at, by=by)
    return moved


@transaction.atomic
def expire_swap(*, swap_id: int, at: datetime) -> bool:
    """End a swap that nobody answered before its stretch began, and tell whoever asked. Returns whether it was open."""
    due = Swap.objects.filter(pk=swap_id, state=SwapState.OPEN, starts_at__lte=at)
    if not due.update(state=SwapState.EXPIRED, answered_at=at):
        return False
    swap = Swap.objects.select_related("person").get(pk=swap_id)
    _tell_asker(swap, "expired", "Nobody took your duty", "It has begun, and is yours. A colleague can still take over "
                "for a time: \"Take it now\" on the page of who is on call.", at, None)
    return True


def why_settled(swap: Swap, at: datetime) -> str:
    """Why a swap cannot be answered any more, by its state now."""
    now = Swap.objects.select_related("taken_by").get(pk=swap.pk)
    match SwapState(now.state):
        case SwapState.ACCEPTED:
            return f"{now.taken_by.name if now.taken_by else 'Somebody'} was quicker, and takes it."
        case SwapState.WITHDRAWN:
            return "It was withdrawn meanwhile."
        case SwapState.DECLINED:
            return "It was declined already."
        case SwapState.UNDONE:
            return "It was taken back already."
        case SwapState.EXPIRED:
            return "Its time has begun, and nobody had answered: it is over."
        case SwapState.OPEN:
            return "Its time has begun: use \"Take it now\" instead." if now.starts_at <= at else "It is still open."


def own_span(swap: Swap) -> Span:
    """The stretch that is to be taken."""
    return Span(Seat(swap.seat), swap.starts_at, swap.ends_at)


def return_span(swap: Swap) -> Span | None:
    """The stretch that is offered in return, if there is one."""
    if swap.return_starts_at is None or swap.return_ends_at is None:
        return None
    return Span(Seat(swap.return_seat), swap.return_starts_at, swap.return_ends_at)


def _rewrite(spans: list[Span], at: datetime) -> tuple[Moved, ...]:
    return rewrite_duty(starts_at=min(span.starts_at for span in spans), ends_at=max(span.ends_at for span in spans),
                        at=at)


def _refuse_odd(person: Person, span: Span, at: datetime) -> None:
    if span.ends_at <= span.starts_at:
        raise Refused("It has to end after it starts.")
    if span.starts_at <= at:
        raise Refused("That has begun already: what runs is taken over at once, by \"Take it now\".")
    if not holds(person, span.seat, span.starts_at, span.ends_at):
        raise Refused(f"{person.name} is not {span.seat.label.lower()} for all of that time.")


def _refuse_changed(swap: Swap, person: Person) -> None:
    own, back = own_span(swap), return_span(swap)
    if not holds(swap.person, own.seat, own.starts_at, own.ends_at):
        raise Refused(f"The duty changed meanwhile: {swap.person.name} does not hold it any more. Nothing was swapped.")
    if back is not None and not holds(person, back.seat, back.starts_at, back.ends_at):
        raise Refused(f"The duty changed meanwhile: {person.name} does not hold what was to be given in return. "
                      "Nothing was swapped.")


def _refuse_taker(swap: Swap, person: Person, at: datetime) -> None:
    """A member who is not away. Holding another seat is refused when duty is laid out, for what is given in return
    counts then."""
    if swap.person_id == person.pk:
        raise Refused("Nobody swaps with themselves.")
    if swap.asked_id not in {None, person.pk}:
        raise Refused(f"That was asked of {swap.asked.name if swap.asked else 'somebody else'}.")
    own = own_span(swap)
    judged = {each.person.pk: each for each in stand_ins(own.seat, own.starts_at, own.ends_at, at)}
    if person.pk not in judged:
        raise Refused(f"{person.name} is not on the roster at that time.")
    found = judged[person.pk]
    if not found.can and not (found.busy and return_span(swap)):
        raise Refused(f"{person.name} cannot take it: {found.reason.lower()}.")


def _everybody(swap: Swap, at: datetime) -> list[Person]:
    own = own_span(swap)
    return [each.person for each in stand_ins(own.seat, own.starts_at, own.ends_at, at, besides=[swap.person_id])
            if each.can]


def _tell_asked(swap: Swap, person: Person, at: datetime, by: Person) -> None:
    back = return_span(swap)
    lines = [f"Can you take it? {duty_words(own_span(swap), person.zone)}"]
    lines += [f"In return: {duty_words(back, person.zone)}"] if back else []
    lines += [f"They say: {swap.reason}"] if swap.reason else []
    tell(person, key=f"swap-asked-{swap.pk}-{person.pk}", subject=f"{swap.person.name} asks for a swap",
         text="\n".join(lines), path=reverse("set_rotation:swaps"), at=at, by=by)


def _tell_asker(swap: Swap, what: str, subject: str, text: str, at: datetime, by: Person | None) -> None:
    words = f"{duty_words(own_span(swap), swap.person.zone)}\n{text}"
    tell(swap.person, key=f"swap-{what}-{swap.pk}", subject=subject, text=words, path=reverse("set_rotation:swaps"),
         at=at, by=by)
