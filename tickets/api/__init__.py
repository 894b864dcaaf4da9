"""Tickets and the mirror's runs, for programs. Read only."""

from typing import Any

from tickets.api.views import SyncRunsViewSet, TicketsViewSet

__all__ = ["api_routes"]

api_routes: list[tuple[str, type[Any], str]] = [
    ("tickets", TicketsViewSet, "tickets"),
    ("sync-runs", SyncRunsViewSet, "sync-runs"),
]
