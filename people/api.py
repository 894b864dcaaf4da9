"""People and teams, for programs. Read only."""

from rest_framework.viewsets import ViewSetMixin

api_routes: list[tuple[str, type[ViewSetMixin], str]] = []
