"""Who is on call, and pages, for programs."""

from typing import Any

from set_rotation.api.on_call import OnCallViewSet
from set_rotation.api.pages import PagesViewSet

__all__ = ["api_routes"]

api_routes: list[tuple[str, type[Any], str]] = [
    ("on-call", OnCallViewSet, "on-call"),
    ("pages", PagesViewSet, "pages"),
]
