"""Issues from a file of Jira REST issues, one a line, served as they are."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from integrations.sandbox.clock import JIRA_DATE, now_ms, parse_jira, shift_text
from integrations.sandbox.jira.catalog import Catalog, collect, make_field, make_user, system_fields
from integrations.sandbox.jira.model import UNSHARED, History, Issue, Json, dumps, shared
from integrations.sandbox.options import Options
from integrations.sandbox.people import PORTAL_ACCOUNT

RANK = re.compile(r"\d\|[0-9a-z]+:[0-9a-z]*")


def read_lines(path: Path) -> Iterator[Json]:
    """Yield the file's issues."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _moment(text: Json) -> int:
    try:
        return parse_jira(text)
    except (ValueError, TypeError):
        return 0


def _newest(given: list[Json]) -> int:
    """Return the newest moment that says something happened (due dates and sprints may lie ahead)."""
    newest = 0
    for issue in given:
        fields = issue.get("fields") or {}
        newest = max(newest, _moment(fields.get("updated")), _moment(fields.get("created")))
        for history in (issue.get("changelog") or {}).get("histories") or []:
            newest = max(newest, _moment(history.get("created")))
        for comment in (fields.get("comment") or {}).get("comments") or []:
            newest = max(newest, _moment(comment.get("updated")), _moment(comment.get("created")))
    return newest


def shift(value: Json, offset: timedelta) -> Json:
    """Move every text that is wholly a Jira date-time, however deep."""
    if isinstance(value, str):
        return shift_text(value, offset) if len(value) < 40 and JIRA_DATE.match(value) else value
    if isinstance(value, list):
        return [shift(entry, offset) for entry in value]
    if isinstance(value, dict):
        return {key: shift(entry, offset) for key, entry in value.items()}
    return value


def to_issue(given: Json) -> Issue:
    """Turn one REST issue into ours; fields it lacks stay lacking."""
    fields = dict(given.get("fields") or {})
    comments = (fields.pop("comment", None) or {}).get("comments") or []
    histories = sorted((given.get("changelog") or {}).get("histories") or [], key=lambda h: _moment(h.get("created")))
    key = str(given["key"])
    project = (fields.get("project") or {}).get("key") or key.rpartition("-")[0]
    pieces = {name: dumps(value) if name in UNSHARED else shared(dumps(value)) for name, value in fields.items()}
    return Issue(
        id=int(given["id"]),
        key=key,
        project=str(project),
        created=_moment(fields.get("created")),
        updated=_moment(fields.get("updated") or fields.get("created")),
        fields=pieces,
        histories=[
            History(
                str(h.get("id", "")),
                shared(dumps(h.get("author"))),
                h.get("created", ""),
                shared(dumps(h.get("items", []))),
            )
            for h in histories
        ],
        comments=[dumps(comment) for comment in comments],
    )


def load_file(path: Path, options: Options) -> tuple[Catalog, list[Issue]]:
    """Read a file; its lists are gathered from the issues themselves."""
    given = list(read_lines(path))
    if options.shift_to_now:
        offset = timedelta(milliseconds=now_ms() - _newest(given))
        given = [shift(issue, offset) for issue in given]
    issues = [to_issue(issue) for issue in given]
    catalog = Catalog(options.flavour)
    catalog.users[PORTAL_ACCOUNT.account_id] = make_user(PORTAL_ACCOUNT, options.flavour)
    collect(catalog, ((issue.project, issue.fields) for issue in issues))
    for issue in issues:
        catalog.projects.setdefault(issue.project, {"id": issue.project, "key": issue.project, "name": issue.project})
    catalog.fields, catalog.rank_field = _fields(issues)
    return catalog, issues


def _fields(issues: list[Issue]) -> tuple[list[Json], str]:
    """Describe the fields seen, and find the rank field by the look of its values."""
    known = system_fields()
    names = {entry["id"] for entry in known}
    ranks: Counter[str] = Counter()
    for issue in issues:
        for name, piece in issue.fields.items():
            if name not in names:
                names.add(name)
                known.append(make_field(name, name, "any", custom="com.example.file:unknown"))
            if name.startswith("customfield_") and RANK.fullmatch(piece.strip('"')):
                ranks[name] += 1
    rank = ranks.most_common(1)[0][0] if ranks else "customfield_10019"
    known = [entry for entry in known if entry["id"] != rank]
    known.append(make_field(rank, "Rank", "any", custom="com.pyxis.greenhopper.jira:gh-lexo-rank"))
    return known, rank
