"""A bound on request bodies, counted while they arrive: Django under ASGI stores the whole body before any view."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class _TooLarge(Exception):
    pass


class CountedBodies:
    """Wraps an ASGI application and answers 413 as soon as a body has sent more than `limit` bytes; `larger`: another
    limit, by path."""

    def __init__(self, application: Application, limit: int, larger: Mapping[str, int] | None = None) -> None:
        self.application = application
        self.limit, self.larger = limit, larger or {}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        seen, limit = 0, self.larger.get(scope.get("path", ""), self.limit)
        refused = False

        async def counted() -> Message:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b"")) if message["type"] == "http.request" else 0
            if seen > limit and not refused:
                refused = True
                await _refuse(send)
                # To the application the client has gone; what it still sends is answered already.
                return {"type": "http.disconnect"}
            return message

        async def sent(message: Message) -> None:
            if not refused:
                await send(message)

        await self.application(scope, counted, sent)


async def _refuse(send: Send) -> None:
    words = b"This is larger than the portal takes here."
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": words})
