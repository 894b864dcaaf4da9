"""Since when a ticket has its status, and what is said of a change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.history import Shown, Since, differences, joined, status_since
from tickets.rules.reading import FieldIds, IssueFacts, read_issue

BORN = datetime(2026, 3, 1, 9, tzinfo=UTC)
LAST = BORN + timedelta(days=9)


def facts(
    *moves: tuple[int, str, str], status: str = "3", log: bool = True, field: str = "status", category: str = "new"
) -> IssueFacts:
    """A ticket in `status`, with moves (day, from, to) in its log."""
    raw: dict[str, Any] = {
        "id": "1", "key": "MM-1",
        "fields": {"created": BORN.isoformat(), "updated": LAST.isoformat(), "status": {
            "id": status, "name": f"S{status}", "statusCategory": {"key": category}}},
    }  # fmt: skip
    if log:
        raw["changelog"] = {
            "histories": [
                {"id": str(number), "created": (BORN + timedelta(days=day)).isoformat(),
                 "items": [{"field": field, "from": old, "to": new, "toString": f"S{new}"}]}
                for number, (day, old, new) in enumerate(moves, 1)
            ]
        }  # fmt: skip
    return read_issue(raw, FieldIds())


def day(number: int) -> datetime:
    return BORN + timedelta(days=number)


KEPT = Since(day(2), floor=False)


@pytest.mark.parametrize(
    ("told", "kept", "kept_status", "wanted"),
    [
        (facts((1, "1", "2"), (4, "2", "3")), None, None, Since(day(4), floor=False)),
        (facts((4, "2", "3"), (1, "1", "2")), None, None, Since(day(4), floor=False)),
        (facts((1, "1", "3"), (2, "3", "2"), (5, "2", "3")), None, None, Since(day(5), floor=False)),
        (facts(), None, None, Since(BORN, floor=False)),
        (facts(category="indeterminate"), None, None, Since(LAST, floor=True)),
        (facts(category="done"), KEPT, "3", KEPT),
        (facts((1, "a", "b"), field="assignee"), None, None, Since(BORN, floor=False)),
        (facts((1, "1", "3"), field="Status"), None, None, Since(day(1), floor=False)),
        (facts(log=False), None, None, Since(LAST, floor=True)),
        (facts(log=False), KEPT, "3", KEPT),
        (facts(log=False), KEPT, "2", Since(LAST, floor=True)),
        (facts((1, "1", "2")), None, None, Since(LAST, floor=True)),
        (facts((1, "1", "2")), KEPT, "3", KEPT),
        (facts((1, "1", "3")), KEPT, "3", Since(day(1), floor=False)),
    ],
    ids=[
        "the last move into the status", "in whatever order the log is", "of several stays the last one",
        "a log without moves: since creation",
        "unless it stands where nobody is born", "where what was known holds",
        "changes of other fields do not count", "a server writes Status",
        "no log at all: at least since the update", "what was known holds", "but not for another status",
        "a log that ends elsewhere is not believed", "and what was known holds there too", "the log wins over it",
    ],
)
def test_since_when(told: IssueFacts, kept: Since | None, kept_status: str | None, wanted: Since) -> None:
    assert status_since(told, kept, kept_status) == wanted


@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from("1234"), st.sampled_from("1234")), max_size=6),
       st.sampled_from("1234"), st.booleans())
def test_a_status_is_never_older_than_the_ticket_nor_younger_than_its_update(
    moves: list[tuple[int, str, str]], status: str, log: bool
) -> None:
    since = status_since(facts(*moves, status=status, log=log), None, None)
    assert BORN <= since.at <= LAST


BEFORE = Shown("To Do", "todo", "Ada Park", "High", "S2", "It crashes", customer=False)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (BEFORE, "changed"),
        (Shown("Done", "done", "Ada Park", "High", "S2", "It crashes", customer=False), "moved to Done"),
        (Shown("", "unmapped", "Ada Park", "High", "S2", "It crashes", customer=False), "moved to no status"),
        (Shown("To Do", "todo", "", "", "", "It crashes", customer=False), "unassigned, priority none, severity none"),
        (Shown("To Do", "todo", "Bo", "Low", "S1", "It fails", customer=True),
         "assigned to Bo, priority Low, severity S1, renamed, marked as a customer's"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(after: Shown, said: str) -> None:
    assert joined(differences(BEFORE, after)) == said


def test_a_ticket_that_was_not_there_is_new_and_a_mark_that_goes_is_said() -> None:
    assert differences(None, BEFORE) == ("is new",)
    marked = Shown("To Do", "todo", "Ada Park", "High", "S2", "It crashes", customer=True)
    assert differences(marked, BEFORE) == ("no longer a customer's",)
