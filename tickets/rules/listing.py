"""The list of tickets as an address asks for it: filters, order, page."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tickets.choices import Column
from tickets.rules.filters import LONGEST

DEFAULT_SORT = "-updated"
SORTS = ("ticket", "status", "priority", "severity", "assignee", "age", "updated")
LAST_PAGE = 10_000_000


@dataclass(frozen=True)
class ListFilters:
    """What of the tickets is asked for. Empty fields ask for everything."""

    q: str = ""
    status: str = ""
    assignee: str = ""
    project: str = ""
    label: str = ""
    column: str = ""
    customer: bool = False
    open_only: bool = False
    sort: str = DEFAULT_SORT
    page: int = 1

    @property
    def active(self) -> bool:
        return bool(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as an address has them, without order and page."""
        texts = [
            ("q", self.q), ("status", self.status), ("assignee", self.assignee), ("project", self.project),
            ("label", self.label), ("column", self.column),
        ]
        flags = [("customer", self.customer), ("open", self.open_only)]
        return [pair for pair in texts if pair[1]] + [(name, "1") for name, on in flags if on]

    def query(self, **more: str) -> str:
        """The query of an address with these filters and this order."""
        pairs = self.pairs() + ([("sort", self.sort)] if self.sort != DEFAULT_SORT else []) + list(more.items())
        return f"?{urlencode(pairs)}" if pairs else ""


def read_list_filters(values: Mapping[str, str]) -> ListFilters:
    """The filters in a query string; what makes no sense is passed over."""

    def text(name: str) -> str:
        return values.get(name, "").replace("\x00", "").strip()[:LONGEST]

    sort, page = values.get("sort", ""), values.get("page", "")
    return ListFilters(
        q=text("q"), status=text("status"), assignee=text("assignee"), project=text("project"), label=text("label"),
        column=text("column") if text("column") in Column.values else "",
        customer=values.get("customer") == "1", open_only=values.get("open") == "1",
        sort=sort if sort.removeprefix("-") in SORTS and not sort.startswith("--") else DEFAULT_SORT,
        page=min(int(page), LAST_PAGE) if page.isascii() and page.isdecimal() and len(page) < 10 else 1,
    )
