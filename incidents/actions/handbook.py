"""What the handbook ships for this room: statuses, cadence, the playbook. What was edited here is left alone."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from incidents.models import Cadence, IncidentSettings, IncidentStatus, PlaybookVersion

HANDBOOK = Path(__file__).resolve().parent.parent / "handbook"


def load_incidents(*, at: datetime, folder: Path = HANDBOOK) -> int:
    """Load everything of this room, over nothing or over an older shipped row that nobody has edited. Returns how many
    rows were written."""
    with transaction.atomic():
        return _statuses(_told(folder, "statuses")) + _cadence(_told(folder, "cadence")) + _playbook(
            _told(folder, "playbook"), at
        )


def _told(folder: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def _statuses(told: dict[str, Any]) -> int:
    version, written = int(told["version"]), 0
    known = {row.slug: row for row in IncidentStatus.objects.select_for_update()}
    for position, values in enumerate(told["statuses"]):
        row = known.get(values["slug"])
        if row is not None and (row.edited or row.shipped == 0 or row.shipped >= version):
            continue
        IncidentStatus.objects.update_or_create(
            slug=values["slug"], defaults={**values, "position": position, "shipped": version}
        )
        written += 1
    return written


def _cadence(told: dict[str, Any]) -> int:
    version, written = int(told["version"]), 0
    known = {row.severity: row for row in Cadence.objects.select_for_update()}
    for values in told["cadence"]:
        row = known.get(values["severity"])
        if row is None or (not row.edited and row.shipped < version):
            Cadence.objects.update_or_create(
                severity=values["severity"], defaults={**values, "shipped": version}
            )
            written += 1
    bounds = IncidentSettings.objects.select_for_update().first()
    if bounds is None or (not bounds.edited and bounds.shipped < version):
        IncidentSettings.objects.update_or_create(pk=1, defaults={**told["settings"], "shipped": version})
        written += 1
    return written


def _playbook(told: dict[str, Any], at: datetime) -> int:
    version = int(told["version"])
    newest = PlaybookVersion.objects.select_for_update().order_by("-number").first()
    if newest is not None and (newest.shipped == 0 or newest.shipped >= version):
        return 0
    PlaybookVersion.objects.create(
        number=newest.number + 1 if newest else 1, stages=told["stages"], note="As the handbook has it", at=at,
        shipped=version,
    )
    return 1
