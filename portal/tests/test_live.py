"""The floor of live pages: ids that grow, events in the standard's form, and nobody who waits for a slow reader."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from portal.common import clock, live
from portal.tests.patience import PATIENCE

TOPIC = "test"


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, timeout=PATIENCE))


async def read(stream: AsyncIterator[bytes]) -> bytes:
    """The next chunk that is neither the opening nor a heartbeat."""
    while True:
        chunk = await asyncio.wait_for(anext(stream), timeout=PATIENCE)
        if not chunk.startswith((b"retry:", b":")):
            return chunk


async def until(stream: AsyncIterator[bytes], wanted: bytes) -> list[bytes]:
    """All that is heard up to an event that holds this."""
    heard = [await read(stream)]
    while wanted not in heard[-1]:
        heard.append(await read(stream))
    return heard


async def opened(since: str) -> AsyncIterator[bytes]:
    """A stream whose reader is joined and whose hub listens."""
    stream = live.events(TOPIC, since)
    await anext(stream)
    await asyncio.wait_for(live.hub().connected.wait(), timeout=PATIENCE)
    return stream


async def tell(html: str) -> None:
    await asyncio.to_thread(live.publish, TOPIC, "card", html)


def _milliseconds() -> int:
    told: Any = live.client().time()
    return int(told[0]) * 1_000 + int(told[1]) // 1_000


def test_ids_grow_even_when_the_broker_has_lost_everything() -> None:
    live.publish(TOPIC, "card", "one")
    first = live.current_id(TOPIC)
    live.publish(TOPIC, "card", "two")
    second = live.current_id(TOPIC)
    live.client().flushdb()
    assert live.current_id(TOPIC) == "0"
    while _milliseconds() <= int(second):
        pass
    live.publish(TOPIC, "card", "three")
    assert int(first) < int(second) < int(live.current_id(TOPIC))


def test_an_id_that_is_reserved_is_no_events_and_smaller_than_the_next_ones() -> None:
    live.publish(TOPIC, "card", "one")
    before, reserved = live.current_id(TOPIC), live.reserve(TOPIC)
    live.publish(TOPIC, "card", "two")
    assert int(before) < int(reserved) < int(live.current_id(TOPIC))


def test_an_event_arrives_with_its_id_and_only_at_its_topic() -> None:
    async def work() -> None:
        live.publish(TOPIC, "card", "before")
        stream = await opened(await asyncio.to_thread(live.current_id, TOPIC))
        pending = asyncio.ensure_future(until(stream, b"two"))
        await asyncio.to_thread(live.publish, "another", "card", "not this")
        await tell("<p>one\ntwo</p>")
        known = await asyncio.to_thread(live.current_id, TOPIC)
        heard = await pending
        # Told before the stream had asked for what it missed, it is told to look again as well; never neither.
        assert [event for event in heard if b"stale" not in event] == heard[-1:]
        assert heard[-1] == f"id: {known}\nevent: card\ndata: <p>one\ndata: two</p>\n\n".encode()

    run(work())


def test_a_gap_is_told_first() -> None:
    async def work() -> None:
        await tell("missed")
        stream = await opened("1")
        assert await read(stream) == b"event: stale\ndata: \n\n"

    run(work())


def test_a_slow_reader_is_told_to_look_again_and_keeps_nobody_waiting() -> None:
    async def work() -> None:
        await tell("first")
        since = await asyncio.to_thread(live.current_id, TOPIC)
        slow, quick = await opened(since), await opened(since)
        # Both are past the question for what they missed once they have heard of the first event.
        begun = [asyncio.ensure_future(until(each, b"begin")) for each in (slow, quick)]
        await tell("begin")
        await asyncio.gather(*begun)
        many = live.BACKLOG + 50
        for number in range(many):
            await tell(f"number {number}.")
            heard = await until(quick, f"number {number}.".encode())
            assert len(heard) == 1
        late = await until(slow, b"number 249.")
        assert late[0] == b"event: stale\ndata: \n\n"
        assert len(late) <= 51

    run(work())


def test_a_reader_that_leaves_is_forgotten() -> None:
    async def work() -> None:
        await tell("x")
        stream = await opened("1")
        await read(stream)
        assert len(live.hub().readers[TOPIC]) == 1
        await stream.aclose()  # type: ignore[attr-defined]
        assert not live.hub().readers[TOPIC]

    run(work())


def test_a_stream_ends_in_time_and_says_so_even_while_events_flow() -> None:
    async def work() -> None:
        await tell("x")
        stream = live.events(TOPIC, await asyncio.to_thread(live.current_id, TOPIC), lasts=0.3)
        await anext(stream)
        await tell("y")
        heard = [chunk async for chunk in stream]
        assert heard[-1] == b"event: over\ndata: \n\n"
        assert not live.hub().readers[TOPIC]

    run(work())


def test_each_loop_has_a_hub_of_its_own() -> None:
    hubs = []

    async def work() -> None:
        hubs.append(live.hub())
        assert live.hub() is hubs[-1]

    run(work())
    run(work())
    assert hubs[0] is not hubs[1]


def test_a_broker_that_is_away_makes_nobody_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    away: Any = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(live, "client", lambda: away)
    live.publish(TOPIC, "card", "lost")
    assert live.current_id(TOPIC) == ""


@given(st.text(max_size=60), st.integers(0, 10**15).map(str) | st.just(""))
def test_an_event_is_lines_of_the_standard_whatever_the_fragment_holds(html: str, number: str) -> None:
    html = html.encode("utf-8", "replace").decode()
    event = live.encode(number, "card", html)
    assert event.endswith(b"\n\n")
    lines = event[:-2].split(b"\n")
    assert all(line.startswith((b"id: ", b"event: ", b"data: ")) for line in lines)
    assert b"\r" not in event
    assert sum(line.startswith(b"event: ") for line in lines) == 1


def test_a_stream_begins_with_the_servers_time() -> None:
    async def work() -> None:
        before = clock.now()
        stream = live.events(TOPIC, "")
        first = await anext(stream)
        told = datetime.fromisoformat(first.partition(b"event: clock\ndata: ")[2].strip().decode())
        assert before - timedelta(milliseconds=1) <= told <= clock.now()
        assert b"id:" not in first  # it is no event of the topic: what a page has seen stays what it was

    run(work())


def test_the_event_that_ends_streams_ends_them_and_no_other_that_speaks_of_it_does() -> None:
    async def work() -> None:
        stream = await opened(await asyncio.to_thread(live.current_id, TOPIC))
        await tell("one\nevent: over\ntwo")
        await until(stream, b"two")
        await asyncio.to_thread(live.publish, TOPIC, live.OVER, "")
        await tell("never heard")
        heard = [chunk async for chunk in stream if not chunk.startswith(b":")]
        assert len(heard) == 1
        assert b"\nevent: over\n" in heard[0]

    run(work())
