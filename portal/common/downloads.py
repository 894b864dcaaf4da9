"""A stored file as an answer: to be saved, never to be shown by the browser; or a picture, to be looked at."""

from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

PIECE = 1 << 18


def saved(content: Any, *, name: str, size: int) -> StreamingHttpResponse:
    """The open file `content` under this name, of `size` bytes; it is closed once it is through."""
    response = StreamingHttpResponse(_flow(content), content_type="application/octet-stream")
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def shown(content: Any, *, name: str, size: int, media: str) -> StreamingHttpResponse:
    """The open picture `content` in place, as `media` says and as nothing else: whatever it holds besides, nothing of
    it runs, also where it is opened on a page of its own."""
    response = saved(content, name=name, size=size)
    response["Content-Type"] = media
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


async def _flow(content: Any) -> AsyncIterator[bytes]:
    """The content in pieces: a plain iterator would be read into memory whole before the first byte leaves."""
    read = sync_to_async(content.read, thread_sensitive=False)
    try:
        while piece := await read(PIECE):
            yield piece
    finally:
        content.close()
