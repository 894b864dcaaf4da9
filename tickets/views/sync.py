"""Page."""

from django.http import HttpRequest, HttpResponse


def sync(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def run(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def save_mapping(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def accept_mapping(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
