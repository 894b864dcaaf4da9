"""Endpoints that find issues: search/jql of the cloud, search of Data Center, bulk fetches."""

import base64
import hashlib
import json

from starlette.responses import Response

from integrations.sandbox.clock import parse_jira
from integrations.sandbox.jira.jql import Query, parse
from integrations.sandbox.jira.model import Issue, Json, dumps, loads
from integrations.sandbox.jira.render import histories_piece, issue_piece, wanted_fields
from integrations.sandbox.jira.search import run
from integrations.sandbox.jira.web import GONE, Ask, Refused, answer

REAL_CAP, ID_CAP = 100, 5000
CACHED_SEARCHES = 64


def _query(ask: Ask) -> tuple[str, Query]:
    text = ask.text("jql")
    query = parse(text)
    if ask.site.cloud and query.where is None:
        raise Refused(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
    return text, query


def _found(ask: Ask, key: str, query: Query, fresh: frozenset[int]) -> list[int]:
    """Run a query, or take what a former page of it found, so that a pager sees one state."""
    pages = ask.site.pages
    if key not in pages:
        while len(pages) >= CACHED_SEARCHES:
            pages.pop(next(iter(pages)))
        pages[key] = run(ask.store, query, fresh)
    return pages[key]


def _token(text: str, key: str, at: int) -> str:
    jql = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
    return base64.urlsafe_b64encode(json.dumps([jql, key, at]).encode()).decode()


def _read_token(text: str, token: str) -> tuple[str, int]:
    try:
        jql, key, at = json.loads(base64.urlsafe_b64decode(token))
        at = int(at)
    except (ValueError, TypeError):
        raise Refused(400, "The provided next page token is invalid or expired.") from None
    if jql != hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]:
        raise Refused(400, "The provided next page token does not belong to this JQL query.")
    return str(key), at


def search_jql(ask: Ask) -> str:
    """GET and POST search/jql."""
    text, query = _query(ask)
    names = ask.words("fields")
    fields, expand = wanted_fields(names, ("id",)), set(ask.words("expand") or ())
    only_ids = fields[0] is not None and fields[0] <= {"id", "key"}
    size = ask.number("maxResults", 50)
    if size < 1:
        raise Refused(400, "The value of maxResults must be greater than zero.")
    size = min(size, ID_CAP if only_ids and not expand else REAL_CAP)
    try:
        fresh = frozenset(int(word) for word in ask.words("reconcileIssues") or ())
    except ValueError:
        raise Refused(400, "reconcileIssues must be issue ids.") from None
    if len(fresh) > 50:
        raise Refused(400, "At most 50 issues can be reconciled.")
    token = ask.text("nextPageToken")
    if token:
        key, at = _read_token(text, token)
    else:
        key, at = f"{ask.store.generation}:{len(ask.site.pages)}:{hash((text, fresh)) & 0xFFFFFFFF:x}", 0
        ask.site.pages.pop(key, None)
    found = _found(ask, key, query, fresh)
    end = at + size
    issues = _issues(ask, found[at:end])
    properties = ask.words("properties") or ()
    body = ",".join(issue_piece(ask.store, issue, fields, expand, ask.version, properties) for issue in issues)
    names_part = f',"names":{dumps(ask.store.catalog.field_names())}' if "names" in expand else ""
    if end < len(found):
        return f'{{"issues":[{body}],"nextPageToken":"{_token(text, key, end)}","isLast":false{names_part}}}'
    return f'{{"issues":[{body}],"isLast":true{names_part}}}'


def _issues(ask: Ask, numbers: list[int]) -> list[Issue]:
    return [ask.store.issues[number] for number in numbers if number in ask.store.issues]


def search(ask: Ask) -> Response | str:
    """GET and POST search: gone from the cloud, alive on Data Center."""
    if ask.site.cloud:
        return answer(ask.request, dumps({"errorMessages": [GONE], "errors": {}}), 410)
    _, query = _query(ask)
    start, size = ask.number("startAt", 0), min(ask.number("maxResults", 50), 1000)
    found = run(ask.store, query)
    fields, expand = wanted_fields(ask.words("fields"), ("*all",)), set(ask.words("expand") or ())
    issues = _issues(ask, found[start : start + size])
    body = ",".join(issue_piece(ask.store, issue, fields, expand, ask.version) for issue in issues)
    return f'{{"expand":"schema,names","startAt":{start},"maxResults":{size},"total":{len(found)},"issues":[{body}]}}'


def approximate_count(ask: Ask) -> Json:
    """POST search/approximate-count."""
    _, query = _query(ask)
    return {"count": len(run(ask.store, query))}


def bulk_fetch(ask: Ask) -> str:
    """POST issue/bulkfetch: by id, missing ones silently absent."""
    body = ask.object()
    wanted = body.get("issueIdsOrKeys")
    if not isinstance(wanted, list) or not wanted:
        raise Refused(400, "issueIdsOrKeys must be a list with at least one issue.")
    if len(wanted) > REAL_CAP:
        raise Refused(400, f"At most {REAL_CAP} issues can be fetched at once.")
    found = {issue.id: issue for text in wanted if (issue := ask.store.find(str(text))) is not None}
    fields, expand = wanted_fields(body.get("fields"), ("*all",)), set(ask.words("expand") or ())
    properties = body.get("properties") or ()
    pieces = (issue_piece(ask.store, found[n], fields, expand, ask.version, properties) for n in sorted(found))
    return f'{{"issues":[{",".join(pieces)}],"issueErrors":[]}}'


def changelog(ask: Ask) -> str:
    """GET issue/{id}/changelog: oldest first, paged."""
    if not ask.site.cloud:
        raise Refused(404, "null for uri: " + ask.request.url.path)
    issue = ask.issue()
    start, size = ask.number("startAt", 0), min(ask.number("maxResults", 100), 100)
    shown, total = issue.histories[start : start + size], len(issue.histories)
    last = "true" if start + len(shown) >= total else "false"
    return (
        f'{{"maxResults":{size},"startAt":{start},"total":{total},"isLast":{last},"values":[{histories_piece(shown)}]}}'
    )


def changelog_bulk(ask: Ask) -> str:
    """POST changelog/bulkfetch: oldest first over all named issues, by token."""
    body = ask.object()
    wanted, field_ids = body.get("issueIdsOrKeys"), body.get("fieldIds")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= 1000:
        raise Refused(400, "issueIdsOrKeys must name between 1 and 1000 issues.")
    if isinstance(field_ids, list) and len(field_ids) > 10:
        raise Refused(400, "At most 10 fieldIds can be named.")
    size = min(max(ask.number("maxResults", 1000), 1), 10_000)
    mark, token = ",".join(sorted(map(str, wanted))), body.get("nextPageToken")
    at = _read_token(mark, str(token))[1] if token else 0
    issues = {issue.id: issue for text in wanted if (issue := ask.store.find(str(text))) is not None}
    rows = [
        (parse_jira(history.created), number, place)
        for number, issue in issues.items()
        for place, history in enumerate(issue.histories)
        if not field_ids or any(entry.get("fieldId") in field_ids for entry in loads(history.items))
    ]
    rows.sort()
    grouped: dict[int, list[str]] = {}
    for moment, number, place in rows[at : at + size]:
        history = issues[number].histories[place]
        piece = history.piece()
        if ask.site.bulk_dates_as_numbers:
            piece = piece.replace(f'"created":"{history.created}"', f'"created":{moment}', 1)
        grouped.setdefault(number, []).append(piece)
    logs = ",".join(f'{{"issueId":"{n}","changeHistories":[{",".join(g)}]}}' for n, g in grouped.items())
    more = f',"nextPageToken":"{_token(mark, "log", at + size)}"' if at + size < len(rows) else ""
    return f'{{"issueChangeLogs":[{logs}]{more}}}'
