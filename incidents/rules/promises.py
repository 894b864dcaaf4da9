"""When a promise rings: ten and five minutes before, when it is due, ten minutes and an hour after; what may be
promised and snoozed; and how a promise speaks."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from incidents.choices import Ring
from incidents.rules.updates.times import zone_at, zone_of
from portal.common.set_back import BACK

OFFSETS: dict[Ring, timedelta] = {
    Ring.TEN_BEFORE: timedelta(minutes=-10), Ring.FIVE_BEFORE: timedelta(minutes=-5), Ring.DUE: timedelta(),
    Ring.TEN_AFTER: timedelta(minutes=10), Ring.HOUR_AFTER: timedelta(minutes=60),
}
NEAR = -OFFSETS[Ring.TEN_BEFORE]  # from then on it is soon
CLOSE = timedelta(minutes=2)  # a snooze that ends so near the promise leaves nothing to remind of before it
EVER = timedelta(days=14)  # a promise beyond it is a slip of the finger
ASKING = timedelta(minutes=5)  # for so long the commander, who was told that somebody asks, is not told again
MINUTE, HOUR, DAY = 60, 3600, 86400


# ---- Rings ----------------------------------------------------------------------------


def ring_times(*, due_at: datetime, made_at: datetime, snoozed_until: datetime | None) -> dict[Ring, datetime]:
    """When each reminder of a promise rings, in their order. One whose time had come when the promise was made is left
    out. Snoozing holds back those before the promise, and never those from it on; those that it holds until within two
    minutes of the promise are left out, for the one at its time would follow at once."""
    due_at, found = due_at.astimezone(UTC), {}  # by the clocks on a wall ten minutes may be an hour and ten
    for ring, offset in OFFSETS.items():
        when = due_at + offset
        if when <= made_at:
            continue
        if offset < timedelta() and snoozed_until is not None:
            if snoozed_until >= due_at - CLOSE:
                continue
            when = max(when, snoozed_until)
        found[ring] = when
    return found


def rings_left(times: Mapping[Ring, datetime], rung: Mapping[str, str], at: datetime) -> dict[Ring, datetime]:
    """Those that still have to ring. One that a later one overtook, while nobody looked, does not ring any more; unless
    that later one rang at a moment that has not come yet: then a clock was ahead and was set back, and what it leapt
    over rings at its minute. `rung`: when those rang that have, in ISO."""
    order = list(Ring)
    overtaken = max((order.index(Ring(ring)) for ring, when in rung.items() if not _ahead(when, at)), default=-1)
    return {ring: when for ring, when in times.items() if ring not in rung and order.index(ring) > overtaken}


def _ahead(when: str, at: datetime) -> bool:
    return datetime.fromisoformat(when) > at + BACK


def next_ring(
    *, due_at: datetime, made_at: datetime, rung: Mapping[str, str], snoozed_until: datetime | None, at: datetime
) -> datetime | None:
    """When the next reminder of a promise rings; None when none is left."""
    times = ring_times(due_at=due_at, made_at=made_at, snoozed_until=snoozed_until)
    return min(rings_left(times, rung, at).values(), default=None)


def rings_due(
    *, due_at: datetime, made_at: datetime, rung: Mapping[str, str], snoozed_until: datetime | None, at: datetime
) -> list[Ring]:
    """The reminders whose time has come and which have not rung, in their order. Where nobody looked for a while these
    are several: the last of them rings, and is told to all who would have heard one."""
    times = ring_times(due_at=due_at, made_at=made_at, snoozed_until=snoozed_until)
    return [ring for ring, when in rings_left(times, rung, at).items() if when <= at]


# ---- What is allowed -------------------------------------------------------------------


def promise_fault(*, due_at: datetime, at: datetime, longest: int, reason: str) -> str:
    """Why this cannot be promised, in words for whoever promises; "" where it can. `longest`: the minutes beyond which
    a promise needs a reason."""
    if due_at <= at:
        return "That time has passed: promise the next update for a time ahead."
    if due_at - at > EVER:
        return "That is more than two weeks away: check the day."
    if due_at - at > timedelta(minutes=longest) and not reason:
        return (f"That is later than {length_words(longest * MINUTE)} from now: say why, such as "
                "“bridge closed overnight”.")
    return ""


def snooze_fault(*, due_at: datetime, made_at: datetime, until: datetime, at: datetime, reason: str) -> str:
    """Why the reminders cannot be held back until then; "" where they can."""
    if at >= due_at:
        return "The update is overdue: only an update ends its reminders."
    if not reason:
        return "Say why: the deputy reads it when the update is due."
    first = max(due_at - NEAR, made_at)
    if until <= first:
        return f"Its first reminder comes in {length_words((first - at).total_seconds())}: nothing to snooze yet."
    return ""


def snoozed_to(*, due_at: datetime, minutes: int, most: int, at: datetime) -> datetime:
    """Until when a snooze of so many minutes holds: `most` minutes, and never past the promise."""
    return min(at.astimezone(UTC) + timedelta(minutes=max(min(minutes, most), 1)), due_at)


# ---- Words: static/js/countdown.js says the same, so that nothing flips -----------------


def digits(seconds: float) -> str:
    """A length as a large clock shows it: "41:12", "1:05:00". What is left is rounded up, what is over down."""
    whole = abs(math.ceil(seconds)) if seconds > 0 else int(-seconds)
    hours, rest = divmod(whole, HOUR)
    minutes, left = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def length_words(seconds: float) -> str:
    """A length in words: "1 min", "40 min", "1 h", "9 h 20 min", "2 d 3 h"; rounded up to a minute."""
    minutes = max(math.ceil(seconds / MINUTE), 1)
    hours, rest = divmod(minutes, 60)
    if hours >= 24:
        days, hours = divmod(hours, 24)
        return f"{days} d {hours} h" if hours else f"{days} d"
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def moment_in(at: datetime, zone: str, now: datetime) -> str:
    """A moment by the clocks of a zone, as an incident's page says it: "12:45 pm ET", "Wed 8:00 am ET" when that is
    another day there, "2 Dec 8:00 am ET" when it is a week away; "1:30 am EST" in an hour that they show twice."""
    local, today = at.astimezone(zone_of(zone)), now.astimezone(zone_of(zone))
    said = f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'} {zone_at(at, zone)}"
    away = abs((local.date() - today.date()).days)
    if away == 0:
        return said
    return f"{local:%a} {said}" if away < 7 else f"{local.day} {local:%b} {said}"
