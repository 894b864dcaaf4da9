"""The promises behind a number of the figures, one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Q

from cadence.queries import team_day
from escalations.choices import ClockKind, ClockState, Level
from escalations.models import Clock
from escalations.queries.figures.reading import edges
from escalations.queries.listing.finding import Reader
from escalations.rules.figures import VERDICTS, Span, Verdict, read_span
from escalations.rules.filters import number_like

ROWS = 100
OPEN = [ClockState.RUNNING, ClockState.PAUSED]
# As `rules.figures.verdict` decides, in the database's words.
MEANT: Mapping[Verdict, Q] = {
    Verdict.MET: Q(met_at__isnull=False, missed_at__isnull=True),
    Verdict.LATE: Q(met_at__isnull=False, missed_at__isnull=False),
    Verdict.MISSED: Q(met_at__isnull=True, missed_at__isnull=False),
    Verdict.RUNNING: Q(met_at__isnull=True, missed_at__isnull=True, state__in=OPEN),
    Verdict.ENDED: Q(met_at__isnull=True, missed_at__isnull=True) & ~Q(state__in=OPEN),
}


@dataclass(frozen=True)
class PromisePage:
    """See templates/escalations/figures/promises.html."""

    title: str
    words: str
    span: Span
    page: "Page[Clock]"


def promise_page(asked: Mapping[str, str], reader: Reader) -> PromisePage:
    """The clocks that began in these days, of the kind, verdict and level that are asked for. Two queries."""
    span = read_span(asked, team_day(reader.at))
    start, end = edges(span)
    found = Clock.objects.filter(escalation__in=reader.sees(), started_at__gte=start, started_at__lt=end)
    title, words = "Promises", ""
    if asked.get("kind") in ClockKind.values:
        found, title = found.filter(kind=asked["kind"]), str(ClockKind(asked["kind"]).label)
    if asked.get("level") in {str(level) for level in Level.values}:
        found = found.filter(level=int(asked["level"]))
        title += f", {Level(int(asked['level'])).label}"
    if asked.get("verdict") in set(Verdict):
        label, _, words = VERDICTS[Verdict(asked["verdict"])]
        found, title = found.filter(MEANT[Verdict(asked["verdict"])]), f"{title}: {label.lower()}"
    rows = found.select_related("escalation__customer").order_by("-started_at", "-pk")
    return PromisePage(title, words, span, Paginator(rows, ROWS).get_page(number_like(asked.get("page", "")) or 1))
