"""The list of incidents as an address asks for it: tab, filters, order, page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode

from incidents.choices import Kind, Severity, State

LONGEST, LAST_PAGE = 200, 1_000_000
DRILLS = ("without", "only")
SORTS = ("severity", "number", "customer", "status", "began", "next", "resolved")


class Tab(StrEnum):
    OPEN = "open"
    WATCHED = "watched"
    PAST = "past"
    ALL = "all"


STATES: Mapping[Tab, tuple[State, ...]] = {
    Tab.OPEN: (State.OPEN,), Tab.WATCHED: (State.WATCHED, State.CONFIRMED), Tab.PAST: (State.CLOSED, State.MERGED),
    Tab.ALL: tuple(State),
}
DEFAULT_SORTS = {Tab.OPEN: "severity", Tab.WATCHED: "-resolved", Tab.PAST: "-began", Tab.ALL: "-began"}


@dataclass(frozen=True)
class ListFilters:
    """What of the incidents is asked for. Empty fields ask for everything. `customer`: a slug; `role`: those in which
    the reader has a part."""

    tab: Tab = Tab.OPEN
    q: str = ""
    severity: str = ""
    kind: str = ""
    customer: str = ""
    drill: str = ""
    mine: bool = False
    sort: str = ""
    page: int = 1

    @property
    def order(self) -> str:
        return self.sort or DEFAULT_SORTS[self.tab]

    @property
    def active(self) -> bool:
        return bool(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as an address has them, without tab, order and page."""
        told = [("q", self.q), ("severity", self.severity), ("kind", self.kind), ("customer", self.customer),
                ("drill", self.drill), ("mine", "1" if self.mine else "")]
        return [pair for pair in told if pair[1]]

    def query(self, **more: str) -> str:
        """The query of an address with this tab, these filters and this order."""
        pairs = [("tab", self.tab.value), *self.pairs(), *([("sort", self.sort)] if self.sort else []), *more.items()]
        return f"?{urlencode(pairs)}"

    def on(self, tab: Tab) -> "ListFilters":
        """The same filters on another tab, in that tab's own order."""
        return replace(self, tab=tab, sort="", page=1)

    def without_customer(self) -> "ListFilters":
        """The same for every customer."""
        return replace(self, customer="", page=1)

    def hidden(self) -> list[tuple[str, str]]:
        """What the form keeps without showing it."""
        kept = [("tab", self.tab.value), ("customer", self.customer), ("sort", self.sort)]
        return [pair for pair in kept if pair[1]]


def read_filters(values: Mapping[str, str]) -> ListFilters:
    """The filters in a query string; what makes no sense is passed over."""

    def text(name: str) -> str:
        return values.get(name, "").replace("\x00", "").strip()[:LONGEST]

    def one_of(name: str, known: tuple[str, ...]) -> str:
        return text(name) if text(name) in known else ""

    tab, sort, page = text("tab"), text("sort"), text("page")
    return ListFilters(
        tab=Tab(tab) if tab in set(Tab) else Tab.OPEN, q=text("q"), customer=text("customer"),
        severity=one_of("severity", tuple(map(str, Severity.values))), kind=one_of("kind", tuple(Kind.values)),
        drill=one_of("drill", DRILLS), mine=text("mine") == "1",
        sort=sort if sort.removeprefix("-") in SORTS and not sort.startswith("--") else "",
        page=max(min(int(page), LAST_PAGE), 1) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
    )


def number_like(text: str) -> int | None:
    """The number that a search text names: `I-12`, `i-12`, `#12`, `12`; None for words."""
    bare = text.strip().upper().removeprefix("I-").removeprefix("#")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 16 else None
