"""The streams of the live pages: access is checked once, the database connection goes back, then events flow."""

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from people.access import needs
from people.choices import Right
from portal.common import live


@require_GET
@needs(Right.SEE_TICKETS)
async def board(request: HttpRequest) -> HttpResponseBase:
    return stream(request, "board")


@require_GET
@needs(Right.SEE_TICKETS)
async def sync(request: HttpRequest) -> HttpResponseBase:
    return stream(request, "sync")


def stream(request: HttpRequest, topic: str) -> StreamingHttpResponse:
    """The topic's events from what the reader has seen on: `Last-Event-ID` of a reconnect, or `?since=`."""
    since = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    response = StreamingHttpResponse(live.events(topic, since[:40]), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
