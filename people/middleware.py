"""What a signed-in request needs before any view: the reader's time zone."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from people import rules

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class ReadersZone:
    """Shows times in the zone of whoever reads. Without a session it asks nobody, and the team's zone holds.

    An async view keeps its event loop: the person is then loaded by `request.auser()`, and left on the request,
    so that a template which reads `request.user` does not ask the database from inside the loop.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.in_loop = iscoroutinefunction(get_response)
        if self.in_loop:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.in_loop:
            return self._answer(request)
        activate(request.user if _has_session(request) else None)
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if _has_session(request):
            request.user = await request.auser()
            activate(request.user)
        else:
            activate(None)
        try:
            answer = self.get_response(request)
            assert isinstance(answer, Awaitable)  # noqa: S101  (narrows the type)
            return await answer
        finally:
            timezone.deactivate()


def activate(person: Any) -> None:
    """Make the person's zone the current one; the team's for nobody, or for a zone that no longer exists."""
    zone = getattr(person, "zone", "")
    if isinstance(zone, str) and rules.zone_exists(zone):
        timezone.activate(zone)
    else:
        timezone.deactivate()


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES
