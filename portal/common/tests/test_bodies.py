"""A body is counted while it arrives; too large a one is answered before it is stored."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from portal.common.bodies import CountedBodies, Receive, Send


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
