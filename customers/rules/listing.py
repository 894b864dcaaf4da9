"""The list of customers as an address asks for it: filters, order, page."""

from collections.abc import Mapping
from dataclasses import dataclass

from customers.choices import Plan
from customers.rules.names import clean

DEFAULT_SORT = "name"
SORTS = ("name", "plan", "seats", "zone")
MONEY_SORT = "arr"  # the order of a list tells amounts apart: it is for those who see them
LONGEST, LAST_PAGE = 100, 10_000_000


@dataclass(frozen=True)
class ListFilters:
    """Which customers are asked for. Empty fields ask for everything."""

    q: str = ""
    plan: str = ""
    large: bool = False
    unconfirmed: bool = False
    aside: bool = False
    sort: str = DEFAULT_SORT
    page: int = 1

    @property
    def active(self) -> bool:
        return bool(self.q or self.plan or self.large or self.unconfirmed or self.aside)


def read_list_filters(values: Mapping[str, str], *, sees_money: bool) -> ListFilters:
    """The filters in a query string; what makes no sense, or is not for this reader, is passed over."""
    plan, sort, page = values.get("plan", ""), values.get("sort", ""), values.get("page", "")
    sorts = (*SORTS, MONEY_SORT) if sees_money else SORTS
    return ListFilters(
        q=clean(values.get("q", ""))[:LONGEST], plan=plan if plan in Plan.values else "",
        large=values.get("large") == "1", unconfirmed=values.get("unconfirmed") == "1",
        aside=values.get("aside") == "1",
        sort=sort if sort.removeprefix("-") in sorts and not sort.startswith("--") else DEFAULT_SORT,
        page=min(int(page), LAST_PAGE) if page.isascii() and page.isdecimal() and len(page) < 10 else 1,
    )
