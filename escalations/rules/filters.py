"""The list of escalations as an address asks for it: tab, filters, order, page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from customers.choices import Plan
from escalations.choices import Category, Kind, Level, Outcome, Source, Status

LONGEST = 200
LAST_PAGE = 10_000_000
NOBODY = "nobody"  # asked for as an owner, an area, a category or a plan: those that have none
OPEN, SETTLED = "open", "settled"  # asked for as a status: all that are open; solved or closed, and not merged
LARGEST = 2**63 - 1


class Tab(StrEnum):
    """The ways to look: mine and what is new while I am on duty; all that are open; by promise; everything."""

    MINE = "mine"
    TEAM = "team"
    CLOCK = "clock"
    ALL = "all"


# The order that a tab has while its address asks for none.
DEFAULT_SORTS: Mapping[Tab, str] = {Tab.MINE: "clock", Tab.TEAM: "level", Tab.CLOCK: "clock", Tab.ALL: "age"}
SORTS = ("number", "level", "customer", "title", "status", "clock", "owner", "ticket", "age", "updated")
FLAGS = ("waiting", "missed", "unticketed")
CHOICES: Mapping[str, frozenset[str]] = {
    "status": frozenset({*Status.values, OPEN, SETTLED}),
    "level": frozenset(str(level) for level in Level.values),
    "category": frozenset({*Category.values, NOBODY}),
    "kind": frozenset(Kind.values),
    "plan": frozenset({*Plan.values, NOBODY}),
    "source": frozenset(Source.values),
    "outcome": frozenset({*Outcome.values, NOBODY}),
    "rated": frozenset({"good", "bad"}),
}
NUMBERED = ("owner", "area")  # an id, or `NOBODY`


@dataclass(frozen=True)
class ListFilters:
    """What of the escalations is asked for. Empty fields ask for everything. `since` and `until`: the team's days on
    which they were raised, both included. `note`: those that a knowledge note answers. `customer`: those that concern
    them; `asker`: those that are theirs, without those that they were added to."""

    tab: Tab = Tab.TEAM
    q: str = ""
    status: str = ""
    level: str = ""
    customer: str = ""
    asker: str = ""
    category: str = ""
    owner: str = ""
    area: str = ""
    kind: str = ""
    plan: str = ""
    source: str = ""
    outcome: str = ""
    rated: str = ""
    note: str = ""
    since: date | None = None
    until: date | None = None
    waiting: bool = False
    missed: bool = False
    unticketed: bool = False
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
        found = []
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name not in {"tab", "sort", "page"} and value:
                name = "from" if one.name == "since" else one.name
                found.append((name, "1" if value is True else str(value)))
        return found

    def query(self, **more: str) -> str:
        """The query of an address with this tab, these filters and this order."""
        pairs = [("tab", self.tab.value), *self.pairs(), *([("sort", self.sort)] if self.sort else []), *more.items()]
        return f"?{urlencode(pairs)}"

    def on(self, tab: Tab) -> "ListFilters":
        """The same filters on another tab, in that tab's own order."""
        return replace(self, tab=tab, sort="", page=1)

    def without(self, name: str) -> "ListFilters":
        """The same without one of the filters."""
        nothing: Any = type(self).__dataclass_fields__[name].default
        return replace(self, page=1, **{name: nothing})

    def hidden(self) -> list[tuple[str, str]]:
        """What the form keeps without showing it."""
        shown = {"q", "status", "level", "category", "owner", "area", "kind", "plan", "waiting", "missed"}
        kept = [pair for pair in self.pairs() if pair[0] not in shown]
        return [("tab", self.tab.value), *kept, *([("sort", self.sort)] if self.sort else [])]


def read_list_filters(values: Mapping[str, str], otherwise: Tab) -> ListFilters:
    """The filters in a query string; what makes no sense is passed over. `otherwise`: the tab where none is named."""

    def text(name: str) -> str:
        return values.get(name, "").replace("\x00", "").strip()[:LONGEST]

    chosen: dict[str, Any] = {name: text(name) if text(name) in known else "" for name, known in CHOICES.items()}
    chosen |= {name: text(name) == "1" for name in FLAGS}
    chosen |= {name: text(name) if text(name) == NOBODY else _number(text(name)) for name in NUMBERED}
    sort, tab = text("sort"), text("tab")
    return ListFilters(
        tab=Tab(tab) if tab in set(Tab) else otherwise, q=text("q"), customer=text("customer"), asker=text("asker"),
        note=_number(text("note")), since=day_of(text("from")), until=day_of(text("until")),
        sort=sort if sort.removeprefix("-") in SORTS and not sort.startswith("--") else "",
        page=min(int(_number(text("page")) or 1), LAST_PAGE) or 1,
        **chosen,
    )


def _number(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and len(text) < 19 and 0 < int(text) <= LARGEST else ""


def day_of(text: str) -> date | None:
    """A day as an address writes it, of the years in which escalations can lie; else None."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2099 else None


def number_like(text: str) -> int | None:
    """The number that a search text names: `E-12`, `e-12`, `#12`, `12`; None for words."""
    bare = text.strip().upper().removeprefix("E-").removeprefix("#")
    return int(bare) if _number(bare) else None
