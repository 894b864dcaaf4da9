"""Figures: what was measured, what was wanted, and the arithmetic between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One line of the results. `met` None: for information, nothing was promised."""

    what: str
    measured: str
    target: str = ""
    ratio: str = ""
    met: bool | None = None


@dataclass
class Section:
    """One table of the results, with what a reader has to know of how it was measured."""

    title: str
    note: str
    figures: list[Figure] = field(default_factory=list)

    def add(self, what: str, measured: str, *, target: str = "", ratio: str = "", met: bool | None = None) -> None:
        self.figures.append(Figure(what, measured, target, ratio, met))
        print(f"  {what}: {measured}{f', {ratio}' if ratio else ''}{told(met)}", flush=True)

    def queries(self, what: str, asked: Mapping[str, int], most: int, *, cold: bool = False) -> None:
        """How many queries a page takes (`bench.steps.ask`). Judged as it is in use; `cold`: with nothing kept, as the
        first of every few seconds asks also for what the frame around all pages keeps."""
        judged = asked["queries_first" if cold else "queries_again"]
        self.add(f"{what}, kept / nothing kept", f"{asked['queries_again']} / {asked['queries_first']}",
                 target=f"≤ {most}", met=judged <= most)


def told(met: bool | None) -> str:
    """The verdict in a word, after a comma."""
    return "" if met is None else ", met" if met else ", MISSED"


def part(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * len(ordered) + 0.5) - 1))]


def times_of(values: Sequence[float]) -> str:
    """Seconds as `p50 / p95 / p99` in milliseconds."""
    return " / ".join(f"{part(values, percent) * 1000:.1f}" for percent in (50, 95, 99)) + " ms"


def middle(values: Sequence[float]) -> float:
    return float(median(values))


def spread(values: Sequence[float], digits: int = 2) -> str:
    """A median with the lowest and highest of its runs."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
