"""The charts of the figures, by weeks or by four weeks: each with the rows of its table and CSV."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from escalations.rules.figures import Span, percent
from incidents.choices import Severity
from incidents.rules.figures import Fact, hours, in_status, middle, within
from portal.common.drawing import Chart, Mark, grid, labels, line, stacked, top_of

TONES = {Severity.SEV1: "red", Severity.SEV2: "amber", Severity.SEV3: "blue"}
DECLARED, RESOLVED, SPENT, PUNCTUAL = "declared", "resolved", "spent", "punctual"
BANDS = ("blue", "amber", "green", "red")  # where most time went first; beyond these one band, grey

Buckets = Sequence[tuple[date, date]]
Parts = Sequence[Sequence[Fact]]


def charts(found: Sequence[Fact], span: Span, csv: Callable[[str], str]) -> tuple[Chart, ...]:
    """What was declared, how long it took and in which status, and how punctual updates were."""
    buckets = span.buckets()
    parts = [within(found, first, last) for first, last in buckets]
    return tuple(draw(parts, buckets, csv(name)) for name, draw in (
        (DECLARED, _declared), (RESOLVED, _resolved), (SPENT, _spent), (PUNCTUAL, _punctual)))


def _declared(parts: Parts, buckets: Buckets, csv_url: str) -> Chart:
    columns = [[sum(1 for one in part if one.severity == severity) for part in parts] for severity in Severity]
    whole = [len(part) for part in parts]
    top = top_of(whole)
    names = [(severity.label, TONES[severity]) for severity in Severity]
    return Chart(
        id=DECLARED, title="Declared, by severity", desc=f"{sum(whole)} in all, {whole[-1]} in the last days.",
        series=stacked(names, columns, top), across=_across(buckets), up=grid(top), csv_url=csv_url,
        heads=("from", "until", "declared", *(name for name, _ in names)),
        rows=tuple((first.isoformat(), last.isoformat(), str(whole[n]), *(str(values[n]) for values in columns))
                   for n, (first, last) in enumerate(buckets)),
    )


def _resolved(parts: Parts, buckets: Buckets, csv_url: str) -> Chart:
    told = {
        "Resolved": [hours(middle(one.resolve for one in part)) for part in parts],
        "Identified": [hours(middle(one.identify for one in part)) for part in parts],
        "Acknowledged": [hours(middle(one.acknowledge for one in part)) for part in parts],
    }
    top = top_of([value for values in told.values() for value in values if value is not None])
    tones = {"Resolved": ("blue", False), "Identified": ("amber", True), "Acknowledged": ("green", True)}
    return Chart(
        id=RESOLVED, title="How long it took, in hours", note="Days without one have no point.",
        desc="The median of the incidents that were declared in these days.",
        series=tuple(line(name, values, top, tone=tones[name][0], dashed=tones[name][1])
                     for name, values in told.items()),
        across=_across(buckets), up=grid(top), csv_url=csv_url, heads=("from", "until", *told),
        rows=_rows(buckets, list(told.values())),
    )


def _spent(parts: Parts, buckets: Buckets, csv_url: str) -> Chart:
    names = [one.name for one in in_status([one for part in parts for one in part])]
    columns = [[hours(sum((one.statuses.get(name, timedelta()) for one in part), timedelta())) or 0 for part in parts]
               for name in names]
    drawn = dict(zip(names, columns, strict=True))
    bands, rest = names[:len(BANDS)], names[len(BANDS):]
    drawn["Others"] = _sums([drawn[name] for name in rest], len(parts))
    shown = [*zip(bands, BANDS, strict=False), *([("Others", "grey")] if rest else [])]
    top = top_of(_sums(columns, len(parts)))
    return Chart(
        id=SPENT, title="Time in each status, in hours", note="Of resolved incidents, all together.",
        desc="The hours that the incidents which were declared in these days were under each status.",
        series=stacked(shown, [drawn[name] for name, _ in shown], top), across=_across(buckets), up=grid(top),
        csv_url=csv_url, heads=("from", "until", *names), rows=_rows(buckets, columns),
    )


def _sums(columns: Sequence[Sequence[float]], count: int) -> list[float]:
    return [round(sum(values[n] for values in columns), 1) for n in range(count)]


def _punctual(parts: Parts, buckets: Buckets, csv_url: str) -> Chart:
    counts = [(sum(one.kept for one in part), sum(one.kept + one.late for one in part)) for part in parts]
    values = [float(percent(kept, whole)) if whole else None for kept, whole in counts]
    return Chart(
        id=PUNCTUAL, title="Updates in time, in percent", note="Days in which none was promised have no point.",
        desc="Of the updates that were promised, the share that came in time.",
        series=(line("In time", values, 100, tone="green"),), across=_across(buckets), up=grid(100), csv_url=csv_url,
        heads=("from", "until", "in time", "promised", "percent"),
        rows=tuple((first.isoformat(), last.isoformat(), str(counts[n][0]), str(counts[n][1]), _cell(values[n]))
                   for n, (first, last) in enumerate(buckets)),
    )


def _rows(buckets: Buckets, columns: Sequence[Sequence[float | None]]) -> tuple[tuple[str, ...], ...]:
    return tuple((first.isoformat(), last.isoformat(), *(_cell(values[n]) for values in columns))
                 for n, (first, last) in enumerate(buckets))


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _across(buckets: Buckets) -> tuple[Mark, ...]:
    return labels([f"{last.day} {last:%b}" for _, last in buckets])
