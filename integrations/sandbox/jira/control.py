"""Test-only endpoints of the Jira: changes in bulk, behind the API's back, and counts."""

import dataclasses
from collections import Counter
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.sandbox.clock import now_ms
from integrations.sandbox.control import read_body
from integrations.sandbox.front import CONTROL
from integrations.sandbox.jira.edits import EditError, Editor, item
from integrations.sandbox.jira.jql import JqlError, parse
from integrations.sandbox.jira.model import Issue, Json, dumps, named
from integrations.sandbox.jira.search import run
from integrations.sandbox.jira.web import Site
from integrations.sandbox.jira.workflow import Step, walk


def _site(request: Request) -> Site:
    return cast(Site, request.app.state.site)


def _chosen(site: Site, body: Json) -> list[Issue]:
    """Pick issues by "issues" (ids or keys) or by "jql", at most "limit" of them."""
    if body.get("issues") is not None:
        found = [site.store.find(str(name)) for name in body["issues"]]
        issues = [issue for issue in found if issue is not None]
    else:
        issues = [site.store.issues[number] for number in run(site.store, parse(body.get("jql", "")))]
    limit = body.get("limit")
    return issues if limit is None else issues[: int(limit)]


def move(site: Site, issue: Issue, project: str) -> str:
    """Move an issue to another project: a new key, the old one still leads to it."""
    catalog, changed, at = site.store.catalog, issue.copy(), now_ms()
    if project not in catalog.projects:
        # A target nobody has seen before: enough of a project to live in.
        catalog.projects[project] = {"id": str(90000 + len(catalog.projects)), "key": project, "name": project}
        catalog.project_statuses[project] = list(catalog.project_statuses.get(issue.project, catalog.statuses))
        site.store.storage.set_meta("catalog", dumps(catalog.to_json()))
    old = catalog.projects.get(issue.project, {})
    changed.former = [issue.key, *changed.former]
    changed.key, changed.project = site.store.new_key(project), project
    changed.set("project", catalog.projects[project])
    items = [
        item("project", (str(old.get("id")), old.get("name")), (catalog.projects[project]["id"], project)),
        item("issuekey", (None, issue.key), (None, changed.key), "Key"),
    ]
    site.store.record(changed, catalog.portal_user(), items, at)
    site.store.put(changed)
    return changed.key


def _set(site: Site, issue: Issue, fields: Json, touch: bool) -> None:
    """Set fields (and "status" by name or id) with a change-log entry, but without webhooks."""
    changed, at = issue.copy(), now_ms()
    fields = dict(fields)
    wanted = fields.pop("status", None)
    editor = Editor(site.store, changed, 2)
    editor.apply(fields, {})
    items = editor.items
    if wanted is not None:
        to = next((s for n, s in site.store.catalog.statuses.items() if wanted in (n, named(s))), None)
        if to is None:
            raise EditError({"status": f"no such status: {wanted}"})
        items = [*walk(site.store, changed, Step("0", "bulk", to, False), at, True), *items]
    if items and touch:
        site.store.record(changed, site.store.catalog.portal_user(), items, at)
    site.store.put(changed)


async def bulk(request: Request) -> Response:
    """POST bulk: {"do": set|delete|move|archive|unarchive|touch, "issues": [...] or "jql", "limit", ...}."""
    site, body = _site(request), await read_body(request)
    do, keys = body.get("do"), {}
    try:
        issues = _chosen(site, body)
        for issue in issues:
            if do == "set":
                _set(site, issue, body.get("fields", {}), body.get("touch", True))
            elif do == "delete":
                site.store.remove(issue)
            elif do == "move":
                keys[issue.key] = move(site, issue, body["project"])
            elif do in ("archive", "unarchive"):
                changed = issue.copy()
                changed.archived = do == "archive"
                site.store.put(changed)
            elif do == "touch":
                changed = issue.copy()
                site.store.touch(changed, now_ms())
                site.store.put(changed)
            else:
                return JSONResponse({"error": f"do: unknown {do!r}"}, 400)
    except (JqlError, EditError, KeyError) as error:
        return JSONResponse({"error": str(error)}, 400)
    return JSONResponse({"count": len(issues), "issues": [issue.key for issue in issues], "moved": keys})


async def counts(request: Request) -> Response:
    """GET counts: what a complete mirror would hold."""
    store = _site(request).store
    present = [issue for issue in store.issues.values() if not issue.archived]
    return JSONResponse(
        {
            "issues": len(present),
            "archived": len(store.issues) - len(present),
            "histories": sum(len(issue.histories) for issue in present),
            "comments": sum(len(issue.comments) for issue in present),
            "projects": dict(Counter(issue.project for issue in present)),
            "statuses": dict(Counter(named(issue.value("status")) for issue in present)),
        }
    )


async def webhooks(request: Request) -> Response:
    """GET what was sent; POST {"url", "secret", "paused"} changes where to."""
    hooks = _site(request).webhooks
    if request.method == "POST":
        body = await read_body(request)
        hooks.url = body.get("url", hooks.url)
        hooks.secret = body.get("secret", hooks.secret)
        hooks.paused = body.get("paused", hooks.paused)
    sent = [dataclasses.asdict(delivery) for delivery in hooks.deliveries]
    return JSONResponse({"url": hooks.url, "paused": hooks.paused, "deliveries": sent})


async def index_delay(request: Request) -> Response:
    """POST {"seconds": n}: search sees changes only so much later."""
    store = _site(request).store
    store.index_delay_ms = int(float((await read_body(request)).get("seconds", 0)) * 1000)
    return JSONResponse({"seconds": store.index_delay_ms / 1000})


async def bulk_dates(request: Request) -> Response:
    """POST {"numbers": true}: changelog/bulkfetch writes dates as milliseconds since 1970."""
    _site(request).bulk_dates_as_numbers = bool((await read_body(request)).get("numbers"))
    return JSONResponse({"numbers": _site(request).bulk_dates_as_numbers})


async def expire_tokens(request: Request) -> Response:
    """POST: page tokens given so far lead to a search that runs again."""
    _site(request).pages.clear()
    return JSONResponse({})


def routes() -> list[Route]:
    """Return the Jira's own control routes."""
    return [
        Route(f"{CONTROL}bulk", bulk, methods=["POST"]),
        Route(f"{CONTROL}counts", counts, methods=["GET"]),
        Route(f"{CONTROL}webhooks", webhooks, methods=["GET", "POST"]),
        Route(f"{CONTROL}index-delay", index_delay, methods=["POST"]),
        Route(f"{CONTROL}bulk-dates", bulk_dates, methods=["POST"]),
        Route(f"{CONTROL}expire-tokens", expire_tokens, methods=["POST"]),
    ]
