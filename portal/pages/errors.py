"""What is said when something goes wrong: a page for people, a problem in JSON for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

WORDS = {
    400: "The request could not be read.",
    403: "This person may not do this.",
    404: "There is no such thing, or this person may not see it.",
    500: "Something broke in the portal. It has been recorded.",
}
PLAIN = "Something broke in the portal. It is not your doing, and it has been recorded."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    reason = str(exception)
    return _answer(request, "403.html", 403, reason=reason if reason.startswith("This needs the right") else "")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, "404.html", 404)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, "403_csrf.html", 403)


def broken(request: HttpRequest) -> HttpResponse:
    """Needs neither database nor session, and if even the template is what broke, plain words do."""
    if _for_programs(request):
        return _problem(request, 500)
    try:
        drawn = loader.get_template("500.html").render({"request_id": _request_id(request)})
    except Exception:
        return HttpResponse(PLAIN, status=500, content_type="text/plain; charset=utf-8")
    return HttpResponse(drawn, status=500)


def _answer(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    if _for_programs(request):
        return _problem(request, status)
    return render(request, template, {"request_id": _request_id(request), **context}, status=status)


def _for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/v1/")


def _problem(request: HttpRequest, status: int) -> HttpResponse:
    return JsonResponse({"detail": WORDS[status]}, status=status)


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
