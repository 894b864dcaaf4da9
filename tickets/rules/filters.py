"""The board's filters, as they stand in the address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

LONGEST = 200
NOBODY = "nobody"  # asked for as an assignee: tickets that have none
FIRST = 50  # cards of a column before "Show more"
STEP = 100
MOST_SHOWN = FIRST + 20 * STEP  # a page of more is of no use to a reader: who looks for something filters
WORD = re.compile(r"\w+", re.UNICODE)
KEY_PART = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]*-)?\d+\Z")


@dataclass(frozen=True)
class BoardFilters:
    """What of the board is asked for. Empty fields ask for everything."""

    q: str = ""
    assignee: str = ""
    label: str = ""
    project: str = ""
    customer: bool = False
    mine: bool = False
    backlog_open: bool = False
    shown: tuple[tuple[str, int], ...] = ()  # column → how many of its cards, where it is not the first part

    @property
    def active(self) -> bool:
        return bool(self.q or self.assignee or self.label or self.project or self.customer or self.mine)

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as an address has them, without what only opens or lengthens a column."""
        texts = [("q", self.q), ("assignee", self.assignee), ("label", self.label), ("project", self.project)]
        flags = [("customer", self.customer), ("mine", self.mine)]
        return [pair for pair in texts if pair[1]] + [(name, "1") for name, on in flags if on]

    def query(self, *, backlog: bool | None = None, more: tuple[str, int] | None = None) -> str:
        """An address's query: these filters, with Backlog open or not, with a column shown further."""
        pairs = self.pairs()
        if self.backlog_open if backlog is None else backlog:
            pairs.append(("backlog", "open"))
        shown = dict(self.shown) | ({more[0]: more[1]} if more else {})
        pairs += [("more", f"{column}:{count}") for column, count in shown.items()]
        return f"?{urlencode(pairs)}" if pairs else ""


def read_filters(values: Mapping[str, str], more: list[str]) -> BoardFilters:
    """The filters in a query string; what makes no sense is passed over."""

    def text(name: str) -> str:
        return values.get(name, "").replace("\x00", "").strip()[:LONGEST]

    shown = {}
    for entry in more[:10]:
        column, _, count = entry.partition(":")
        if column.isidentifier() and count.isascii() and count.isdigit() and len(count) < 6:
            shown[column] = whole_parts(int(count))
    return BoardFilters(
        q=text("q"), assignee=text("assignee"), label=text("label"), project=text("project"),
        customer=values.get("customer") == "1", mine=values.get("mine") == "1",
        backlog_open=values.get("backlog") == "open", shown=tuple(shown.items()),
    )


def whole_parts(count: int) -> int:
    """How many cards of a column to show: the first part and whole further ones, so that parts join without doubles."""
    return min(FIRST + -(-max(count - FIRST, 0) // STEP) * STEP, MOST_SHOWN)


def search_words(text: str) -> str:
    """A search as PostgreSQL's `to_tsquery` reads it: every word must be there, the last one may go on."""
    words = WORD.findall(text)[:12]
    return " & ".join([f"'{word}'" for word in words[:-1]] + [f"'{words[-1]}':*"]) if words else ""


def key_like(text: str) -> str:
    """The upper-case key or number that a search text looks like (`mm-12`, `12`); otherwise empty."""
    return text.upper() if KEY_PART.match(text) else ""
