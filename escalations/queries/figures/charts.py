"""The charts of the figures: what was raised, and how promises were kept, week by week."""

from collections.abc import Callable, Sequence
from datetime import date

from escalations.choices import ClockKind, Level
from escalations.rules.figures import Fact, Promise, Span, in_time
from portal.common.drawing import Chart, Mark, grid, labels, line, stacked, top_of

TONES = {Level.L1: "red", Level.L2: "amber", Level.L3: "blue", Level.L4: "grey"}
RAISED, KEPT = "raised", "kept"


def charts(
    found: Sequence[Fact], promises: Sequence[Promise], span: Span, csv: Callable[[str], str]
) -> tuple[Chart, ...]:
    """Both charts; `csv` gives the address of a chart's rows."""
    return _raised(found, span, csv(RAISED)), _kept(promises, span, csv(KEPT))


def _raised(found: Sequence[Fact], span: Span, csv_url: str) -> Chart:
    buckets = span.buckets()
    columns = [
        [sum(1 for fact in found if fact.level == level and first <= fact.day <= last) for first, last in buckets]
        for level in Level.values
    ]
    whole = [sum(values) for values in zip(*columns, strict=True)]
    top = top_of(whole)
    names = [(str(level.label), TONES[level]) for level in Level]
    return Chart(
        id=RAISED, title="Raised, by level", desc=f"{len(found)} in all, {whole[-1] if whole else 0} in the last days.",
        series=stacked(names, columns, top), across=_across(buckets), up=grid(top), csv_url=csv_url,
        heads=("from", "until", "raised", *(name for name, _ in names)),
        rows=tuple((first.isoformat(), last.isoformat(), str(whole[place]), *(str(values[place]) for values in columns))
                   for place, (first, last) in enumerate(buckets)),
    )


def _kept(promises: Sequence[Promise], span: Span, csv_url: str) -> Chart:
    buckets = span.buckets()
    tones = {ClockKind.FIRST_REPLY: ("blue", False), ClockKind.NEXT_REPLY: ("green", True),
             ClockKind.UPDATE: ("amber", True)}
    values = {kind: [in_time(promises, kind, first, last) for first, last in buckets] for kind in ClockKind}
    return Chart(
        id=KEPT, title="Promises kept in time, in percent", note="Days in which none was decided have no point.",
        desc="Of the promises that began in these days and are decided, the share that was kept in time.",
        series=tuple(line(str(kind.label), values[kind], 100, tone=tones[kind][0], dashed=tones[kind][1])
                     for kind in ClockKind),
        across=_across(buckets), up=grid(100), csv_url=csv_url,
        heads=("from", "until", *(str(kind.label) for kind in ClockKind)),
        rows=tuple((first.isoformat(), last.isoformat(),
                    *("" if values[kind][place] is None else str(values[kind][place]) for kind in ClockKind))
                   for place, (first, last) in enumerate(buckets)),
    )


def _across(buckets: Sequence[tuple[date, date]]) -> tuple[Mark, ...]:
    return labels([f"{last.day} {last:%b}" for _, last in buckets])
