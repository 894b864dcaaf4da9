"""Tables: the heads that sort them, and their values in a spreadsheet."""

from dataclasses import dataclass

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones are read as the others


@dataclass(frozen=True)
class SortHead:
    """See templates/parts/sort_head.html."""

    label: str
    field: str
    sorted: str
    num: bool = False


def cell(value: object) -> str:
    """A value for a spreadsheet: what would be taken for a formula is marked as text."""
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
