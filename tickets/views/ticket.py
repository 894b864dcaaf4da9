"""Page."""

from django.http import HttpRequest, HttpResponse


def ticket(request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse("")
