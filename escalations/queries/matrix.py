"""The page of what is promised: a version as tables, and the versions there were."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404

from escalations.choices import ClockKind, Level
from escalations.models import ClockMatrix
from escalations.rules.clocks.matrix import (
    ROWS,
    Promises,
    differences,
    lead_differences,
    plan_words,
    promises_from_json,
)
from escalations.rules.clocks.words import promise_words
from portal.common.versions import Version, made_by

VERSIONS = 50


@dataclass(frozen=True)
class Line:
    """What a plan is promised, level by level: short ("8 bh") and in words."""

    plan: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """One kind of promise."""

    kind: str
    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class MatrixPage:
    """See templates/escalations/clocks/matrix.html."""

    number: int
    newest: int
    levels: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    lead_after: tuple[tuple[str, int], ...]
    versions: tuple[Version, ...]


def newest_matrix() -> ClockMatrix | None:
    """The version that holds. One query."""
    return ClockMatrix.objects.order_by("-number").first()


def matrix_page(number: str = "") -> MatrixPage:
    """The page of the newest version, or of the one with this number. One query. 404 for a number that there is not."""
    rows = list(ClockMatrix.objects.select_related("by").order_by("-number")[:VERSIONS])
    if not rows:
        return MatrixPage(0, 0, _levels(), (), (), ())
    shown = rows[0] if not number else next((row for row in rows if str(row.number) == number), None)
    if shown is None:
        raise Http404("There is no such version.")
    told = promises_from_json(shown.promises)
    lead = tuple((f"L{level}", int(shown.lead_after.get(str(int(level)), 60))) for level in Level)
    before: Mapping[int, ClockMatrix] = {row.number + 1: row for row in rows}
    return MatrixPage(
        shown.number, rows[0].number, _levels(), _tables(told), lead,
        tuple(_version(row, before.get(row.number), shown=row == shown) for row in rows),
    )


def changes_between(old: ClockMatrix | None, new: ClockMatrix) -> tuple[str, ...]:
    """What the new version says otherwise, in words."""
    if old is None:
        return ()
    promised = differences(promises_from_json(old.promises), promises_from_json(new.promises))
    return (*map(str, promised), *lead_differences(old.lead_after, new.lead_after))


def _levels() -> tuple[tuple[str, str], ...]:
    """A level's number and its word, apart: on a phone the number stands alone."""
    return tuple((level.name, level.label.partition(" ")[2]) for level in Level)


def _tables(told: Promises) -> tuple[Table, ...]:
    return tuple(
        Table(kind, kind.label, tuple(Line(plan_words(plan), _cells(told, kind, plan)) for plan in ROWS))
        for kind in ClockKind
    )


def _cells(told: Promises, kind: ClockKind, plan: str) -> tuple[tuple[str, str], ...]:
    found = (told.get((kind, plan, int(level))) for level in Level)
    return tuple((str(one), promise_words(one)) if one else ("", "") for one in found)


def _version(row: ClockMatrix, before: ClockMatrix | None, *, shown: bool) -> Version:
    return Version(row.number, made_by(row.by, row.shipped), row.at, row.note, changes_between(before, row), shown)
