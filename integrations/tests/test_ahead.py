"""Fetching ahead: everything arrives in order, errors in their place, and who stops early stops the thread."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.ahead import ahead
from portal.tests.patience import PATIENCE, ended


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(), max_size=30), st.integers(1, 4))
def test_all_items_arrive_in_order(items: list[int], depth: int) -> None:
    assert list(ahead(iter(items), depth=depth)) == items


def test_an_error_arrives_after_what_came_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise RuntimeError("the third")

    given_: list[int] = []
    with pytest.raises(RuntimeError, match="the third"):
        given_.extend(ahead(source()))
    got: list[int] = []
    with pytest.raises(RuntimeError):
        for item in ahead(source()):
            got.append(item)  # noqa: PERF402
    assert got == [1, 2]


def test_it_really_fetches_ahead_but_not_without_end() -> None:
    fetched: list[int] = []
    third = threading.Event()

    def source() -> Iterator[int]:
        for number in range(100):
            fetched.append(number)
            if number == 3:
                third.set()
            yield number

    items = ahead(source(), depth=2)
    assert next(items) == 0
    assert third.wait(PATIENCE), "nothing was fetched ahead"
    assert len(fetched) <= 5
    items.close()  # type: ignore[attr-defined]


def test_who_stops_early_stops_the_thread() -> None:
    def source() -> Iterator[int]:
        yield from range(1_000_000)

    before = set(threading.enumerate())
    items = ahead(source())
    next(items)
    started = set(threading.enumerate()) - before
    items.close()  # type: ignore[attr-defined]
    ended(*started)
