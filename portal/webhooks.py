"""Every inbound door."""

from django.http import HttpRequest, HttpResponse


def jira(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
