"""Reminders of duty: what is due now is put on its way, and what is no longer so is taken back before it leaves."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from cadence.queries import holidays, team_zone
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.models import Person
from set_rotation.actions.telling import tell
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import Duty, NoticeChoice, Place, Shift
from set_rotation.rules.duty import Span
from set_rotation.rules.reminders import LONGEST, Held, Kind, Reminder, Stint, Wants, due
from set_rotation.rules.words import duty_words, moment_words

PURPOSE = "duty.reminder"
AHEAD = timedelta(days=8)  # a week before, by clocks that may be an hour off
CHOICES = {Kind.WEEK: "week_before", Kind.DAY: "day_before", Kind.START: "at_start", Kind.END: "at_end",
           Kind.LOOK: "look_at_questions"}


def remind(*, at: datetime) -> int:
    """Put every reminder on its way that is due at this moment and was not yet. Returns how many.

    Constant queries while nothing is due.
    """
    duties, places = _around(at)
    people = {row.person_id: row.person for row in duties}
    people |= {place.person.pk: place.person for place in places if place.person}
    reminders = due(
        stints=_stints(duties, places), wants=_wants(people.values()), free=holidays(), at=at,
        held=[Held(row.person_id, Seat(row.seat), row.starts_at, row.ends_at, row.changed_at) for row in duties],
    )
    _take_back(reminders, at)
    new = _new(reminders)
    for one in new:
        with transaction.atomic():
            subject, text = _words(one, people[one.person], duties)
            tell(people[one.person], key=one.key, subject=subject, text=text, path=reverse("set_rotation:on_call"),
                 at=at, purpose=PURPOSE)
    return len(new)


def _around(at: datetime) -> tuple[list[Duty], list[Place]]:
    """All duty of the rotations that run or begin soon, and the engineers' places in them."""
    first, last = at - LONGEST, at + AHEAD
    soon = Q(rotation__starts_at__lt=last, rotation__ends_at__gt=first)
    duties = Duty.objects.held().filter(soon | Q(starts_at__lt=last, ends_at__gt=first))
    places = Place.objects.filter(soon, role=PlaceRole.ENGINEER, person__isnull=False)
    seated = Exists(Shift.objects.filter(place=OuterRef("pk")))
    return (list(duties.select_related("person", "rotation").order_by("starts_at")),
            list(places.annotate(seated=seated).select_related("person", "rotation")))


def _stints(duties: Iterable[Duty], places: Iterable[Any]) -> list[Stint]:
    """Each person once a rotation: engineers with a place begin with it, others with their first duty. Whoever is
    replaced in all their seats is not on SET."""
    known: dict[tuple[int, int], datetime] = {}
    first: dict[tuple[int, int], datetime] = {}
    for row in duties:
        if row.rotation is not None:
            mine = row.rotation.pk, row.person_id
            known[mine] = min(known.get(mine, row.changed_at), row.changed_at)
            first[mine] = min(first.get(mine, row.starts_at), row.starts_at)
    for place in places:
        mine = place.rotation_id, place.person_id
        if mine in first or not place.seated:
            first[mine] = place.rotation.starts_at
    return [Stint(person, rotation, starts_at, known.get((rotation, person)))
            for (rotation, person), starts_at in first.items()]


def _wants(people: Iterable[Person]) -> dict[int, Wants]:
    """Without a choice: everything. Somebody who has left is reminded of nothing."""
    here = {person.pk: person.zone for person in people if person.is_active}
    chosen = {row.person_id: row for row in NoticeChoice.objects.filter(person__in=here)}
    return {
        pk: Wants(zone, frozenset(kind for kind, name in CHOICES.items() if pk not in chosen
                                  or getattr(chosen[pk], name)))
        for pk, zone in here.items()
    }


def _new(reminders: Sequence[Reminder]) -> list[Reminder]:
    """Those that nobody was told of yet, by any way."""
    keys = [f"{one.key}-{way}" for one in reminders for way in ("chat", "mail")]
    told = {key[:-5] for key in Delivery.objects.filter(key__in=keys).values_list("key", flat=True)} if keys else set()
    return [one for one in reminders if one.key not in told]


def _take_back(reminders: Iterable[Reminder], at: datetime) -> None:
    """One that has not left and is no longer so: its duty was cancelled or moved, or it has waited too long."""
    still = {one.key for one in reminders}
    for delivery in Delivery.objects.filter(purpose=PURPOSE, state__in=[State.WAITING, State.FAILED]):
        if delivery.key[:-5] not in still:
            with contextlib.suppress(outbox.NotOpen):
                outbox.drop(delivery=delivery, by=None, at=at, words="it is no longer so")


# ---- Words ---------------------------------------------------------------------------


def _words(one: Reminder, person: Person, duties: Sequence[Duty]) -> tuple[str, str]:
    """Subject and text, in the person's zone."""
    zone = person.zone or team_zone()
    if one.stint is not None:
        return _ahead(one, one.stint, duties, zone)
    if one.held is None:
        raise ValueError(f"{one.key} is about nothing.")
    seat, until = one.held.seat.label.lower(), moment_words(one.held.ends_at, zone)
    if one.kind == Kind.START:
        others = _others(one.held.starts_at, one.held.seat, duties)
        return f"You are {seat} now", f"You are {seat} until {until}." + (f"\n\n{others}" if others else "")
    if one.kind == Kind.LOOK:
        return "Look at the Ask-R&D channel", (
            "You are primary: does somebody wait for an answer there? What takes less than about an hour is simply "
            "answered; what takes more becomes a ticket, assigned to you, In Progress."
        )
    after = _names(one.held.ends_at, duties).get(one.held.seat)
    return f"You are no longer {seat}", (
        f"Your duty ended {until}. " + (f"{after} is {seat} now." if after else f"Nobody is {seat} now: tell the lead.")
    )


def _ahead(one: Reminder, stint: Stint, duties: Sequence[Duty], zone: str) -> tuple[str, str]:
    mine = [row for row in duties if row.person_id == stint.person and row.rotation_id == stint.rotation]
    number = f" (rotation {mine[0].rotation.number})" if mine and mine[0].rotation else ""
    when = "In a week" if one.kind == Kind.WEEK else "Tomorrow"
    lines = [f"You are on SET{number} from {moment_words(stint.starts_at, zone)}."]
    lines += [f"- {duty_words(Span(Seat(row.seat), row.starts_at, row.ends_at), zone)}"
              for row in sorted(mine, key=lambda row: row.starts_at)]
    lines += ["", "See that pages reach you, and go through the checklist. If you cannot serve, ask for a swap."]
    return f"{when} you are on SET", "\n".join(lines)


def _names(at: datetime, duties: Iterable[Duty]) -> Mapping[Seat, str]:
    return {Seat(row.seat): row.person.name for row in duties if row.starts_at <= at < row.ends_at}


def _others(at: datetime, mine: Seat, duties: Iterable[Duty]) -> str:
    held = _names(at, duties)
    return " ".join(f"{seat.label}: {held.get(seat, 'nobody')}." for seat in Seat if seat != mine)
