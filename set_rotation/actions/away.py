"""Leave: entered, changed, taken back; and whoever leads is told where it clashes with duty."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from portal.common import live
from set_rotation.actions.base import Refused, record, take_turns
from set_rotation.actions.overrides import make_override
from set_rotation.actions.telling import tell
from set_rotation.choices import AwaySource, OverrideSource, Seat, What
from set_rotation.models import Away, Duty, Override
from set_rotation.queries.away import away_clashes
from set_rotation.queries.replace import stand_ins
from set_rotation.rules.away import LONGEST, Clash
from set_rotation.rules.duty import Moved
from set_rotation.rules.words import span_words


@transaction.atomic
def add_away(
    *, person: Person, starts_at: datetime, ends_at: datetime, all_day: bool, by: Person, at: datetime, note: str = ""
) -> Away:
    """Note that somebody cannot serve in `[starts_at, ends_at)`, and tell whoever leads of a clash with duty.

    Raises `Refused` for a stretch that ends before it starts, is over, lasts more than a year or is there already.
    """
    take_turns()
    _refuse_odd(person, starts_at, ends_at, at, None)
    row = Away.objects.create(person=person, starts_at=starts_at, ends_at=ends_at, all_day=all_day, note=note,
                              by=by, made_at=at)
    record(What.AWAY_ADDED, at=at, by=by, person=person, to_value=_words(row))
    transaction.on_commit(_tell_pages)
    warn_of_clashes(at=at, people=[person.pk])
    return row


@transaction.atomic
def change_away(
    *, away: Away, starts_at: datetime, ends_at: datetime, all_day: bool, note: str, by: Person, at: datetime
) -> Away:
    """Note other times for somebody's leave. Raises `Refused` as `add_away` does, for an entry of a calendar, and for
    one that was taken out meanwhile."""
    take_turns()
    row = _by_hand(away)
    _refuse_odd(row.person, starts_at, ends_at, at, row)
    before = _words(row)
    row.starts_at, row.ends_at, row.all_day, row.note = starts_at, ends_at, all_day, note
    row.save(update_fields=["starts_at", "ends_at", "all_day", "note"])
    record(What.AWAY_CHANGED, at=at, by=by, person=row.person, from_value=before, to_value=_words(row))
    transaction.on_commit(_tell_pages)
    warn_of_clashes(at=at, people=[row.person_id])
    return row


@transaction.atomic
def remove_away(*, away: Away, by: Person, at: datetime) -> Away:
    """Somebody is not away after all. Returns the row as it was: `bring_back` makes it again. Raises `Refused` for an
    entry of a calendar."""
    row = _by_hand(away)
    record(What.AWAY_REMOVED, at=at, by=by, person=row.person, from_value=_words(row))
    transaction.on_commit(_tell_pages)
    Away.objects.filter(pk=row.pk).delete()
    return row


@transaction.atomic
def stand_in(
    *, away: Away, duty: Duty, person: Person, by: Person, at: datetime
) -> tuple[Override, tuple[Moved, ...]]:
    """Have somebody serve while another is away: the part of a duty that lies in the leave, from now on.

    Raises `Refused` where the clash is gone, or that person cannot stand in any more.
    """
    take_turns()
    found = next((each for each in away_clashes(at, [away.person_id])
                  if (each.away, each.duty) == (away.pk, duty.pk)), None)
    if found is None:
        raise Refused("That is settled: this leave and this duty do not clash any more.")
    judged = {each.person.pk: each for each in
              stand_ins(found.seat, found.starts_at, found.ends_at, at, besides=[away.person_id])}
    if person.pk not in judged:
        raise Refused(f"{person.name} is not on the roster at that time.")
    if not judged[person.pk].can:
        raise Refused(f"{person.name} cannot stand in: {judged[person.pk].reason.lower()}.")
    return make_override(seat=found.seat, person=person, starts_at=found.starts_at, ends_at=found.ends_at, by=by, at=at,
                         reason=f"{away.person.name} is away.", source=OverrideSource.LEAVE)


@transaction.atomic
def warn_of_clashes(*, at: datetime, people: Collection[int] | None = None) -> int:
    """Tell whoever leads then, whoever leads now, and the coordinators of each clash of leave with duty, once each.
    Returns how many clashes there are. Of everybody, or of these people."""
    found = away_clashes(at, people)
    if not found:
        return 0
    rows = Away.objects.select_related("person").in_bulk([clash.away for clash in found])
    always = {*Person.objects.joined().holding(Role.COORDINATOR), *(duty.person for duty in _leads(at, at))}
    owed = {
        f"clash-{clash.away}-{clash.duty}-{person.pk}": (person, clash)
        for clash in found
        for person in {*always, *(duty.person for duty in _leads(clash.starts_at, clash.ends_at))}
        if person.pk != clash.person
    }
    ways = [f"{key}-{way}" for key in owed for way in ("chat", "mail")]
    told = {key.rpartition("-")[0] for key in Delivery.objects.filter(key__in=ways).values_list("key", flat=True)}
    for key, (person, clash) in owed.items():
        if key not in told:
            _warn(person, clash, rows[clash.away], key, at)
    Away.objects.filter(pk__in=rows, warned_at=None).update(warned_at=at)
    return len(found)


def _leads(start: datetime, end: datetime) -> list[Duty]:
    """Who leads at the start or later, before the end."""
    during = Q(starts_at__lt=end) | Q(starts_at__lte=start)
    return list(Duty.objects.held().filter(during, seat=Seat.LEAD, ends_at__gt=start).select_related("person"))


def _warn(person: Person, clash: Clash, row: Away, key: str, at: datetime) -> None:
    tell(
        person, key=key, at=at, path=reverse("set_rotation:away"),
        subject=f"{row.person.name} is away while on duty",
        text=f"{row.person.name} is {clash.seat.label.lower()} "
             f"{span_words(clash.starts_at, clash.ends_at, person.zone)}, and away then. "
             "The page says who can stand in, least loaded first.",
    )


def _by_hand(away: Away) -> Away:
    row = Away.objects.select_for_update(of=("self",)).select_related("person").filter(pk=away.pk).first()
    if row is None:
        raise Refused("Somebody took this out already.")
    if row.source != AwaySource.HAND:
        raise Refused("This comes from a calendar: change it there, and it follows within the hour.")
    return row


def _refuse_odd(person: Person, starts_at: datetime, ends_at: datetime, at: datetime, row: Away | None) -> None:
    if ends_at <= starts_at:
        raise Refused("It has to end after it starts.")
    if ends_at <= at:
        raise Refused("That is over already.")
    if ends_at - starts_at > LONGEST:
        raise Refused("Leave lasts a year at most here; somebody who is away for longer leaves the roster.")
    same = Away.objects.filter(person=person, starts_at=starts_at, ends_at=ends_at)
    if (same.exclude(pk=row.pk) if row else same).exists():
        raise Refused("That is noted already.")


def _tell_pages() -> None:
    live.publish("duty", "stale", "")


def _words(row: Away) -> str:
    return span_words(row.starts_at, row.ends_at, row.person.zone)
