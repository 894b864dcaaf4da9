"""How issues are shown: chosen fields, v2 or v3, with what `expand` asks for."""

from collections.abc import Collection
from functools import lru_cache

from integrations.sandbox.jira.model import HERE, History, Issue, dumps, loads
from integrations.sandbox.jira.richtext import as_adf, as_wiki
from integrations.sandbox.jira.store import Store

RICH = frozenset({"description", "environment"})
# What the real search gives of a long change log; `total` still tells the whole length.
NEWEST_HISTORIES = 40
NAVIGABLE_EXCEPT = frozenset({"comment", "worklog", "attachment", "timetracking"})


@lru_cache(maxsize=20_000)
def _rich(piece: str, version: int) -> str:
    value = loads(piece)
    return dumps(as_adf(value) if version == 3 else as_wiki(value))


def rich_piece(piece: str, version: int) -> str:
    """Return a rich text piece in a version's form, at no cost where it already is."""
    if version == 2 and piece[:1] == '"':
        return piece
    return piece if piece == "null" else _rich(piece, version)


@lru_cache(maxsize=20_000)
def comment_piece(piece: str, version: int, with_properties: bool = False) -> str:
    """Return one comment in a version's form."""
    comment = dict(loads(piece))
    if "body" in comment:
        comment["body"] = as_adf(comment["body"]) if version == 3 else as_wiki(comment["body"])
    if not with_properties:
        comment.pop("properties", None)
    return dumps(comment)


def comments_piece(issue: Issue, version: int) -> str:
    """Return the `comment` field."""
    body = ",".join(comment_piece(piece, version) for piece in issue.comments)
    where = f"{HERE}/rest/api/{version}/issue/{issue.id}/comment"
    count = len(issue.comments)
    return f'{{"comments":[{body}],"self":"{where}","maxResults":{count},"total":{count},"startAt":0}}'


def wanted_fields(given: str | list[str] | None, default: Collection[str]) -> tuple[set[str] | None, set[str]]:
    """Read the `fields` parameter: (the named ones, or None for all; the excluded ones)."""
    if given is None:
        return (None if "*all" in default else set(default)), set()
    names = given.split(",") if isinstance(given, str) else given
    cleaned = [name.strip() for name in names if name.strip()]
    excluded = {name[1:] for name in cleaned if name.startswith("-")}
    included = {name for name in cleaned if not name.startswith("-")}
    if "*navigable" in included:
        excluded |= NAVIGABLE_EXCEPT - included
    if "*all" in included or "*navigable" in included or not included:
        return None, excluded
    return included, excluded


def fields_piece(issue: Issue, wanted: set[str] | None, excluded: set[str], version: int) -> str:
    """Return the `fields` object."""
    pieces = []
    for name, piece in issue.fields.items():
        if (wanted is None or name in wanted) and name not in excluded:
            pieces.append(f'"{name}":{rich_piece(piece, version) if name in RICH else piece}')
    if (wanted is None or "comment" in wanted) and "comment" not in excluded:
        pieces.append(f'"comment":{comments_piece(issue, version)}')
    return "{" + ",".join(pieces) + "}"


def histories_piece(histories: list[History]) -> str:
    """Return entries of a change log, joined."""
    return ",".join(history.piece() for history in histories)


def changelog_piece(issue: Issue, limit: int | None) -> str:
    """Return `changelog`: newest first and only so many, or everything, oldest first, without a limit."""
    total = len(issue.histories)
    shown = issue.histories if limit is None else issue.histories[::-1][:limit]
    size = total if limit is None else min(limit, total)
    return f'{{"startAt":0,"maxResults":{size},"total":{total},"histories":[{histories_piece(shown)}]}}'


def issue_piece(
    store: Store,
    issue: Issue,
    fields: tuple[set[str] | None, set[str]],
    expand: Collection[str] = (),
    version: int = 2,
    properties: Collection[str] = (),
) -> str:
    """Return one issue. With no wanted field at all only id, key and self are shown."""
    parts = [
        f'"expand":"renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",'
        f'"id":"{issue.id}","self":"{HERE}/rest/api/{version}/issue/{issue.id}","key":"{issue.key}"'
    ]
    wanted, excluded = fields
    if wanted == {"id"}:
        parts = [f'"id":"{issue.id}"']
    elif wanted is None or not wanted <= {"id", "key"}:
        parts.append(f'"fields":{fields_piece(issue, wanted, excluded, version)}')
    if "changelog" in expand:
        limit = NEWEST_HISTORIES if store.catalog.flavour == "cloud" else None
        parts.append(f'"changelog":{changelog_piece(issue, limit)}')
    if "names" in expand:
        parts.append(f'"names":{dumps(store.catalog.field_names())}')
    if properties:
        chosen = (
            issue.properties
            if "*all" in properties
            else {p: issue.properties[p] for p in properties if p in issue.properties}
        )
        parts.append('"properties":{' + ",".join(f"{dumps(k)}:{v}" for k, v in chosen.items()) + "}")
    return "{" + ",".join(parts) + "}"
