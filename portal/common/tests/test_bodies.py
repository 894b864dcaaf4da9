"""A body is counted while it arrives; too large a one is answered before it is stored."""

import asyncio
import errno
import json
from collections.abc import Mapping
from typing import Any

import pytest

from portal.common.bodies import CountedBodies, Receive, Send, limit_of


def ask(
    pieces: list[bytes], limit: int = 10, *, path: str = "/", larger: Mapping[str, int] | None = None
) -> tuple[list[Mapping[str, Any]], list[bytes]]:
    """The messages sent back, and what the application read."""
    sent: list[Mapping[str, Any]] = []
    read: list[bytes] = []
    waiting = [{"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}
               for index, piece in enumerate(pieces)]

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            read.append(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    async def receive() -> Mapping[str, Any]:
        return waiting.pop(0)

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(CountedBodies(application, limit, larger)({"type": "http", "path": path}, receive, send))
    return sent, read


def test_a_body_within_the_limit_passes() -> None:
    sent, read = ask([b"12345", b"67890"])
    assert sent[0]["status"] == 200
    assert b"".join(read) == b"1234567890"


@pytest.mark.parametrize("pieces", [[b"12345678901"], [b"12345", b"67890", b"1", b"2"]])
def test_one_byte_more_is_refused_and_the_rest_is_not_read(pieces: list[bytes]) -> None:
    sent, read = ask(pieces)
    assert [message.get("status") for message in sent if "status" in message] == [413]
    assert len(b"".join(read)) <= 10
    assert b"larger" in sent[1]["body"]


def test_a_path_may_have_a_limit_of_its_own() -> None:
    for path, status in (("/mail/", 200), ("/mail/x/", 413)):
        sent, _ = ask([b"12345", b"678901"], path=path, larger={"/mail/": 11})
        assert sent[0]["status"] == status


def said(length: int, *, path: str = "/", accept: bytes = b"*/*", **more: Any) -> tuple[list[Mapping[str, Any]], int]:
    """The messages sent back to a body that says how long it is, and how many of its pieces the application read."""
    sent: list[Mapping[str, Any]] = []
    left, read = [True] * 5, [0]

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        read[0] += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    async def receive() -> Mapping[str, Any]:
        left.pop()
        return {"type": "http.request", "body": b"x", "more_body": bool(left)}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-length", str(length).encode()), (b"accept", accept)]
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(CountedBodies(application, 10, {"/files/*/": 10_000_000_000_000_000}, **more)(scope, receive, send))
    return sent, read[0]


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read() -> None:
    sent, read = said(11)
    assert (sent[0]["status"], read) == (413, 0)
    assert sent[-1] == {"type": "http.response.body", "body": b""}


def test_a_script_is_answered_in_json() -> None:
    sent, _ = said(11, accept=b"application/json")
    assert json.loads(sent[1]["body"]) == {"refused": ["This is larger than the 0 MB the portal takes here."]}


def test_a_body_for_which_the_disk_has_no_room_is_refused_in_words() -> None:
    sent, read = said(9_000_000_000_000_000, path="/files/one/")
    assert (sent[0]["status"], read) == (507, 0)
    assert b"disk is full" in sent[1]["body"]


def test_a_disk_that_fills_while_a_body_arrives_is_said() -> None:
    sent, read = said(5)
    assert (sent[0]["status"], read) == (507, 1)


@pytest.mark.parametrize(("path", "limit"), [
    ("/a/", 1), ("/a/b/", 1), ("/form/x/", 2), ("/form/x/files/", 3), ("/form/x/y/files/", 1), ("/form//", 1),
    ("/form/x/files/9/", 1),
])
def test_a_star_stands_for_one_part_of_a_path(path: str, limit: int) -> None:
    assert limit_of(path, 1, {"/form/*/": 2, "/form/*/files/": 3}) == limit
