"""Swaps and taking over: who may do what, whether a seat is still held, and until when one is taken. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cadence.rules import instant
from set_rotation.choices import Seat, SwapState
from set_rotation.rules.replace import Stretch

HOURS = (1, 3)
EXCHANGED = {Seat.PRIMARY, Seat.BACKUP}


@dataclass(frozen=True)
class SwapRights:
    """What a reader may do to a swap now. `accept`: for themselves; `answer_for`: for somebody else, as a planner."""

    accept: bool = False
    decline: bool = False
    withdraw: bool = False
    undo: bool = False
    answer_for: bool = False

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return self.accept or self.decline or self.withdraw or self.undo or self.answer_for


def rights(
    *, state: SwapState, reader: int, person: int, asked: int | None, taken_by: int | None, declined: Collection[int],
    plans: bool, begun: bool, left: bool,
) -> SwapRights:
    """What somebody may do. `begun`: the stretch has begun, and nobody answers any more; `left`: some of what was
    swapped lies ahead."""
    mine = reader == person
    if state == SwapState.OPEN:
        answers = not mine and asked in {None, reader} and not begun
        return SwapRights(accept=answers, decline=answers and reader not in declined, withdraw=mine or plans,
                          answer_for=plans and not begun and asked != reader)
    if state == SwapState.ACCEPTED:
        return SwapRights(undo=left and (plans or reader in {person, taken_by}))
    return SwapRights()


def held_whole(spans: Iterable[Stretch], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether these stretches cover `[starts_at, ends_at)` without a gap."""
    covered = starts_at
    for start, end in sorted(spans):
        if start <= covered < end:
            covered = end
    return covered >= ends_at


def can_exchange(one: Seat, other: Seat) -> bool:
    """Whether two who hold these seats can change places at once. Whoever leads is not replaced on the way."""
    return {one, other} <= EXCHANGED


@dataclass(frozen=True)
class Until:
    """A time until which a running seat can be taken."""

    key: str
    words: str
    ends_at: datetime


def until_choices(at: datetime, shift_ends_at: datetime, zone: str) -> tuple[Until, ...]:
    """Until when a running shift can be taken in one click: an hour, three, the end of the day by the clocks of `zone`,
    the end of the shift. Those that lie behind the shift's end are left out."""
    tomorrow = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    found = [Until(f"{hours}h", f"{hours} hour{'s' if hours > 1 else ''}", at + timedelta(hours=hours))
             for hours in HOURS]
    found.append(Until("day", "End of the day", instant(tomorrow, time(0), zone)))
    return (*(each for each in found if each.ends_at < shift_ends_at),
            Until("shift", "End of the shift", shift_ends_at))
