"""What programs see of this room."""

from typing import Any

from escalations.api.escalations import EscalationsViewSet

api_routes: tuple[tuple[str, Any, str], ...] = (("escalations", EscalationsViewSet, "escalation"),)
