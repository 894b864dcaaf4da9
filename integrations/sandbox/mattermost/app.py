"""The Mattermost as an ASGI app."""

from starlette.applications import Starlette

from integrations.sandbox.control import control_routes
from integrations.sandbox.front import Front
from integrations.sandbox.options import Options
from integrations.sandbox.storage import Storage


def build_mattermost(storage: Storage, options: Options) -> Front:
    """Build the Mattermost over kept state."""
    app = Starlette()
    front = Front(app, options.delay_ms)
    app.router.routes.extend(control_routes(front))
    return front
