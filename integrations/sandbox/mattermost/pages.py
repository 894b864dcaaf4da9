"""Two plain, read-only pages, so that the demo's user can see what arrived. Open to anybody."""

import html
from typing import cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from integrations.sandbox.clock import utc
from integrations.sandbox.mattermost.store import ChatStore, Doc

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>
body{{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}}
article{{border-top:1px solid #d5dae2;padding:.75rem 0}} .reply{{margin-left:2rem}} .system{{color:#5a6676}}
p{{margin:.25rem 0;white-space:pre-wrap;overflow-wrap:anywhere}} nav a{{margin-right:1rem}}
</style></head><body><nav>{links}</nav><h1>{title}</h1><p>{header}</p>
"""


def _post(store: ChatStore, post: Doc) -> str:
    author = store.docs["user"].get(post["user_id"], {}).get("username", "somebody")
    kind = "system" if post["type"] else "reply" if post["root_id"] else ""
    when = f"{utc(post['create_at']):%Y-%m-%d %H:%M} UTC"
    marks = " ".join(f":{r['emoji_name']}:" for r in store.shown(post)["metadata"].get("reactions", []))
    return (
        f'<article id="{post["id"]}" class="{kind}"><strong>@{html.escape(author)}</strong> <small>{when}</small>'
        f"<p>{html.escape(post['message'])}</p>{html.escape(marks)}</article>"
    )


async def channel_page(request: Request) -> Response:
    """GET /{team}/channels/{name}: newest first, answers below what they answer."""
    store = cast(ChatStore, request.app.state.store)
    team = store.find("team", "name", request.path_params["team"])
    channel = store.find("channel", "name", request.path_params["name"])
    if team is None or channel is None:
        return HTMLResponse("<!doctype html><title>Not found</title><p>No such channel.</p>", 404)
    title = html.escape(channel["display_name"] or channel["name"])
    return _page(store, team, channel, title)


async def team_page(request: Request) -> Response:
    """GET /{team}: where a team begins."""
    store = cast(ChatStore, request.app.state.store)
    if store.find("team", "name", request.path_params["team"]) is None:
        return HTMLResponse("<!doctype html><title>Not found</title><p>No such team.</p>", 404)
    return RedirectResponse(f"/{request.path_params['team']}/channels/town-square")


async def direct_page(request: Request) -> Response:
    """GET /{team}/messages/@{username}: what the bot and this person wrote to one another."""
    store = cast(ChatStore, request.app.state.store)
    team = store.find("team", "name", request.path_params["team"])
    user = store.find("user", "username", request.path_params["name"])
    channel = store.direct(store.bot["id"], user["id"]) if user else None
    if team is None or channel is None:
        return HTMLResponse("<!doctype html><title>Not found</title><p>No such conversation.</p>", 404)
    return _page(store, team, channel, f"@{html.escape(request.path_params['name'])}")


def _page(store: ChatStore, team: Doc, channel: Doc, title: str) -> Response:
    posts = [post for post in store.by_channel.get(channel["id"], []) if not post["delete_at"]]
    body = ""
    for root in reversed([post for post in posts if not post["root_id"]]):
        body += _post(store, root)
        body += "".join(_post(store, post) for post in posts if post["root_id"] == root["id"])
    header = html.escape(channel["header"])
    return HTMLResponse(
        HEAD.format(title=title, header=header, links=_links(store, team)) + (body or "<p>No posts yet.</p>")
        + "</body></html>"
    )


def _links(store: ChatStore, team: Doc) -> str:
    channels = [
        f'<a href="/{team["name"]}/channels/{other["name"]}">{html.escape(other["display_name"])}</a>'
        for other in store.docs["channel"].values() if other["team_id"] == team["id"]
    ]
    people = [
        f'<a href="/{team["name"]}/messages/@{name}">@{html.escape(name)}</a>'
        for other in store.docs["channel"].values() if (name := _partner(store, other))
    ]
    return "".join(channels + people)


def _partner(store: ChatStore, channel: Doc) -> str:
    """With whom the bot speaks in this channel alone, or "" where that is another kind of channel."""
    ids = channel["name"].split("__") if channel["type"] == "D" else []
    if store.bot["id"] not in ids:
        return ""
    other = next((one for one in ids if one != store.bot["id"]), store.bot["id"])
    return str(store.docs["user"].get(other, {}).get("username", ""))


async def permalink(request: Request) -> Response:
    """GET /{team}/pl/{post}: to the post on its channel's page."""
    store = cast(ChatStore, request.app.state.store)
    post = store.docs["post"].get(request.path_params["post"])
    if post is None:
        return HTMLResponse("<!doctype html><title>Not found</title><p>No such post.</p>", 404)
    channel = store.docs["channel"][post["channel_id"]]
    name = _partner(store, channel)
    where = f"messages/@{name}" if name else f"channels/{channel['name']}"
    return RedirectResponse(f"/{request.path_params['team']}/{where}#{post['id']}")
