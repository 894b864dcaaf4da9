"""Pages."""

from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("", status=400)


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse("", status=500)
