"""When the things of a rotation's cycle are due. Pure: no database, no clock, all moments in UTC."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cadence.rules import instant
from set_rotation.choices import CyclePhase
from set_rotation.rules.spans import hand_over_due


@dataclass(frozen=True)
class CycleFacts:
    """A rotation `[starts_at, ends_at)`, the lead's IANA zone, and when work is handed over by the schedule: the
    weekday (Monday is 0) and the local time that is the end of the day."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    weekday: int
    at: time

    @property
    def handed_over_at(self) -> datetime:
        """When the hand-over is due: by the handbook Friday, at the end of the day, in the outgoing lead's zone."""
        return hand_over_due(self.ends_at, self.weekday, self.at, self.zone)

    def end_of_day(self, near: datetime, days: int) -> datetime:
        """The end of the day that lies so many days of the lead's calendar after the day of a moment."""
        return instant(self.day_of(near) + timedelta(days=days), self.at, self.zone)

    def day_of(self, moment: datetime) -> date:
        """The lead's day at a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()


def item_due(phase: CyclePhase, days: int | None, facts: CycleFacts) -> datetime:
    """When an item of the checklist is due.

    With `days`: at the end of the day so many days after the rotation's first one (of a hand-over: after the day on
    which that is due). Without: what comes before and at the start, when the rotation starts; the rest, when it is
    handed over.
    """
    last = facts.handed_over_at
    if days is not None:
        return facts.end_of_day(last if phase == CyclePhase.HAND_OVER else facts.starts_at, days)
    return facts.starts_at if phase in {CyclePhase.BEFORE, CyclePhase.START} else last


class Step(StrEnum):
    """What the portal does by itself around a hand-over."""

    DRAFT = "draft"
    SOON = "soon"
    LATE = "late"


BEFORE = {Step.DRAFT: 2, Step.SOON: 1, Step.LATE: 0}  # days of the lead's calendar before it is due


def step_at(step: Step, facts: CycleFacts) -> datetime:
    """When a step is done: the draft is made two days before the hand-over is due, the lead is reminded a day before,
    and again when it is due. Days of the lead's clocks: 23 or 25 hours when these change."""
    due = facts.handed_over_at
    return due if step == Step.LATE else facts.end_of_day(due, -BEFORE[step])


def steps_due(facts: CycleFacts, at: datetime) -> tuple[Step, ...]:
    """The steps whose time has come; once it is late, nobody is told that it will be due soon."""
    come = tuple(step for step in Step if step_at(step, facts) <= at)
    return tuple(step for step in come if step != Step.SOON) if Step.LATE in come else come


def next_step(facts: CycleFacts, at: datetime) -> datetime | None:
    """When the portal has to come by again; None: all has been done."""
    return min((when for step in Step if (when := step_at(step, facts)) > at), default=None)
