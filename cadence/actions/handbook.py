"""Reference data of this room, from `handbook/*.toml`; what somebody edited or took out here is left alone."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from cadence.actions.edits import forget
from cadence.models import Holiday, MeetingTime, ReleaseStep
from portal.common.models import Shipped

HANDBOOK = Path(__file__).resolve().parent.parent / "handbook"


@transaction.atomic
def load_calendar(folder: Path = HANDBOOK) -> int:
    """Load holidays, meeting times and milestones, each file once per version. Returns how many rows were written."""
    written = _load_holidays(_told(folder / "holidays.toml"))
    written += _load_meetings(_told(folder / "meetings.toml"))
    written += _load_steps(_told(folder / "release.toml"))
    if written:
        forget()
    return written


def _load_holidays(told: dict[str, Any]) -> int:
    version, calendar = int(told["version"]), str(told["calendar"])
    stored = {row.key: row for row in Holiday.objects.filter(calendar=calendar).exclude(key="")}
    if _is_loaded(stored.values(), version):
        return 0
    written = 0
    for key, day, name in _holidays(told["days"]):
        fields = {"calendar": calendar, "key": key, "day": day, "name": name}
        # Somebody has entered this day by hand: theirs stands, under their name.
        if Holiday.objects.observed().filter(calendar=calendar, day=day).exclude(key=key).exists():
            continue
        written += _write(stored.get(key) or Holiday(), fields, version)
    return written


def _holidays(days: dict[str, str]) -> Iterator[tuple[str, date, str]]:
    """Each with its key: the year it is told in and its name, so that one whose day is corrected is known again."""
    for text, name in days.items():
        day = date.fromisoformat(text)
        yield f"{day.year}-{slugify(name)}"[:60], day, name


def _load_meetings(told: dict[str, Any]) -> int:
    version = int(told["version"])
    stored = {row.kind: row for row in MeetingTime.objects.all()}
    if _is_loaded(stored.values(), version):
        return 0
    kinds = {kind: fields for kind, fields in told.items() if kind != "version"}
    return sum(_write(stored.get(kind) or MeetingTime(kind=kind), fields, version) for kind, fields in kinds.items())


def _load_steps(told: dict[str, Any]) -> int:
    version = int(told["version"])
    stored = {row.key: row for row in ReleaseStep.objects.all()}
    if _is_loaded(stored.values(), version):
        return 0
    # One milestone begins the daily triage: where somebody chose it, the file does not choose another.
    chosen = any(row.edited and row.daily_triage for row in stored.values())
    written = 0
    # Those without first: never two at once.
    for key, fields in sorted(told["steps"].items(), key=lambda each: bool(each[1].get("daily_triage"))):
        daily = bool(fields.get("daily_triage")) and not chosen
        written += _write(stored.get(key) or ReleaseStep(key=key), {**fields, "daily_triage": daily}, version)
    return written


def _told(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _is_loaded(rows: Iterable[Shipped], version: int) -> bool:
    return any(row.shipped >= version for row in rows)


def _write(row: Shipped, fields: dict[str, Any], version: int) -> int:
    """Write the shipped row unless it was edited here. Returns how many rows were written: 0 or 1."""
    if row.edited:
        return 0
    for name, value in {**fields, "shipped": version}.items():
        setattr(row, name, value)
    row.save()
    return 1
