"""Tickets for programs."""

from rest_framework.viewsets import ViewSet

api_routes: list[tuple[str, type[ViewSet], str]] = []
