"""The streams of this room's live pages."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from people.streams import stream

__all__ = ["board", "stream", "sync"]


@require_GET
async def board(request: HttpRequest) -> HttpResponseBase:
    return await stream(request, "board")


@require_GET
async def sync(request: HttpRequest) -> HttpResponseBase:
    return await stream(request, "sync")
