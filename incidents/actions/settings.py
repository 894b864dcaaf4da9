"""What coordinators edit beside the playbook: statuses, how often updates are promised, a few bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from incidents.actions.base import Refused
from incidents.choices import Severity
from incidents.models import Cadence, IncidentSettings, IncidentStatus
from incidents.queries.settings import seen_of
from incidents.rules.playbook import key_for

MEANWHILE = "Somebody else saved these meanwhile: what you typed is kept here; look at theirs, and save again."
LOCKED = 1  # the row of the settings


@dataclass(frozen=True)
class StatusGiven:
    """A status as it is to be; `pk` None: a new one."""

    pk: int | None
    name: str
    words: str
    tone: str
    phase: int
    position: int
    stops: bool
    resolves: bool
    identifies: bool
    archived: bool


@transaction.atomic
def save_statuses(*, given: Sequence[StatusGiven], seen: str) -> int:
    """Have updates choose from these. A status that is left out stays as it is. Returns how many are different. Raises
    `Refused` where somebody saved meanwhile, and for a set with which no incident could begin or end."""
    rows = {row.pk: row for row in IncidentStatus.objects.select_for_update()}
    if seen_of(rows.values()) != seen:
        raise Refused(MEANWHILE)
    wrong = status_faults(given)
    if wrong:
        raise Refused(" ".join(wrong))
    slugs, changed = {row.slug for row in rows.values()}, 0
    for position, one in enumerate(sorted(given, key=lambda each: each.position)):
        values = {**vars(one), "position": position}
        values.pop("pk")
        row = rows.get(one.pk or 0) or IncidentStatus(slug=key_for(one.name, slugs))
        slugs.add(row.slug)
        changed += _write(row, values)
    return changed


@transaction.atomic
def save_cadence(*, given: Mapping[int, tuple[int, int, int]], seen: str) -> int:
    """Have updates be promised so often: severity -> (first, then, longest), in minutes. Promises that were made stay.
    Returns how many severities are different. Raises `Refused` where somebody saved meanwhile."""
    rows = {row.severity: row for row in Cadence.objects.select_for_update()}
    found = [rows.get(one) or Cadence(severity=one, first=15, then=30, longest=60) for one in Severity]
    if seen_of(found) != seen:
        raise Refused(MEANWHILE)
    return sum(
        _write(row, dict(zip(("first", "then", "longest"), given[row.severity], strict=True)))
        for row in found if row.severity in given
    )


@transaction.atomic
def save_bounds(*, given: Mapping[str, Any], seen: str) -> bool:
    """Have these bounds hold. Returns whether any is different. Raises `Refused` where somebody saved meanwhile."""
    row = IncidentSettings.objects.select_for_update().first() or IncidentSettings(pk=LOCKED)
    if seen_of([row]) != seen:
        raise Refused(MEANWHILE)
    return _write(row, given)


def status_faults(given: Sequence[StatusGiven]) -> list[str]:
    """What is wrong with a set of statuses, in words."""
    used = sorted((one for one in given if not one.archived), key=lambda one: one.position)
    found = []
    names = [one.name.casefold() for one in given]
    if len(set(names)) < len(names):
        found.append("Two statuses have the same name.")
    if not any(one.resolves for one in used):
        found.append("One status must end the outage: without it no incident is ever resolved.")
    if used and (used[0].stops or used[0].resolves):
        found.append(f"Incidents begin with the first status: {used[0].name} cannot end them, or stop the updates.")
    found += [f"{one.name} ends the outage, so it stops the updates too." for one in used
              if one.resolves and not one.stops]
    return found


def _write(row: IncidentStatus | Cadence | IncidentSettings, values: Mapping[str, Any]) -> bool:
    """Whether anything is different; a row that was changed here is left alone by later versions of the handbook."""
    if row.pk and not row._state.adding and all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.edited = True
    row.save()
    return True
