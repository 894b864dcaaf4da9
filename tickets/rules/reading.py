"""Read a Jira issue, as any Jira may send it, into plain facts.

Everything but the id and the key may be missing, null, or of another shape than expected: what cannot be read is left
empty, never an error. `Unreadable` is for an issue that cannot be told from others.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickets.rules.richtext import plain
from tickets.rules.shapes import moment, name_of, names_of, text, text_or_none, texts, whole

READER = 2  # raise it when facts are read in another way, so that a full run writes them again
SMALLINT = 32_767
SUMMARY = 2_000  # characters; Jira itself takes 255, and the index of words does not bear megabytes
FIELDS = (
    "summary", "status", "issuetype", "project", "priority", "resolution", "resolutiondate", "labels", "components",
    "fixVersions", "versions", "assignee", "reporter", "creator", "created", "updated", "parent", "issuelinks",
    "comment", "description", "environment", "statuscategorychangedate", "archiveddate",
)


class Unreadable(ValueError):
    """An issue without a usable id, key or creation time."""


@dataclass(frozen=True)
class FieldIds:
    """The custom fields of this Jira; empty where there is none."""

    severity: str = ""
    epic: str = ""
    rank: str = ""


@dataclass(frozen=True)
class UserFacts:
    account_id: str
    display_name: str
    email: str
    active: bool


@dataclass(frozen=True)
class StatusFacts:
    id: str
    name: str
    category: str


@dataclass(frozen=True)
class ChangeFacts:
    """One item of the change log; `at` aware, in UTC."""

    history_id: int
    position: int
    at: datetime
    author: str | None
    field: str
    field_id: str
    from_value: str | None
    from_text: str | None
    to_value: str | None
    to_text: str | None


@dataclass(frozen=True)
class CommentFacts:
    id: int
    author: str | None
    body: str
    created: datetime
    updated: datetime
    is_public: bool


@dataclass(frozen=True)
class LinkFacts:
    jira_id: int
    phrase: str
    other_key: str
    other_summary: str
    other_status: str


@dataclass(frozen=True)
class IssueFacts:
    """All that is mirrored of one issue. Times are aware, in UTC."""

    id: int
    key: str
    project_key: str
    kind: str
    status: StatusFacts | None
    resolution: str
    priority: str
    severity: str
    labels: tuple[str, ...]
    components: tuple[str, ...]
    fix_versions: tuple[str, ...]
    epic_key: str
    parent_key: str
    assignee: str | None
    reporter: str | None
    summary: str
    description: str
    environment: str
    created: datetime
    updated: datetime
    resolved: datetime | None
    archived: bool
    changes: tuple[ChangeFacts, ...]
    has_changelog: bool
    comments: tuple[CommentFacts, ...] | None
    links: tuple[LinkFacts, ...]
    users: tuple[UserFacts, ...]
    payload: Mapping[str, Any]
    digest: str
    cleaned: bool


class _Users:
    """Gathers everyone an issue names, once."""

    def __init__(self) -> None:
        self.seen: dict[str, UserFacts] = {}

    def take(self, raw: object) -> str | None:
        if not isinstance(raw, Mapping):
            return None
        account = text(raw.get("accountId") or raw.get("key") or raw.get("name"))[:255]
        if not account:
            return None
        self.seen.setdefault(
            account,
            UserFacts(account, text(raw.get("displayName"))[:255], text(raw.get("emailAddress"))[:320],
                      raw.get("active") is not False),
        )
        return account


def read_issue(raw: Mapping[str, Any], ids: FieldIds, *, digest: str = "", cleaned: bool = False) -> IssueFacts:
    """The facts of one issue in the shape of a Jira REST issue. Raises `Unreadable` without id, key or `created`.

    `digest`: of the issue as the search sent it, where its change log was completed afterwards.
    """
    fields = raw.get("fields")
    fields = fields if isinstance(fields, Mapping) else {}
    identity, key = whole(raw.get("id")), text(raw.get("key"))[:80]
    created = moment(fields.get("created"))
    if identity is None or not key or created is None:
        raise Unreadable(f"an issue without id, key or creation time: id {raw.get('id')!r}, key {raw.get('key')!r}")
    updated = moment(fields.get("updated")) or created
    users = _Users()
    log = raw.get("changelog")
    summary = text(fields.get("summary"))
    changes = read_changes(log, users) if isinstance(log, Mapping) else ()
    comments = read_comments(fields.get("comment"), users)
    kept = {name: value for name, value in raw.items() if name != "changelog"}
    return IssueFacts(
        id=identity, key=key, project_key=_project(fields, key), kind=name_of(fields.get("issuetype")),
        status=read_status(fields.get("status")), resolution=name_of(fields.get("resolution")),
        priority=name_of(fields.get("priority")), severity=_option(fields.get(ids.severity) if ids.severity else None),
        labels=texts(fields.get("labels")), components=names_of(fields.get("components")),
        fix_versions=names_of(fields.get("fixVersions")), epic_key=_epic(fields, ids), parent_key=_parent(fields),
        assignee=users.take(fields.get("assignee")), reporter=users.take(fields.get("reporter")),
        summary=summary[:SUMMARY], description=plain(fields.get("description")),
        environment=plain(fields.get("environment")), created=created, updated=updated,
        resolved=moment(fields.get("resolutiondate")), archived=bool(fields.get("archiveddate") or raw.get("archived")),
        changes=changes, has_changelog=isinstance(log, Mapping), comments=comments,
        links=read_links(fields.get("issuelinks")), users=tuple(users.seen.values()), payload=kept,
        digest=digest or digest_of(raw, ids), cleaned=cleaned or len(summary) > SUMMARY,
    )


def digest_of(raw: Mapping[str, Any], ids: FieldIds) -> str:
    """The same for the same issue read in the same way; whatever differs in it, differs here."""
    settled = json.dumps(raw, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    told = f"{READER}|{ids.severity}|{ids.epic}|"
    return hashlib.blake2b((told + settled).encode(), digest_size=16).hexdigest()


def field_ids(fields: Sequence[Mapping[str, Any]], *, severity: str, epic: str, rank: str) -> FieldIds:
    """The custom fields of a Jira by their schema; severity has none and goes by its name. What is given wins."""
    by_schema: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for field in fields:
        schema = field.get("schema")
        custom = text(schema.get("custom")) if isinstance(schema, Mapping) else ""
        if custom:
            by_schema.setdefault(custom.rpartition(":")[2], text(field.get("id")))
            by_name.setdefault(text(field.get("name")).casefold(), text(field.get("id")))
    return FieldIds(
        severity=severity or by_name.get("severity", ""),
        epic=epic or by_schema.get("gh-epic-link", ""),
        rank=rank or by_schema.get("gh-lexo-rank", ""),
    )


def asked_fields(ids: FieldIds) -> list[str]:
    """What a search names: all that is mirrored, in a settled order (paging wants the same list on every page)."""
    return [*FIELDS, *(name for name in (ids.severity, ids.epic, ids.rank) if name)]


def read_status(raw: object) -> StatusFacts | None:
    """The status; one without an id (a file, an old server) is known by its name."""
    if not isinstance(raw, Mapping):
        return None
    name = text(raw.get("name"))
    identity = text(raw.get("id")) or (f"name:{name}" if name else "")
    if not identity:
        return None
    category = raw.get("statusCategory")
    told = text(category.get("key")) if isinstance(category, Mapping) else ""
    return StatusFacts(identity[:255], (name or identity)[:255], told[:20])


def read_changes(log: Mapping[str, Any], users: _Users) -> tuple[ChangeFacts, ...]:
    """Every item of every history, oldest first. Cloud's own pages say `values`, everybody else `histories`."""
    histories = log.get("histories") or log.get("values") or ()
    found = []
    for history in histories if isinstance(histories, Sequence) else ():
        if not isinstance(history, Mapping):
            continue
        identity, at = whole(history.get("id")), moment(history.get("created"))
        items = history.get("items")
        if identity is None or at is None or not isinstance(items, Sequence):
            continue
        author = users.take(history.get("author"))
        for position, item in enumerate(items[:SMALLINT]):
            if isinstance(item, Mapping):
                found.append(_change(item, identity, position, at, author))
    return tuple(sorted(found, key=lambda change: (change.at, change.history_id, change.position)))


def _change(
    item: Mapping[str, Any], history_id: int, position: int, at: datetime, author: str | None
) -> ChangeFacts:
    field = text(item.get("field"))[:255]
    return ChangeFacts(
        history_id=history_id, position=position, at=at, author=author, field=field,
        field_id=text(item.get("fieldId"))[:255] or field,
        from_value=text_or_none(item.get("from")), from_text=text_or_none(item.get("fromString")),
        to_value=text_or_none(item.get("to")), to_text=text_or_none(item.get("toString")),
    )


def read_comments(raw: object, users: _Users) -> tuple[CommentFacts, ...] | None:
    """The comments, or None where the answer does not speak of comments at all."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("comments"), Sequence):
        return None
    found = {}
    for comment in raw["comments"]:
        if not isinstance(comment, Mapping):
            continue
        identity, created = whole(comment.get("id")), moment(comment.get("created"))
        if identity is None or created is None:
            continue
        found[identity] = CommentFacts(
            id=identity, author=users.take(comment.get("author")), body=plain(comment.get("body")), created=created,
            updated=moment(comment.get("updated")) or created, is_public=comment.get("jsdPublic") is not False,
        )
    return tuple(found.values())


def read_links(raw: object) -> tuple[LinkFacts, ...]:
    """Links from this issue's side. A file's link may lack an id: those cannot be told apart and are left out."""
    found: dict[int, LinkFacts] = {}
    for link in raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ():
        if not isinstance(link, Mapping):
            continue
        identity, kind = whole(link.get("id")), link.get("type")
        outward = isinstance(link.get("outwardIssue"), Mapping)
        other = link.get("outwardIssue") if outward else link.get("inwardIssue")
        if identity is None or not isinstance(other, Mapping):
            continue
        phrase = text(kind.get("outward" if outward else "inward")) if isinstance(kind, Mapping) else ""
        about = other.get("fields")
        about = about if isinstance(about, Mapping) else {}
        found[identity] = LinkFacts(
            identity, (phrase or "is linked to")[:255], text(other.get("key"))[:80],
            text(about.get("summary"))[:SUMMARY], name_of(about.get("status")),
        )
    return tuple(found.values())


def _project(fields: Mapping[str, Any], key: str) -> str:
    project = fields.get("project")
    told = text(project.get("key")) if isinstance(project, Mapping) else ""
    return (told or key.rpartition("-")[0])[:40]


def _option(raw: object) -> str:
    if isinstance(raw, Mapping):
        return text(raw.get("value") or raw.get("name"))[:255]
    if isinstance(raw, list) and raw:
        return _option(raw[0])
    return text(raw)[:255]


def _epic(fields: Mapping[str, Any], ids: FieldIds) -> str:
    told = fields.get(ids.epic) if ids.epic else None
    if isinstance(told, str) and told:
        return told[:80]
    for raw in (fields.get("epic"), fields.get("parent")):
        if isinstance(raw, Mapping):
            about = raw.get("fields")
            kind = name_of(about.get("issuetype")) if isinstance(about, Mapping) else ""
            if raw is fields.get("epic") or kind == "Epic":
                return text(raw.get("key"))[:80]
    return ""


def _parent(fields: Mapping[str, Any]) -> str:
    parent = fields.get("parent")
    return text(parent.get("key"))[:80] if isinstance(parent, Mapping) else ""
