"""What stands before both servers: delays, faults on demand, and a log of the requests seen."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL = "/__sandbox__/"
LOGIN_PAGE = b"<!doctype html><html><head><title>Log in</title></head><body><form>Log in</form></body></html>"
Drop = Literal["", "before", "after"]


@dataclass
class Fault:
    """One rule: requests that match are spoilt `times` times (negative: for ever)."""

    path: str = ".*"
    method: str = ".*"
    times: int = 1
    delay_ms: int = 0
    status: int = 0
    retry_after: str | int | None = None
    html: bool = False
    truncate: bool = False
    garbage: bool = False
    drop: Drop = ""
    late_ms: int = 0
    apply: bool = False
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule has something left for this request."""
        return self.times != 0 and bool(re.fullmatch(self.method, method)) and bool(re.search(self.path, path))


@dataclass(frozen=True)
class Seen:
    """One request as it was answered."""

    method: str
    path: str
    query: str
    status: int
    ms: float


@dataclass
class Answer:
    """A complete response, caught before it is sent."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


class Front:
    """ASGI middleware that holds the faults and the log of one server."""

    def __init__(self, app: ASGIApp, delay_ms: int = 0) -> None:
        """Wrap an app; `delay_ms` slows every answer but those of the control endpoints."""
        self.app = app
        self.delay_ms = delay_ms
        self.faults: list[Fault] = []
        self.log: deque[Seen] = deque(maxlen=5000)
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            fault = self._take(scope["method"], scope["path"])
            delay = self.delay_ms + (fault.delay_ms if fault else 0)
            if delay:
                await asyncio.sleep(delay / 1000)
            if fault is None:
                await self.app(scope, receive, noting)
            else:
                await self._spoil(fault, scope, receive, noting, lambda: _hang_up(send))
        finally:
            ms = round((time.perf_counter() - started) * 1000, 2)
            query = scope["query_string"].decode("latin-1")
            self.log.append(Seen(scope["method"], scope["path"], query, status, ms))

    def _take(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.matches(method, path):
                fault.times -= 1
                return fault
        return None

    async def _spoil(
        self, fault: Fault, scope: Scope, receive: Receive, send: Send, hang_up: Callable[[], Awaitable[None]]
    ) -> None:
        if fault.late_ms:
            await self._later(fault.late_ms / 1000, scope, receive)
            await hang_up()
            return
        if fault.drop == "before":
            await hang_up()
            return
        replaces = bool(fault.status or fault.html or fault.garbage)
        answer = Answer()
        if not replaces or fault.apply or fault.drop == "after":
            answer = await self._collect(scope, receive)
        if fault.drop == "after":
            await hang_up()
            return
        if replaces:
            answer = _replacement(fault)
        answer.headers += [(k.lower().encode(), v.encode()) for k, v in fault.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if not fault.truncate:
            await send({"type": "http.response.body", "body": answer.body})
            return
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await hang_up()

    async def _later(self, seconds: float, scope: Scope, receive: Receive) -> None:
        """Take the request now, and let it have its effect when nobody waits for an answer any more."""
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())

        async def again() -> Message:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def effect() -> None:
            await asyncio.sleep(seconds)
            await self._collect(scope, again)

        task = asyncio.create_task(effect())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _collect(self, scope: Scope, receive: Receive) -> Answer:
        answer = Answer()

        async def catch(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self.app(scope, receive, catch)
        return answer


def _replacement(fault: Fault) -> Answer:
    if fault.html:
        status, kind, body = fault.status or 200, b"text/html;charset=UTF-8", LOGIN_PAGE
    elif fault.garbage:
        status, kind, body = fault.status or 200, b"application/json", b'{"issues": [{"id": "100'
    else:
        given = fault.body if fault.body is not None else {"errorMessages": ["Fault on demand."], "errors": {}}
        status, kind, body = fault.status, b"application/json", json.dumps(given).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if fault.retry_after is not None:
        headers.append((b"retry-after", str(fault.retry_after).encode()))
        headers.append((b"ratelimit-reason", b"jira-quota-tenant-based"))
    return Answer(status, headers, body)


async def _hang_up(send: Send) -> None:
    """Close the connection under uvicorn's feet: ASGI itself has no word for it."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the connection is dropped on demand")
    transport.close()
    # Let the loop tell uvicorn that the peer is gone, or it complains about an unfinished answer.
    for _ in range(5):
        await asyncio.sleep(0.005)
