"""Endpoints of one issue: read, create, edit, delete, transitions, assignee, rank, archive."""

from starlette.responses import Response

from integrations.sandbox.jira import workflow
from integrations.sandbox.jira.model import HERE, Json, dumps
from integrations.sandbox.jira.render import issue_piece, wanted_fields
from integrations.sandbox.jira.web import MISSING, Ask, Refused, answer, created, nothing

RANK_CAP = 50


def get_issue(ask: Ask) -> str:
    """GET issue/{idOrKey}."""
    issue = ask.issue()
    expand = set(ask.words("expand") or ())
    fields = wanted_fields(ask.words("fields"), ("*all",))
    piece = issue_piece(ask.store, issue, fields, expand, ask.version, ask.words("properties") or ())
    if "transitions" in expand:
        open_steps = [workflow.step_json(ask.store, s, False) for s in workflow.steps(ask.store, issue)]
        piece = f'{piece[:-1]},"transitions":{dumps(open_steps)}}}'
    return piece


def create_issue(ask: Ask) -> Response:
    """POST issue."""
    body = ask.object()
    fields = body.get("fields")
    if not isinstance(fields, dict):
        raise Refused(400, errors={"fields": "Field 'fields' is required."})
    update = _update(body)
    issue = ask.site.writer.create(fields, update, body.get("properties"), ask.version, ask.me)
    where = f"{HERE}/rest/api/{ask.version}/issue/{issue.id}"
    return created(ask, dumps({"id": str(issue.id), "key": issue.key, "self": where}))


def _update(body: dict[str, Json]) -> dict[str, Json]:
    update = body.get("update") or {}
    if not isinstance(update, dict):
        raise Refused(400, errors={"update": "expected an object"})
    return update


def edit_issue(ask: Ask) -> Response:
    """PUT issue/{idOrKey}."""
    issue, body = ask.issue(), ask.object()
    if issue.archived:
        raise Refused(400, "Issue is archived and cannot be edited.")
    ask.site.writer.edit(issue, body.get("fields") or {}, _update(body), ask.version, ask.me)
    if isinstance(body.get("properties"), list):
        changed = ask.store.issues[issue.id].copy()
        for entry in body["properties"]:
            changed.properties[str(entry["key"])] = dumps(entry["value"])
        ask.store.put(changed)
    if ask.text("returnIssue").lower() == "true":
        return answer(ask.request, get_issue(ask))
    return nothing()


def delete_issue(ask: Ask) -> Response:
    """DELETE issue/{idOrKey}."""
    issue = ask.issue()
    if issue.value("subtasks") and ask.text("deleteSubtasks") != "true":
        raise Refused(400, f"The issue '{issue.key}' has subtasks. You must specify the 'deleteSubtasks' parameter.")
    ask.site.writer.delete(issue, ask.me)
    return nothing()


def assign(ask: Ask) -> Response:
    """PUT issue/{idOrKey}/assignee."""
    body = ask.object()
    name = body.get("accountId") if ask.site.cloud else body.get("name")
    value = None if name is None else {"accountId" if ask.site.cloud else "name": name}
    ask.site.writer.edit(ask.issue(), {"assignee": value}, {}, ask.version, ask.me)
    return nothing()


def get_transitions(ask: Ask) -> Json:
    """GET issue/{idOrKey}/transitions."""
    issue, with_fields = ask.issue(), "transitions.fields" in (ask.words("expand") or ())
    wanted = ask.text("transitionId")
    shown = [
        workflow.step_json(ask.store, step, with_fields)
        for step in workflow.steps(ask.store, issue)
        if not wanted or step.id == wanted
    ]
    return {"expand": "transitions", "transitions": shown}


def post_transition(ask: Ask) -> Response:
    """POST issue/{idOrKey}/transitions."""
    issue, body = ask.issue(), ask.object()
    step = (body.get("transition") or {}).get("id")
    if step is None:
        raise Refused(400, "Missing 'transition' identifier")
    ask.site.writer.transition(issue, str(step), body.get("fields") or {}, _update(body), ask.version, ask.me)
    return nothing()


def rank(ask: Ask) -> Response:
    """PUT /rest/agile/1.0/issue/rank: 204, or 207 with a result per issue where some failed."""
    body = ask.object()
    wanted = body.get("issues")
    before, after = body.get("rankBeforeIssue"), body.get("rankAfterIssue")
    if not isinstance(wanted, list) or not wanted:
        raise Refused(400, errors={"issues": "The list of issues must not be empty."})
    if len(wanted) > RANK_CAP:
        raise Refused(400, errors={"issues": f"The maximum number of issues that can be ranked at once is {RANK_CAP}."})
    if bool(before) == bool(after):
        raise Refused(400, "Exactly one of rankBeforeIssue and rankAfterIssue must be given.")
    anchor = ask.store.find(str(before or after))
    if anchor is None:
        raise Refused(400, MISSING)
    if anchor.key in wanted or str(anchor.id) in wanted:
        raise Refused(400, "An issue cannot be ranked relative to itself.")
    found = [ask.store.find(str(name)) for name in wanted]
    good = list({issue.id: issue for issue in found if issue is not None and not issue.archived}.values())
    ask.site.writer.rank(good, anchor, bool(before))
    if all(issue is not None and not issue.archived for issue in found):
        return nothing()
    entries: list[Json] = []
    for name, issue in zip(wanted, found, strict=True):
        if issue is not None and not issue.archived:
            entries.append({"issueId": issue.id, "issueKey": issue.key, "status": 200})
        else:
            entry = {"issueKey": str(name), "status": 404 if issue is None else 403, "errors": [MISSING]}
            entries.append({"issueId": issue.id, **entry} if issue else entry)
    return answer(ask.request, dumps({"entries": entries}), 207)


def archive(ask: Ask) -> Json:
    """PUT issue/archive."""
    return _archive(ask, True)


def unarchive(ask: Ask) -> Json:
    """PUT issue/unarchive."""
    return _archive(ask, False)


def _archive(ask: Ask, wanted: bool) -> Json:
    done, missing = 0, []
    names = ask.object().get("issueIdsOrKeys") or []
    for name in names:
        issue = ask.store.find(str(name))
        if issue is None:
            missing.append(str(name))
            continue
        changed = issue.copy()
        changed.archived = wanted
        ask.store.put(changed)
        done += 1
    errors = {}
    if missing:
        errors["issuesNotFound"] = {
            "count": len(missing), "issueIdsOrKeys": missing, "message": "Issue not found",
        }  # fmt: skip
    return {"numberOfIssuesUpdated": done, "errors": errors}


def boards(ask: Ask) -> Json:
    """GET /rest/agile/1.0/board."""
    wanted = ask.text("projectKeyOrId")
    found = []
    for number, (key, project) in enumerate(ask.store.catalog.projects.items(), 1):
        if not wanted or wanted in (key, str(project.get("id"))):
            name = project.get("name", key)
            place = {"projectId": int(project["id"]), "projectName": name, "projectKey": key, "displayName": name}
            where = f"{HERE}/rest/agile/1.0/board/{number}"
            found.append({"id": number, "self": where, "name": f"{key} board", "type": "kanban", "location": place})
    start, size = ask.number("startAt", 0), min(ask.number("maxResults", 50), 50)
    shown = found[start : start + size]
    last = start + len(shown) >= len(found)
    return {"maxResults": size, "startAt": start, "total": len(found), "isLast": last, "values": shown}
