"""A bound on request bodies: Django under ASGI stores the whole body before any view.

What says that it is too large is refused at once, the rest is counted while it arrives. The answer is sent while the
browser still sends: for a while what comes is read and thrown away, or the connection would end before the browser has
read why.
"""

import asyncio
import contextlib
import errno
import json
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

import structlog

log = structlog.get_logger(__name__)
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

DRAINS = 5.0  # seconds for which a refused body is still read
END: Message = {"type": "http.response.body", "body": b""}
FULL = "The portal's disk is full: nothing was stored. Whoever runs the portal has to make room."


@lru_cache(maxsize=256)
def _pattern(path: str) -> "re.Pattern[str]":
    return re.compile("[^/]+".join(re.escape(part) for part in path.split("*")))


def limit_of(path: str, limit: int, larger: Mapping[str, int]) -> int:
    """How many bytes a body for this path may have. In the paths of `larger` a "*" stands for one part of a path."""
    known = larger.get(path)
    return known if known is not None else next(
        (size for pattern, size in larger.items() if "*" in pattern and _pattern(pattern).fullmatch(path)), limit
    )


def too_large(limit: int) -> str:
    """Why a body is refused, in words."""
    return f"This is larger than the {limit // 1_000_000} MB the portal takes here."


class CountedBodies:
    """Wraps an ASGI application and answers 413 as soon as a body says that it has, or has sent, more than `limit`
    bytes; `larger`: another limit, by path (`limit_of`). A body for which the disk has no room is answered 507."""

    def __init__(
        self, application: Application, limit: int, larger: Mapping[str, int] | None = None, folder: str | None = None
    ) -> None:
        self.application = application
        self.limit, self.larger = limit, larger or {}
        self.folder = folder or tempfile.gettempdir()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        limit, said = limit_of(scope.get("path", ""), self.limit, self.larger), _said(scope)
        if said > limit:
            await _refuse(scope, send, 413, too_large(limit))
            await _drain(receive)
            await send(END)
        elif said > self.limit and shutil.disk_usage(self.folder).free < 3 * said:  # as it comes, as a file, kept
            await _refuse(scope, send, 507, FULL)
            await _drain(receive)
            await send(END)
        else:
            await _Counting(scope, receive, send, limit).run(self.application)


class _Counting:
    """One request whose body is counted while it arrives."""

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send, limit: int) -> None:
        self.scope, self.receive, self.send, self.limit = scope, receive, send, limit
        self.seen, self.refused, self.begun, self.ended = 0, False, False, False

    async def run(self, application: Application) -> None:
        try:
            await application(self.scope, self._counted, self._sent)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT} or self.begun:
                raise
            log.error("no room for a request's body", path=self.scope.get("path"))
            await self._refuse(507, FULL)

    async def _counted(self) -> Message:
        message = await self.receive()
        self.seen += len(message.get("body", b"")) if message["type"] == "http.request" else 0
        if self.seen > self.limit and not self.refused:
            self.refused = True
            self.ended = not message.get("more_body")
            await self._refuse(413, too_large(self.limit))
            # To the application the client has gone; what it still sends is answered already.
            return {"type": "http.disconnect"}
        return message

    async def _refuse(self, status: int, words: str) -> None:
        await _refuse(self.scope, self.send, status, words)
        if not self.ended:
            await _drain(self.receive)
        await self.send(END)

    async def _sent(self, message: Message) -> None:
        if not self.refused:
            self.begun = True
            await self.send(message)


def _header(scope: dict[str, Any], name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope.get("headers", ()) if key.lower() == name), b"")


def _said(scope: dict[str, Any]) -> int:
    length = _header(scope, b"content-length")
    return int(length) if length.isdigit() and len(length) < 20 else 0


async def _refuse(scope: dict[str, Any], send: Send, status: int, words: str) -> None:
    as_json = b"application/json" in _header(scope, b"accept")
    body = json.dumps({"refused": [words]}).encode() if as_json else words.encode()
    kind = b"application/json" if as_json else b"text/plain; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _drain(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAINS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    break
