"""The frame of every page: the rail, who is on now, me."""

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": None}
