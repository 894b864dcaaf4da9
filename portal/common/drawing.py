"""Where the lines and bars of a chart stand: numbers into SVG coordinates. Nothing here knows what they mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 24
LABELS_ACROSS = 7


@dataclass(frozen=True)
class Mark:
    """A line of the grid or a label of an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Series:
    """A line (its `points`, broken where a value is missing), a filled area, or bars. `tone` picks its colour."""

    name: str
    tone: str
    lines: tuple[str, ...] = ()
    area: str = ""
    bars: tuple[Bar, ...] = ()
    dashed: bool = False

    @property
    def dots(self) -> tuple[tuple[str, str], ...]:
        """The values between two gaps, which are lines of no length: drawn as dots, or nobody would see them."""
        parted = (line.split() for line in self.lines)
        return tuple((x, y) for points in parted if len(set(points)) == 1 for x, _, y in [points[0].partition(",")])


@dataclass(frozen=True)
class Chart:
    """See templates/parts/chart.html."""

    id: str
    title: str
    desc: str
    series: tuple[Series, ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    csv_url: str
    note: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def bottom(self) -> int:
        return HEIGHT - BOTTOM

    @property
    def left(self) -> int:
        return LEFT

    @property
    def right(self) -> int:
        return WIDTH - RIGHT


def top_of(values: Sequence[float]) -> float:
    """A round number that nothing is above, which four steps divide well."""
    most = max([*values, 4])
    power = float(10 ** math.floor(math.log10(most)))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= most)


def grid(top: float) -> tuple[Mark, ...]:
    """Four lines and the ground, from below."""
    return tuple(Mark(y_of(top * part / 4, top), f"{top * part / 4:g}") for part in range(5))


def labels(texts: Sequence[str]) -> tuple[Mark, ...]:
    """Some of the texts below the chart, so that they do not run into each other; the last one always."""
    step = max(math.ceil(len(texts) / LABELS_ACROSS), 1)
    last = len(texts) - 1
    return tuple(Mark(x_of(n, len(texts)), text) for n, text in enumerate(texts) if (last - n) % step == 0)


def x_of(place: int, count: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (place / (count - 1) if count > 1 else 0.5), 1)


def y_of(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(value, 0), top) / top, 1)


def line(name: str, values: Sequence[float | None], top: float, *, tone: str, dashed: bool = False) -> Series:
    """A line through the values; where one is missing it is broken."""
    parts: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            parts.append([])
        else:
            parts[-1].append(f"{x_of(place, len(values))},{y_of(value, top)}")
    # A value between two gaps is a line of no length (`Series.dots`).
    return Series(name, tone, lines=tuple(" ".join(part * 2 if len(part) == 1 else part) for part in parts if part),
                  dashed=dashed)


def stacked(names: Sequence[tuple[str, str]], columns: Sequence[Sequence[float]], top: float) -> tuple[Series, ...]:
    """Areas on top of each other, the first at the ground; `names` are (name, tone), `columns` their values."""
    count = len(columns[0]) if columns else 0
    below, found = [0.0] * count, []
    for (name, tone), values in zip(names, columns, strict=True):
        above = [under + value for under, value in zip(below, values, strict=True)]
        edge = [f"{x_of(n, count)},{y_of(value, top)}" for n, value in enumerate(above)]
        ground = [f"{x_of(n, count)},{y_of(value, top)}" for n, value in reversed(list(enumerate(below)))]
        found.append(Series(name, tone, area=" ".join([*edge, *ground])))
        below = above
    return tuple(found)


def bars(name: str, values: Sequence[float], texts: Sequence[str], top: float, *, tone: str) -> Series:
    """A bar for each value, named for whoever points at it."""
    room = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    return Series(name, tone, bars=tuple(
        Bar(
            round(x_of(n, len(values)) - room * 0.35, 1), y_of(value, top), round(room * 0.7, 1),
            round(HEIGHT - BOTTOM - y_of(value, top), 1), f"{text}: {value:g}",
        ) for n, (value, text) in enumerate(zip(values, texts, strict=True))
    ))
