"""Who is on duty, asked for every minute of a month over ten years of shifts; and what the duty page asks."""

import random
import time
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta

from bench.figures import Section, middle, spread
from bench.sizes import Size
from bench.stand import Stand
from set_rotation.choices import Seat
from set_rotation.rules.duty import OverrideFact, Rota, ShiftFact
from set_rotation.rules.spans import Begins, rotation_days, shift_spans

YEARS, RUNS = 10, 5
MINUTE = timedelta(minutes=1)
FIRST, MONTH = date(2020, 1, 6), datetime(2025, 3, 1, tzinfo=UTC)
PATTERN = [
    {"place": 1, "seat": "primary", "week": 1}, {"place": 2, "seat": "backup", "week": 1},
    {"place": 3, "seat": "primary", "week": 2}, {"place": 4, "seat": "backup", "week": 2},
]


def measure(stand: Stand, size: Size) -> list[Section]:
    shifts, overrides = _rows()
    minutes = [MONTH + MINUTE * minute for minute in range(31 * 24 * 60)]
    starts = sorted({shift.starts_at for shift in shifts})
    asked, floor = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        rota = Rota(shifts, overrides)
        for at in minutes:
            rota.on_duty(at)
        asked.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        for at in minutes:
            for _seat in Seat:
                bisect_right(starts, at)
        floor.append(time.perf_counter() - begun)
    section = Section(
        "Who is on duty",
        f"{len(shifts):,} shifts of {YEARS} years and {len(overrides)} overrides, {len(minutes):,} minutes, in one "
        "process of pure Python; laying the rota out is in it. The floor: three searches in one sorted list a minute.",
    )
    section.add(
        "who is on duty for every minute of a month", f"{spread(asked)} s", target="< 1 s", met=middle(asked) < 1,
        ratio=f"{middle(asked) / middle(floor):.1f} × searching alone",
    )
    portal = stand.portal("duty")
    portal.run("rotations")
    found = portal.run("ask", "/on-call/")
    section.queries("questions of /on-call/", found, 8, cold=True)
    stand.forget(portal)
    return [section]


def _rows() -> tuple[list[ShiftFact], list[OverrideFact]]:
    draw, when = random.Random(1), Begins(0, datetime(2020, 1, 1, 9).time(), "America/New_York")  # noqa: DTZ001
    shifts: list[ShiftFact] = []
    for number, first in enumerate(rotation_days(FIRST, 2, YEARS * 26)):
        for span in shift_spans(first, when, 2, PATTERN):
            person = 5 * (number % 9) + span.place
            shifts.append(ShiftFact(len(shifts) + 1, span.seat, person, span.starts_at, span.ends_at, number))
    overrides = []
    for number in range(YEARS * 26):
        start = datetime(2020, 1, 6, 14, tzinfo=UTC) + timedelta(hours=draw.randrange(YEARS * 364 * 24))
        overrides.append(OverrideFact(number, draw.choice(list(Seat)), 100 + number % 7, start,
                                      start + timedelta(hours=draw.randrange(1, 96))))
    return shifts, overrides
