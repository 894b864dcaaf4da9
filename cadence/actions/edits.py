"""What the lead changes: holidays, meeting times, milestones. Each change is an event in the same transaction."""

from datetime import date, datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, models, transaction

from cadence.choices import COMPANY, What
from cadence.models import CadenceEvent, Holiday, MeetingTime, ReleaseStep
from cadence.queries import HOLIDAYS, MEETINGS, PLAN
from people.models import Person


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def add_holiday(*, day: date, name: str, by: Person, at: datetime, calendar: str = COMPANY) -> Holiday:
    """Enter a holiday. Raises Refused if the calendar has one on that day."""
    try:
        with transaction.atomic():
            made = Holiday.objects.create(calendar=calendar, day=day, name=name)
            _record(What.HOLIDAY_ADDED, at=at, by=by, holiday=made, to_value=str(made))
    except IntegrityError as error:
        raise Refused("That day is a holiday already.") from error
    forget(calendar)
    return made


def change_holiday(*, holiday: Holiday, day: date, name: str, by: Person, at: datetime) -> Holiday:
    """Move or rename a holiday. Raises Refused if the day is taken, or the holiday was taken out meanwhile."""
    try:
        with transaction.atomic():
            stored = Holiday.objects.select_for_update().get(pk=holiday.pk)
            if stored.taken_out:
                raise Refused("That holiday was taken out meanwhile.")
            changed = _change(stored, {"day": day, "name": name})
            if changed:
                _record(What.HOLIDAY_CHANGED, at=at, by=by, holiday=stored, from_value=changed[0], to_value=changed[1])
    except IntegrityError as error:
        raise Refused("That day is a holiday already.") from error
    forget(stored.calendar)
    return stored


@transaction.atomic
def take_out_holiday(*, holiday: Holiday, by: Person, at: datetime) -> bool:
    """Let a day be worked. The row stays, so that the handbook does not bring it back. False if it was out already."""
    out = Holiday.objects.observed().filter(pk=holiday.pk).update(taken_out=True, edited=True)
    if out:
        _record(What.HOLIDAY_TAKEN_OUT, at=at, by=by, holiday=holiday, from_value=str(holiday))
        forget(holiday.calendar)
    return bool(out)


@transaction.atomic
def change_meeting(*, meeting: MeetingTime, changes: dict[str, Any], by: Person, at: datetime) -> MeetingTime:
    """Hold a meeting on other weekdays (Monday is 0), at another local time, or in another zone."""
    stored = MeetingTime.objects.select_for_update().get(pk=meeting.pk)
    changed = _change(stored, changes)
    if changed:
        _record(What.MEETING_CHANGED, at=at, by=by, meeting=stored, from_value=changed[0], to_value=changed[1])
        forget()
    return stored


@transaction.atomic
def change_step(*, step: ReleaseStep, changes: dict[str, Any], by: Person, at: datetime) -> ReleaseStep:
    """Rename a milestone, move it by working days, or let triage be daily from it on (and from no other)."""
    # All of them, in one order: two that choose another milestone for triage at once take turns.
    stored = {row.pk: row for row in ReleaseStep.objects.select_for_update().order_by("pk")}[step.pk]
    if changes.get("daily_triage") and not stored.daily_triage:
        ReleaseStep.objects.filter(daily_triage=True).update(daily_triage=False, edited=True)
    changed = _change(stored, changes)
    if changed:
        _record(What.STEP_CHANGED, at=at, by=by, step=stored, from_value=changed[0], to_value=changed[1])
        forget()
    return stored


def forget(calendar: str = COMPANY) -> None:
    """Let the next reader ask again: now, for what follows in this transaction, and once it is written."""
    keys = [HOLIDAYS.format(calendar), MEETINGS, PLAN]
    cache.delete_many(keys)
    transaction.on_commit(lambda: cache.delete_many(keys))


def _change(row: Holiday | MeetingTime | ReleaseStep, changes: dict[str, Any]) -> tuple[str, str] | None:
    """Write what differs, and return it in words before and after; None if nothing does."""
    before = {name: getattr(row, name) for name in changes}
    if before == changes:
        return None
    for name, value in {**changes, "edited": True}.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, "edited"])
    differ = [name for name in changes if before[name] != changes[name]]
    return _lines({name: before[name] for name in differ}), _lines({name: changes[name] for name in differ})


def _lines(values: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in values.items())


def _record(what: What, *, at: datetime, by: Person, **fields: models.Model | str) -> None:
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    CadenceEvent.objects.create(
        what=what.value, at=at, by=by, via="web" if request_id else settings.ENV.process, request_id=request_id,
        **fields,
    )
