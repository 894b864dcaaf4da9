"""Count a week. The definitions, as the page words them, stand in `tickets/rules/weekly/words.py`."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models.functions import Lower

from tickets.choices import Column
from tickets.models import ApartResolution, BugType, JiraStatus, LabelMark, MirroredProject
from tickets.queries.weekly.counting import CROSSED, LISTED, STANDING, TRIES, bugs_by_column, rows, which
from tickets.rules.weekly.frozen import Counted
from tickets.rules.weekly.numbers import (
    BACKLOG,
    IN_PROGRESS,
    OPEN,
    QUEUE,
    RESOLVED,
    SUBMITTED,
    WINDOW,
    Line,
    Meaning,
    Numbers,
)

QUEUE_KEPT = 20  # of To Do, more than the post names: so that who looks sees what comes after


def meaning() -> Meaning:
    """The mapping as the lead has it now: five short queries."""
    customer = LabelMark.objects.filter(mark=LabelMark.Mark.CUSTOMER)
    return Meaning(
        columns=dict(JiraStatus.objects.values_list("id", "column")),
        bugs=frozenset(BugType.objects.filter(counts=True).values_list(Lower("name"), flat=True)),
        customer=frozenset(label.casefold() for label in customer.values_list("label", flat=True)),
        apart=frozenset(ApartResolution.objects.filter(counts=True).values_list(Lower("name"), flat=True)),
        off_board=frozenset(MirroredProject.objects.filter(on_board=False).values_list("key", flat=True)),
    )


def week(*, at: datetime, means: Meaning | None = None) -> Numbers:
    """The numbers of the 168 hours before `at`, with the lists of what was resolved and submitted.

    Page: sustained-engineering-team, "The weekly update". Any past moment can be counted again; the mapping is today's.
    """
    means = means or meaning()
    return Numbers(
        at=at, resolved=resolved(at, means), submitted=submitted(at, means), backlog=backlog(at, means)
    )


def resolved(at: datetime, means: Meaning) -> tuple[Line, ...]:
    """Bugs that stand in Done at `at`, and came there from outside (or were created there) in the 168 hours before."""
    return _crossed(at, means, Column.DONE, stays=True)


def submitted(at: datetime, means: Meaning) -> tuple[Line, ...]:
    """Bugs that entered Submitted in the 168 hours before `at`, each once, wherever they stand since."""
    return _crossed(at, means, Column.SUBMITTED, stays=False)


def backlog(at: datetime, means: Meaning) -> dict[str, int]:
    """How many bugs stood in each column but Done at `at`."""
    return bugs_by_column([at], means, done=False)[0]


def standing(at: datetime, means: Meaning, columns: Collection[str], *, only_bugs: bool = False) -> tuple[Line, ...]:
    """Who stood in these columns at `at`, of any type unless `only_bugs`; in today's order of rank."""
    wanted = means.statuses(columns)
    parameters = {
        "at": at, "wanted": wanted, "only_bugs": only_bugs, "unmapped": Column.UNMAPPED in columns, **which(means)
    }
    return tuple(_line(row, means) for row in rows(STANDING, parameters))


def _crossed(at: datetime, means: Meaning, column: Column, *, stays: bool) -> tuple[Line, ...]:
    parameters = {
        "since": at - WINDOW, "at": at, "wanted": means.statuses([column]), "stays": stays, **which(means)
    }
    return tuple(_line(row, means) for row in rows(CROSSED + LISTED, parameters))


def _line(row: tuple[Any, ...], means: Meaning) -> Line:
    number, key, summary, kind, status, at, labels, resolution, assignee = row
    return Line(
        id=number, key=key, summary=summary, kind=kind, status=status or "",
        column=means.columns.get(status, Column.UNMAPPED), at=at, customer=means.is_customers(labels),
        apart=resolution if resolution.lower() in means.apart else "", assignee=assignee or "",
    )


def counted(*, at: datetime, means: Meaning | None = None) -> Counted:
    """A week with all five of its lists; To Do in today's order, for Jira logs no ranks of the past that could be read.

    A number is never another than its list: where the mirror wrote between the two they are read again, and where the
    stored days are wrong the list is counted.
    """
    means = means or meaning()
    for _ in range(TRIES):
        numbers, open_bugs = week(at=at, means=means), standing(at, means, OPEN, only_bugs=True)
        backlog_of = numbers.backlog
        if numbers.backlog_total == len(open_bugs):
            break
    else:
        by_column = Counter(line.column for line in open_bugs)
        backlog_of = {column: by_column[column] for column in Column if by_column[column]}
    todo = standing(at, means, [Column.TODO])
    return Counted(
        at=at, backlog=backlog_of, todo=len(todo),
        lists={
            RESOLVED: numbers.resolved, SUBMITTED: numbers.submitted, QUEUE: todo[:QUEUE_KEPT],
            # An epic or a task that nobody has is not being worked on; a bug without an owner is to be seen.
            IN_PROGRESS: tuple(
                line for line in standing(at, means, [Column.IN_PROGRESS])
                if line.assignee or line.kind.lower() in means.bugs
            ),
            BACKLOG: open_bugs,
        },
    )
