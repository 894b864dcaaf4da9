"""Page."""

from django.http import HttpRequest, HttpResponse


def listing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
