"""Bytes of a file into a text, and a text into rows of named cells: whatever a spreadsheet has made of it."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MOST_BYTES, MOST_ROWS = 2_000_000, 2_000
NOT_TEXT = "This is not a text file. Save it as CSV (UTF-8) and choose it again."
MARKS = ",;\t"


class Unreadable(Exception):
    """Nothing of the file can be read; the text says why."""


@dataclass(frozen=True)
class Column:
    """A column that is read: how its head is written, what stands in it, and an example."""

    key: str
    what: str
    example: str


COLUMNS = (
    Column("name", "What it is called. It finds the customer, by another name too, and must be there.", "Acme Health"),
    Column("aliases", "Other names, with semicolons between them.", "Acme; AHC"),
    Column("plan", "Professional, Enterprise, Premier, or of old Premium, E20.", "Premier"),
    Column("arr", "What they pay a year, in US dollars: 1200.50, 1,200.50 and 1.200,50 are the same.", "410,000"),
    Column("seats", "Licensed seats, a whole number.", "2000"),
    Column("zone", "The time zone of their office.", "Europe/Oslo"),
    Column("opens", "When the office opens, on its own clock.", "9:00"),
    Column("closes", "When it closes; 24:00 is midnight.", "17:00"),
    Column("weekdays", "The days on which it is open.", "Mon-Fri"),
    Column("holidays", "Days on which it is shut, as year-month-day and a name, with semicolons between them.",
           "2026-12-24 Christmas Eve; 2026-12-25"),
    Column("csm", "The customer success manager, by the address they have here.", "chris@example.com"),
    Column("tam", "The technical account manager, by the address they have here.", "toni@example.com"),
    Column("contacts", "People on their side: name | mail address | role | phone, with semicolons between people.",
           "Dana Reyes | dana@acme.example | IT manager"),
    Column("notes", "Anything else.", "Upgrades on the first Sunday of a month."),
    Column("confirmed", "Yes: somebody has looked at who this is. A new customer without it is confirmed.", "yes"),
)
KEYS = frozenset(column.key for column in COLUMNS)
ALSO = {
    "customer": "name", "customer name": "name", "company": "name", "alias": "aliases", "other names": "aliases",
    "arr (usd)": "arr", "time zone": "zone", "timezone": "zone", "licensed seats": "seats", "open": "opens",
    "close": "closes", "contact": "contacts", "note": "notes",
}


@dataclass(frozen=True)
class Table:
    """A file as rows. `rows`: the number that a spreadsheet shows at its side, and its cells that are not empty, by
    column. `unread`: heads that no column of ours has. `wrong`: (row, column, words)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    unread: tuple[str, ...]
    wrong: tuple[tuple[int, str, str], ...]


def decoded(raw: bytes) -> str:
    """The text of a file: UTF-8 with or without a mark, UTF-16, or Windows-1252. Unreadable for everything else."""
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Divide it into several.")
    if raw.startswith(b"PK"):
        raise Unreadable("This is a workbook, not a CSV file. Save it as CSV (UTF-8) and choose that one.")
    text = next(_tried(raw), None)
    if text is None or "\x00" in text:
        raise Unreadable(NOT_TEXT)
    if not text.strip():
        raise Unreadable("The file is empty.")
    return text


def _tried(raw: bytes) -> Iterator[str]:
    for encoding in _encodings(raw):
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError:
            continue


def _encodings(raw: bytes) -> tuple[str, ...]:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    # Without a mark: of plain letters every second byte is a zero.
    zeros = (raw[0:2000:2].count(0), raw[1:2000:2].count(0))
    if max(zeros) * 2 > len(raw[:2000]) * 0.7 and min(zeros) == 0:
        return ("utf-16-le",) if zeros[1] else ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def table_of(text: str) -> Table:
    """The rows of a text. What is wrong with it as a table stands in `wrong`, and what could be read beside it."""
    lines, mark = _without_sep(text)
    cells, broken = _read(lines, mark)
    if not cells:
        return Table((), (), (), ((1, "", "There is no line to read."),))
    heads = [_key(head) for head in cells[0]]
    wrong = [*_wrong_heads(heads), *broken]
    unread = tuple(cell.strip() for cell, key in zip(cells[0], heads, strict=True) if key not in KEYS and cell.strip())
    rows = [(number, row) for number, row in enumerate(cells[1:], 2) if any(cell.strip() for cell in row)]
    if not rows and not wrong:
        wrong.append((1, "", "There is a head, and no customer below it."))
    if len(rows) > MOST_ROWS:
        wrong.append((rows[MOST_ROWS][0], "", f"A file has at most {MOST_ROWS:,} customers. Divide it into several."))
    wrong += [(number, "", "There are more cells than heads: is a comma in a cell without quotes?")
              for number, row in rows if any(cell.strip() for cell in row[len(heads):])]
    read = tuple((number, _named(heads, row)) for number, row in rows[:MOST_ROWS])
    return Table(tuple(key for key in heads if key in KEYS), read, unread, tuple(wrong))


def _without_sep(text: str) -> tuple[str, str]:
    """The text without the line by which Excel names its separator, and the separator: that, or what the head uses."""
    first, _, rest = text.lstrip("\ufeff").partition("\n")
    named = first.strip().strip('"').lower()
    if named.startswith("sep=") and len(named) == 5:
        return rest, named[4]
    return text.lstrip("\ufeff"), max(MARKS, key=first.count)


def _read(text: str, mark: str) -> tuple[list[list[str]], list[tuple[int, str, str]]]:
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        for row in reader:
            found.append(row)
            if len(found) > MOST_ROWS * 2:
                break
    except csv.Error as error:
        why = "a quoted cell has no end, or a letter stands after its last quote"
        return found, [(len(found) + 1, "", f"From here on the file cannot be read: {why} ({error}).")]
    return found, []


def _key(head: str) -> str:
    cleaned = " ".join(head.replace("_", " ").lower().split())
    return ALSO.get(cleaned, cleaned)


def _wrong_heads(heads: list[str]) -> list[tuple[int, str, str]]:
    if "name" not in heads:
        return [(1, "name", "There is no column “name”. The first line names the columns, as the sample does.")]
    twice = sorted({key for key in heads if key in KEYS and heads.count(key) > 1})
    return [(1, key, "This column stands there twice.") for key in twice]


def _named(heads: list[str], row: list[str]) -> Mapping[str, str]:
    return {key: plain(cell) for key, cell in zip(heads, row, strict=False) if key in KEYS and cell.strip()}


STARTS = ("=", "+", "-", "@", "\t", "\r")


def plain(cell: str) -> str:
    """A cell without the apostrophe that kept it from being taken for a formula."""
    guarded = cell.startswith("'") and cell.lstrip("'").startswith(STARTS)
    return (cell[1:] if guarded else cell).strip()


def guarded(value: str) -> str:
    """A value as an export writes it: what a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{value}" if value.lstrip("'").startswith(STARTS) else value
