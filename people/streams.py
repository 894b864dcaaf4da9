"""Streams of live events: access is checked once, the database connection goes back, then events flow."""

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from people.access import require, to_sign_in
from people.choices import Right
from portal.common import live


async def stream(request: HttpRequest, topic: str, right: Right = Right.SEE_TICKETS) -> HttpResponseBase:
    """The topic's events from what the reader has seen on: `Last-Event-ID` of a reconnect, or `?since=`."""
    refusal = await sync_to_async(_refusal)(request, right)
    if refusal is not None:
        return refusal
    since = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    response = StreamingHttpResponse(live.events(topic, since[:40]), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _refusal(request: HttpRequest, right: Right) -> HttpResponseBase | None:
    """What somebody without the right gets (403 by exception). The connection of this thread goes back at once: a
    stream lasts for hours, and thousands of them must not hold the pool."""
    try:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        require(request, right)
        return None
    finally:
        connections.close_all()
