"""What programs see of this room."""

from typing import Any

from incidents.api.incidents import IncidentsViewSet

api_routes: tuple[tuple[str, Any, str], ...] = (("incidents", IncidentsViewSet, "incident"),)
