"""What coordinators edit beside the playbook: statuses, how often updates are promised, a few bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Left

from incidents.actions.base import Refused, record_setting
from incidents.choices import Phase, SettingsWhat, Severity
from incidents.models import Cadence, IncidentSettings, IncidentStatus
from incidents.queries.settings import seen_of
from incidents.rules.playbook import key_for
from people.models import Person

MEANWHILE = "Somebody else saved these meanwhile: what you typed is kept here; look at theirs, and save again."
LOCKED = 1  # the row of the settings
# What a field is called in the words of a change.
STATUS_WORDS = {
    "name": "name", "words": "in a customer's words", "tone": "colour", "phase": "on the customer's line",
    "position": "number", "stops": "stops the updates", "resolves": "ends the outage",
    "identifies": "the cause is known", "archived": "not used any more",
}
CADENCE_WORDS = {"first": "first after", "then": "then every", "longest": "a reason beyond"}
BOUNDS_WORDS = {
    "executive_after": "the executive is told after", "executives": "all executives read of a Sev1",
    "snooze": "snoozed for at most", "watch": "watched for",
    "link_days": "a customer's link lasts", "emoji": "marked with",
}
UNITS = {"first": " min", "then": " min", "longest": " min", "executive_after": " min", "snooze": " min",
         "watch": " h", "link_days": " days"}


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
def save_statuses(*, given: Sequence[StatusGiven], seen: str, by: Person, at: datetime) -> int:
    """Have updates choose from these. A status that is left out stays as it is. Returns how many are different. Raises
    `Refused` where somebody saved meanwhile, and for a set with which no incident could begin or end."""
    rows = {row.pk: row for row in IncidentStatus.objects.select_for_update()}
    if seen_of(rows.values()) != seen:
        raise Refused(MEANWHILE)
    wrong = status_faults(given)
    if wrong:
        raise Refused(" ".join(wrong))
    _free_names(rows, given)
    slugs, changed = {row.slug for row in rows.values()}, 0
    for position, one in enumerate(sorted(given, key=lambda each: each.position)):
        values = {**vars(one), "position": position}
        values.pop("pk")
        row = rows.get(one.pk or 0) or IncidentStatus(slug=key_for(one.name, slugs))
        slugs.add(row.slug)
        changed += _write(SettingsWhat.STATUS, row, row.name or one.name, values, STATUS_WORDS, by, at)
    return changed


def _free_names(rows: Mapping[int, IncidentStatus], given: Sequence[StatusGiven]) -> None:
    """Two that swap their names would each find theirs taken: those that change give theirs up first."""
    renamed = [one.pk for one in given if one.pk is not None and one.pk in rows and rows[one.pk].name != one.name]
    IncidentStatus.objects.filter(pk__in=renamed).update(name=Concat(Value("~"), Left(F("slug"), 40)))


@transaction.atomic
def save_cadence(*, given: Mapping[int, tuple[int, int, int]], seen: str, by: Person, at: datetime) -> int:
    """Have updates be promised so often: severity -> (first, then, longest), in minutes. Promises that were made stay.
    Returns how many severities are different. Raises `Refused` where somebody saved meanwhile."""
    rows = {row.severity: row for row in Cadence.objects.select_for_update()}
    found = [rows.get(one) or Cadence(severity=one, first=15, then=30, longest=60) for one in Severity]
    if seen_of(found) != seen:
        raise Refused(MEANWHILE)
    return sum(
        _write(SettingsWhat.CADENCE, row, Severity(row.severity).label,
               dict(zip(CADENCE_WORDS, given[row.severity], strict=True)), CADENCE_WORDS, by, at)
        for row in found if row.severity in given
    )


@transaction.atomic
def save_bounds(*, given: Mapping[str, Any], seen: str, by: Person, at: datetime) -> bool:
    """Have these bounds hold. Returns whether any is different. Raises `Refused` where somebody saved meanwhile."""
    row = IncidentSettings.objects.select_for_update().first() or IncidentSettings(pk=LOCKED)
    if seen_of([row]) != seen:
        raise Refused(MEANWHILE)
    return _write(SettingsWhat.BOUNDS, row, "Bounds", given, BOUNDS_WORDS, by, at)


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


def _write(
    what: SettingsWhat, row: IncidentStatus | Cadence | IncidentSettings, about: str, values: Mapping[str, Any],
    words: Mapping[str, str], by: Person, at: datetime,
) -> bool:
    """Whether anything is different; then who changed what is written down, and the row is left alone by later versions
    of the handbook."""
    new = row.pk is None or row._state.adding
    changed = {name: value for name, value in values.items() if new or getattr(row, name) != value}
    if not changed:
        return False
    before = {} if new else {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    row.edited = True
    row.save()
    record_setting(what, about=about, at=at, by=by, before=_said(before, words), after=_said(changed, words))
    return True


def _said(values: Mapping[str, Any], words: Mapping[str, str]) -> str:
    return "; ".join(f"{words[name]}: {_word(name, value)}" for name, value in values.items())


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "phase":
        return str(Phase(value).label)
    if name == "position":
        return str(value + 1)  # as the form numbers them
    return f"{value}{UNITS.get(name, '')}" if value != "" else "nothing"
