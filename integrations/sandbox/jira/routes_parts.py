"""Endpoints of what hangs on an issue: comments, links, remote links, properties; and the plain page."""

import html
from typing import cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from integrations.sandbox.clock import now_ms
from integrations.sandbox.jira.model import HERE, Json, dumps, loads, named
from integrations.sandbox.jira.render import comment_piece
from integrations.sandbox.jira.richtext import as_wiki
from integrations.sandbox.jira.web import Ask, Refused, Site, answer, created, nothing

NEWEST = 50  # issues on the front page
NO_COMMENT = "Can not find a comment for the id: {}."


def list_comments(ask: Ask) -> str:
    """GET issue/{id}/comment."""
    issue = ask.issue()
    start, size = ask.number("startAt", 0), min(ask.number("maxResults", 50), 5000)
    order = ask.text("orderBy", "created")
    found = issue.comments[::-1] if order.startswith("-") else issue.comments
    with_properties = "properties" in (ask.words("expand") or ())
    pieces = ",".join(comment_piece(c, ask.version, with_properties) for c in found[start : start + size])
    return f'{{"startAt":{start},"maxResults":{size},"total":{len(found)},"comments":[{pieces}]}}'


def _comment(ask: Ask) -> str:
    number = ask.request.path_params["comment"]
    for piece in ask.issue().comments:
        if str(loads(piece).get("id")) == number:
            return piece
    raise Refused(404, NO_COMMENT.format(number))


def get_comment(ask: Ask) -> str:
    """GET issue/{id}/comment/{id}."""
    return comment_piece(_comment(ask), ask.version, "properties" in (ask.words("expand") or ()))


def add_comment(ask: Ask) -> Response:
    """POST issue/{id}/comment."""
    piece = ask.site.writer.add_comment(ask.issue(), ask.object(), ask.version, ask.me)
    return created(ask, comment_piece(piece, ask.version, "properties" in (ask.words("expand") or ())))


def edit_comment(ask: Ask) -> str:
    """PUT issue/{id}/comment/{id}."""
    number = ask.request.path_params["comment"]
    piece = ask.site.writer.edit_comment(ask.issue(), number, ask.object(), ask.version, ask.me)
    if piece is None:
        raise Refused(404, NO_COMMENT.format(number))
    return comment_piece(piece, ask.version)


def delete_comment(ask: Ask) -> Response:
    """DELETE issue/{id}/comment/{id}."""
    number = ask.request.path_params["comment"]
    if not ask.site.writer.delete_comment(ask.issue(), number, ask.me):
        raise Refused(404, NO_COMMENT.format(number))
    return nothing()


def comment_properties(ask: Ask) -> Json:
    """GET comment/{id}/properties."""
    wanted = ask.request.path_params["comment"]
    for issue in ask.store.issues.values():
        for piece in issue.comments:
            comment = loads(piece)
            if str(comment.get("id")) == wanted:
                where = f"{HERE}/rest/api/{ask.version}/comment/{wanted}/properties"
                keys = [entry["key"] for entry in comment.get("properties", [])]
                return {"keys": [{"self": f"{where}/{key}", "key": key} for key in keys]}
    raise Refused(404, NO_COMMENT.format(wanted))


def get_comment_property(ask: Ask) -> Json:
    """GET comment/{id}/properties/{key}."""
    wanted, key = ask.request.path_params["comment"], ask.request.path_params["key"]
    for issue in ask.store.issues.values():
        for piece in issue.comments:
            comment = loads(piece)
            if str(comment.get("id")) == wanted:
                for entry in comment.get("properties", []):
                    if entry["key"] == key:
                        return {"key": key, "value": entry["value"]}
    raise Refused(404, f"The property with key '{key}' does not exist.")


def link(ask: Ask) -> Response:
    """POST issueLink."""
    body = ask.object()
    ask.site.writer.link(body, ask.me)
    if body.get("comment"):
        issue = ask.store.find(str(named(body.get("inwardIssue")) or ""))
        if issue is not None:
            ask.site.writer.add_comment(issue, body["comment"], ask.version, ask.me)
    return Response(status_code=201)


def unlink(ask: Ask) -> Response:
    """DELETE issueLink/{id}."""
    if not ask.site.writer.unlink(ask.request.path_params["link"], ask.me):
        raise Refused(404, "No issue link was found with this id.")
    return nothing()


def remote_links(ask: Ask) -> str:
    """GET issue/{id}/remotelink."""
    return f"[{','.join(ask.issue().remote)}]"


def add_remote_link(ask: Ask) -> Response:
    """POST issue/{id}/remotelink: a known globalId is changed, not doubled."""
    issue, body = ask.issue(), ask.object()
    given = body.get("object")
    if not isinstance(given, dict) or not given.get("url") or not given.get("title"):
        raise Refused(400, errors={"url": "'url' is required.", "title": "'title' is required."})
    changed = issue.copy()
    old = [loads(piece) for piece in changed.remote]
    place = next((n for n, e in enumerate(old) if body.get("globalId") and e.get("globalId") == body["globalId"]), None)
    number = old[place]["id"] if place is not None else now_ms() % 10**9 * 10 + len(old) % 10
    where = f"{HERE}/rest/api/{ask.version}/issue/{issue.id}/remotelink/{number}"
    entry = {"id": number, "self": where, **{k: v for k, v in body.items() if k not in ("id", "self")}}
    if place is None:
        changed.remote.append(dumps(entry))
    else:
        changed.remote[place] = dumps(entry)
    ask.store.touch(changed, now_ms())
    ask.store.put(changed)
    return answer(ask.request, dumps({"id": number, "self": where}), 201 if place is None else 200)


def delete_remote_link(ask: Ask) -> Response:
    """DELETE issue/{id}/remotelink/{linkId}."""
    changed, wanted = ask.issue().copy(), ask.request.path_params["link"]
    kept = [piece for piece in changed.remote if str(loads(piece)["id"]) != wanted]
    if len(kept) == len(changed.remote):
        raise Refused(404, "Remote link does not exist.")
    changed.remote = kept
    ask.store.put(changed)
    return nothing()


def property_keys(ask: Ask) -> Json:
    """GET issue/{id}/properties."""
    issue = ask.issue()
    where = f"{HERE}/rest/api/{ask.version}/issue/{issue.id}/properties"
    return {"keys": [{"self": f"{where}/{key}", "key": key} for key in issue.properties]}


def get_property(ask: Ask) -> str:
    """GET issue/{id}/properties/{key}."""
    key = ask.request.path_params["key"]
    piece = ask.issue().properties.get(key)
    if piece is None:
        raise Refused(404, f"The property with key '{key}' does not exist.")
    return f'{{"key":{dumps(key)},"value":{piece}}}'


def set_property(ask: Ask) -> Response:
    """PUT issue/{id}/properties/{key}."""
    changed, key = ask.issue().copy(), ask.request.path_params["key"]
    status = 200 if key in changed.properties else 201
    changed.properties[key] = dumps(ask.body)
    ask.store.put(changed)
    return answer(ask.request, "{}", status)


def delete_property(ask: Ask) -> Response:
    """DELETE issue/{id}/properties/{key}."""
    changed, key = ask.issue().copy(), ask.request.path_params["key"]
    if changed.properties.pop(key, None) is None:
        raise Refused(404, f"The property with key '{key}' does not exist.")
    ask.store.put(changed)
    return nothing()


async def front_page(request: Request) -> Response:
    """GET /: the issues that changed last, so that the address of this Jira leads somewhere. Open to anybody."""
    site = cast(Site, request.app.state.site)
    newest = sorted(site.store.searchable(), key=lambda issue: issue.updated, reverse=True)[:NEWEST]
    rows = "".join(
        f'<li><a href="/browse/{issue.key}">{issue.key} {html.escape(named(issue.value("summary")) or "")}</a></li>'
        for issue in newest
    )
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Jira, the stand-in</title>'
        f"<h1>Jira, the stand-in</h1><p>What changed last:</p><ul>{rows}</ul></html>"
    )


async def browse(request: Request) -> Response:
    """GET /browse/{key}: a plain page, so that links from the portal lead somewhere. Open to anybody."""
    site = cast(Site, request.app.state.site)
    issue = site.store.find(request.path_params["key"])
    if issue is None:
        return HTMLResponse("<!doctype html><title>Not found</title><p>This issue does not exist.</p>", 404)
    rows = "".join(
        f"<dt>{label}</dt><dd>{html.escape(named(issue.value(name)) or '-')}</dd>"
        for label, name in (("Status", "status"), ("Priority", "priority"), ("Type", "issuetype"))
    )
    text = html.escape(str(as_wiki(issue.value("description")) or ""))
    title = html.escape(f"{issue.key} {named(issue.value('summary'))}")
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><dl>{rows}</dl><pre>{text}</pre></html>"
    )
