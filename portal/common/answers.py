"""What a POST answers: with a script a toast and what changed, without one a message on the page it came from."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

LEVELS = {"green": messages.SUCCESS, "red": messages.ERROR, "amber": messages.WARNING, "grey": messages.INFO}


def with_script(request: HttpRequest) -> bool:
    """Whether htmx asks."""
    return "HX-Request" in request.headers


def back(request: HttpRequest, otherwise: str = "home") -> str:
    """The page the button stood on; where the browser does not say, the page of this name."""
    came_from = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if safe else reverse(otherwise)


def toasted(response: HttpResponse, text: str, *, tone: str = "grey", undo: str = "", **more: Any) -> HttpResponse:
    """The response with a toast that static/js/toast.js shows; `more` are further events of the page."""
    shown = {"text": text, "tone": tone} | ({"undo": undo} if undo else {})
    response["HX-Trigger"] = json.dumps({"toast": shown} | more)
    return response


def told(request: HttpRequest, text: str, *, tone: str = "grey", to: str, undo: str = "") -> HttpResponse:
    """Back to a page, with the words as a message; `undo` is the address that takes it back, if there is one."""
    messages.add_message(request, LEVELS[tone], text, extra_tags=undo)
    return redirect(to)
