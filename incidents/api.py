"""The API of this room."""

from typing import Any

api_routes: tuple[tuple[str, Any, str], ...] = ()
