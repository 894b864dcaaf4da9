"""What coordinators edit, as everything else asks for it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.forms import model_to_dict

from incidents.choices import SettingsWhat, Severity
from incidents.models import Cadence, IncidentSettings, IncidentStatus, SettingsEvent, StakeholderList

CHANGES = 20  # how many a page shows


@dataclass(frozen=True)
class Change:
    """Somebody changed what holds for all incidents. `before` "": it is new."""

    about: str
    by: str
    at: datetime
    before: str
    after: str


def settings_changes(of: StakeholderList | None = None) -> tuple[Change, ...]:
    """What was changed last: of the settings, or of a list of stakeholders. One query."""
    rows = SettingsEvent.objects.select_related("by")
    rows = rows.exclude(what=SettingsWhat.LIST) if of is None else rows.filter(list=of)
    return tuple(
        Change(row.about, row.by.name if row.by else "somebody who has left", row.at, row.from_value, row.to_value)
        for row in rows[:CHANGES]
    )


def bounds() -> IncidentSettings:
    """The room's settings; the handbook's where no row is. One query."""
    return IncidentSettings.objects.first() or IncidentSettings()


def cadence(severity: Severity | int) -> Cadence:
    """How soon updates are promised for a severity. One query."""
    found = Cadence.objects.filter(severity=severity).first()
    return found or Cadence(severity=severity, first=15, then=30, longest=60)


def statuses() -> list[IncidentStatus]:
    """Those to choose from, in their order. One query."""
    return list(IncidentStatus.objects.filter(archived=False))


def all_statuses() -> list[IncidentStatus]:
    """Those that are not used any more too. One query."""
    return list(IncidentStatus.objects.all())


def cadences() -> list[Cadence]:
    """How often updates are promised, severity by severity. One query."""
    found = {row.severity: row for row in Cadence.objects.all()}
    return [found.get(one) or Cadence(severity=one, first=15, then=30, longest=60) for one in Severity]


def seen_of(rows: Iterable[Model]) -> str:
    """What somebody saw who edits these rows: another text as soon as any of them is different."""
    told = sorted((row.pk or 0, sorted((key, str(value)) for key, value in model_to_dict(row).items())) for row in rows)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
