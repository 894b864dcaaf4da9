"""How far a running clock has come, and when it comes further. Everything is counted back from when it is due, so that
a pause, another promise or a clock that was set moves all of it together."""

from datetime import datetime, timedelta

from escalations.choices import ClockStage, Unit
from escalations.rules.clocks.promises import HOUR, Office, moment_after

NEAR_AT_MOST = 2 * HOUR  # of a promise of days, a quarter would be a warning that nobody heeds


def near_left(whole: int) -> int:
    """With how many seconds left a clock is near: the last quarter of what was promised, two hours at most."""
    return min(whole // 4, NEAR_AT_MOST)


def begins_at(
    stage: ClockStage, due: datetime, *, whole: int, unit: Unit, office: Office, lead_after: int
) -> datetime:
    """When a clock that is due at `due` enters a stage. `whole`: what was promised, in seconds of its kind;
    `lead_after`: minutes, around the clock, after which the lead is told of a missed one."""
    match stage:
        case ClockStage.HALF:
            return moment_after(due, -(whole // 2), unit, office)
        case ClockStage.NEAR:
            return moment_after(due, -near_left(whole), unit, office)
        case ClockStage.LEAD:
            return due + timedelta(minutes=lead_after)
        case _:
            return due


def next_stage(
    stage: ClockStage, due: datetime, *, whole: int, unit: Unit, office: Office, lead_after: int
) -> datetime | None:
    """When the stage after this one begins; None after the last. It may be in the past: then it is entered at once."""
    if stage == ClockStage.LEAD:
        return None
    after = ClockStage(stage + 1)
    return begins_at(after, due, whole=whole, unit=unit, office=office, lead_after=lead_after)


def stage_at(
    at: datetime, due: datetime, *, whole: int, unit: Unit, office: Office, lead_after: int,
    entered: ClockStage = ClockStage.RUNNING,
) -> ClockStage:
    """The stage that a clock has reached at a moment, never one before `entered`. It may leap over some."""
    reached = entered
    for stage in ClockStage:
        if stage <= entered:
            continue
        if begins_at(stage, due, whole=whole, unit=unit, office=office, lead_after=lead_after) > at:
            break
        reached = stage
    return reached
