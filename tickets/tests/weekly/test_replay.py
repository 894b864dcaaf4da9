"""A ticket replayed from its log: what held first, what changed together, and what the log does not say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.weekly.replay import KIND, LABELS, RESOLUTION, STATUS, Item, Stood, Today, states_of

MONDAY = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
TODAY = Today(created=MONDAY, status="done", status_since=MONDAY + timedelta(days=30), kind="Bug",
              labels=("customer-bug",), resolution="Fixed")


def at(days: float) -> datetime:
    return MONDAY + timedelta(days=days)


def test_a_silent_log_leaves_todays_values_from_the_creation_on() -> None:
    [state] = states_of(TODAY, [])
    assert (state.since, state.before) == (MONDAY, None)
    assert state.stood == Stood(True, "done", "Bug", ("customer-bug",), "Fixed")


def test_before_its_first_change_a_field_was_what_that_change_came_from() -> None:
    first, second = states_of(TODAY, [Item(at(1), LABELS, "ui customer-bug", "customer-bug")])
    assert first.stood.labels == ("ui", "customer-bug")
    assert (second.since, second.stood.labels) == (at(1), ("customer-bug",))
    assert second.before == first.stood


def test_what_was_changed_at_once_is_one_state() -> None:
    items = [Item(at(1), RESOLUTION, "", "Fixed"), Item(at(1), STATUS, "open", "done")]
    assert len(states_of(TODAY, items)) == 2


def test_two_moves_at_the_same_instant_are_both_kept_so_that_no_crossing_is_lost() -> None:
    items = [Item(at(1), STATUS, "open", "submitted"), Item(at(1), STATUS, "submitted", "done")]
    assert [state.stood.status for state in states_of(TODAY, items)] == ["open", "submitted", "done"]


def test_a_change_to_the_same_value_is_none() -> None:
    assert len(states_of(TODAY, [Item(at(1), KIND, "Bug", "Bug")])) == 1


def test_a_change_dated_before_the_creation_counts_as_made_then() -> None:
    states = states_of(TODAY, [Item(at(-5), STATUS, "open", "done")])
    assert [(state.since, state.stood.status) for state in states] == [(MONDAY, "open"), (MONDAY, "done")]


def test_a_ticket_that_a_new_workflow_moved_stands_where_the_board_shows_it() -> None:
    states = states_of(TODAY, [Item(at(1), STATUS, "open", "progress")])
    assert [(state.since, state.stood.status) for state in states] == [
        (MONDAY, "open"), (at(1), "progress"), (at(30), "done"),
    ]


def test_what_is_gone_is_not_here_until_it_is_back_and_changes_meanwhile_all_the_same() -> None:
    states = states_of(TODAY, [Item(at(2), STATUS, "open", "done")], [(at(1), False), (at(3), True)])
    assert [(state.stood.here, state.stood.status) for state in states] == [
        (True, "open"), (False, "open"), (False, "done"), (True, "done"),
    ]


ITEMS = st.lists(
    st.tuples(st.integers(-2, 12), st.sampled_from([STATUS, KIND, LABELS, RESOLUTION]), st.sampled_from("abc"),
              st.sampled_from("abc")),
    max_size=12,
)


def _naive(items: list[Item], field: str, today: str, moment: datetime) -> str:
    changes = [item for item in items if item.field == field]
    value = changes[0].old if changes else today
    for item in changes:
        if item.at <= moment:
            value = item.new
    return value


@given(ITEMS, st.integers(0, 13))
def test_every_moment_reads_as_a_plain_replay_does(told: list[tuple[int, str, str, str]], hour: int) -> None:
    items = [Item(MONDAY + timedelta(hours=when), *rest) for when, *rest in sorted(told, key=lambda entry: entry[0])]
    moves = [item.new for item in items if item.field == STATUS]
    today = replace(TODAY, status=moves[-1] if moves else "a", kind="b", labels=("c",), resolution="a")
    moment = MONDAY + timedelta(hours=hour)
    states = states_of(today, items)
    stood = [state for state in states if state.since <= moment][-1].stood
    assert stood == Stood(
        here=True, status=_naive(items, STATUS, today.status, moment), kind=_naive(items, KIND, "b", moment),
        labels=(_naive(items, LABELS, "c", moment),), resolution=_naive(items, RESOLUTION, "a", moment),
    )
    assert [state.before for state in states[1:]] == [state.stood for state in states[:-1]]
    assert all(state.stood != state.before for state in states)
    assert [state.since for state in states] == sorted(state.since for state in states)
