"""The Mattermost as an ASGI app: which address leads to which function."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.sandbox.control import control_routes
from integrations.sandbox.front import CONTROL, Front
from integrations.sandbox.mattermost import pages, posts
from integrations.sandbox.mattermost import people_and_channels as base
from integrations.sandbox.mattermost.store import ChatStore
from integrations.sandbox.mattermost.web import Call, endpoint
from integrations.sandbox.options import Options
from integrations.sandbox.storage import Storage


def _ping(_: Call) -> Any:
    return {"status": "OK"}


TABLE: tuple[tuple[str, str, Callable[[Call], Any], int], ...] = (
    ("GET", "system/ping", _ping, 200),
    ("GET", "users", base.users, 200),
    ("GET", "users/me", base.me, 200),
    ("POST", "users/ids", base.users_by_ids, 200),
    ("POST", "users/usernames", base.users_by_names, 200),
    ("GET", "users/username/{name}", base.user_by_name, 200),
    ("GET", "users/email/{name}", base.user_by_email, 200),
    ("GET", "users/{user}", base.user, 200),
    ("GET", "users/{user}/teams", base.teams, 200),
    ("DELETE", "users/{user}/posts/{post}/reactions/{name}", posts.remove_reaction, 200),
    ("GET", "teams", base.teams, 200),
    ("GET", "teams/name/{name}", base.team_by_name, 200),
    ("GET", "teams/name/{team_name}/channels/name/{name}", base.channel_by_name, 200),
    ("GET", "teams/{team}", base.team, 200),
    ("GET", "teams/{team}/channels", base.team_channels, 200),
    ("GET", "teams/{team}/channels/name/{name}", base.channel_by_name, 200),
    ("POST", "channels", base.create_channel, 201),
    ("POST", "channels/direct", base.direct_channel, 201),
    ("GET", "channels/{channel}", base.channel, 200),
    ("PUT", "channels/{channel}", base.patch_channel, 200),
    ("DELETE", "channels/{channel}", base.archive_channel, 200),
    ("PUT", "channels/{channel}/patch", base.patch_channel, 200),
    ("PUT", "channels/{channel}/privacy", base.change_privacy, 200),
    ("POST", "channels/{channel}/restore", base.restore_channel, 200),
    ("GET", "channels/{channel}/members", base.members, 200),
    ("POST", "channels/{channel}/members", base.add_member, 201),
    ("DELETE", "channels/{channel}/members/{user}", base.remove_member, 200),
    ("GET", "channels/{channel}/posts", posts.channel_posts, 200),
    ("POST", "posts", posts.create_post, 201),
    ("GET", "posts/{post}", posts.get_post, 200),
    ("PUT", "posts/{post}", posts.change_post, 200),
    ("DELETE", "posts/{post}", posts.delete_post, 200),
    ("PUT", "posts/{post}/patch", posts.change_post, 200),
    ("GET", "posts/{post}/thread", posts.thread, 200),
    ("GET", "posts/{post}/reactions", posts.reactions, 200),
    ("POST", "reactions", posts.add_reaction, 201),
)


async def _counts(request: Request) -> Response:
    store: ChatStore = request.app.state.store
    names = {doc["id"]: doc["name"] for doc in store.docs["channel"].values()}
    alive = [names[post["channel_id"]] for post in store.docs["post"].values() if not post["delete_at"]]
    return JSONResponse({"posts": len(alive), "channels": dict(Counter(alive))})


async def _unknown(request: Request, _: Exception) -> Response:
    message = "Sorry, we could not find the page."
    form = {"id": "api.context.404.app_error", "message": message, "detailed_error": "", "status_code": 404}
    return JSONResponse(form, 404)


def build_mattermost(storage: Storage, options: Options) -> Front:
    """Build the Mattermost over kept state."""
    app = Starlette(exception_handlers={404: _unknown})
    app.state.store = ChatStore(storage)
    front = Front(app, options.delay_ms)
    routes = [Route(f"/api/v4/{path}", endpoint(do, status), methods=[method]) for method, path, do, status in TABLE]
    routes += control_routes(front)
    routes.append(Route(f"{CONTROL}counts", _counts))
    routes.append(Route("/{team}", pages.team_page))
    routes.append(Route("/{team}/channels/{name}", pages.channel_page))
    routes.append(Route("/{team}/messages/@{name}", pages.direct_page))
    routes.append(Route("/{team}/pl/{post}", pages.permalink))
    app.router.routes.extend(routes)
    return front
