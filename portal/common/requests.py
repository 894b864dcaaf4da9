"""What every request goes through first: an id for the logs, a bound on its body, a look at its session cookie."""

import re
import uuid
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.cache import add_never_cache_headers

from portal.common.bodies import limit_of, too_large

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
SESSION_KEY = re.compile(r"[a-z0-9]{20,64}\Z")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


class _Middleware:
    """A middleware for both kinds of view: an async one costs an async view no hop to a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        refusal = self.before(request)
        if self.is_async:
            return self._answer(request, refusal)
        answer = refusal or self.get_response(request)
        assert isinstance(answer, HttpResponseBase)  # noqa: S101  (narrows the type)
        return self.after(request, answer)

    async def _answer(self, request: HttpRequest, refusal: HttpResponseBase | None) -> HttpResponseBase:
        if refusal is None:
            answer = self.get_response(request)
            assert isinstance(answer, Awaitable)  # noqa: S101  (narrows the type)
            refusal = await answer
        return self.after(request, refusal)

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        return None

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response


class RequestId(_Middleware):
    """Gives each request an id, a proxy's `X-Request-ID` where it is well-formed; logs and events carry it."""

    def before(self, request: HttpRequest) -> None:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class Alive(_Middleware):
    """Answers `/healthz` before anybody asks the database who is there: a portal whose database hangs is alive."""

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        asked = request.path_info == "/healthz" and request.method in {"GET", "HEAD"}
        return alive() if asked else None


def alive() -> HttpResponse:
    """The process answers, and has asked nobody."""
    response = JsonResponse({"alive": True})
    add_never_cache_headers(response)
    return response


class OddCookies(_Middleware):
    """Takes away a session cookie that no portal has written: the database takes no NUL, and the rest is no session."""

    def before(self, request: HttpRequest) -> None:
        name = settings.SESSION_COOKIE_NAME
        if not SESSION_KEY.match(request.COOKIES.get(name, "")):
            request.COOKIES.pop(name, None)


class FormsAddress(_Middleware):
    """Tells people who open an address to which forms are sent (405) what it is, and the way back.

    Programs, and what a script fetches, get the bare answer. It stands innermost: the page says who is signed in.
    """

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != 405 or not _reads_pages(request):
            return response
        context = {"back": _above(request), "request_id": getattr(request, "request_id", "")}
        page = render(request, "405.html", context, status=405)
        page["Allow"] = response.get("Allow", "")
        add_never_cache_headers(page)
        return page

    async def _answer(self, request: HttpRequest, refusal: HttpResponseBase | None) -> HttpResponseBase:
        answer = self.get_response(request)
        assert isinstance(answer, Awaitable)  # noqa: S101  (narrows the type)
        response = await answer
        return await sync_to_async(self.after)(request, response) if response.status_code == 405 else response


def _reads_pages(request: HttpRequest) -> bool:
    by_hand = "HX-Request" not in request.headers and not request.path.startswith("/api/")
    return by_hand and request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("Accept", "")


def _above(request: HttpRequest) -> str:
    """The nearest address above that the portal knows; "" where there is none but the home page."""
    path = request.path.rstrip("/")
    while "/" in path.strip("/"):
        path = path.rpartition("/")[0]
        if is_valid_path(f"{path}/"):
            return f"{path}/"
    return ""


class BodyLimit(_Middleware):
    """Refuses a body that says it is larger than the portal takes (413).

    What comes without a length is counted while it arrives, by `portal.common.bodies` around the application.
    """

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = limit_of(request.path, settings.BODY_LIMIT, settings.LARGER_BODIES)
        if not length.isdecimal() or int(length) <= limit:
            return None
        return HttpResponse(too_large(limit), status=413, content_type="text/plain; charset=utf-8")
