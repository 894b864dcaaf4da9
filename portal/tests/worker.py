"""A worker for portals without beat. In a portal, a task that has waited too long is dropped, for the next second
brings another one: without beat nothing does, and what a slow machine dropped would never be done.
"""

from typing import Literal

from celery.worker.request import Request

from portal.celery import app

__all__ = ["app"]


def _never(_: Request) -> Literal[True] | None:
    """It is still wanted."""
    return None


Request.maybe_expire = _never  # type: ignore[method-assign,assignment]
