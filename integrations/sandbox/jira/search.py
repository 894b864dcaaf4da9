"""Run a parsed query, and order what is found."""

from collections.abc import Callable, Iterable
from functools import cmp_to_key

from integrations.sandbox.jira.jql import Clause, Join, Node, Query
from integrations.sandbox.jira.meaning import Compiler, key_number, read_moment
from integrations.sandbox.jira.model import Issue, Json, named
from integrations.sandbox.jira.store import Store


def _order_key(compiler: Compiler, name: str) -> Callable[[Issue], Json]:
    """Return a sort key; issues without a value come last, so the key starts with that."""
    name = compiler.field(name)
    if name == "id":
        return lambda issue: (False, issue.id)
    if name == "key":
        return lambda issue: (False, issue.project, key_number(issue))
    if name == "updated":
        return lambda issue: (False, issue.updated)
    if name == "created":
        return lambda issue: (False, issue.created)
    if name in ("priority", "status"):
        entries = compiler.catalog.priorities if name == "priority" else compiler.catalog.statuses
        # Ascending priority starts at the lowest.
        sign = -1 if name == "priority" else 1
        places = {str(key): sign * at for at, key in enumerate(entries)}
        return lambda issue: (not issue.value(name), places.get(str((issue.value(name) or {}).get("id")), 0))
    return lambda issue: (issue.value(name) in (None, [], ""), _plain(issue.value(name)))


def _plain(value: Json) -> str:
    return " ".join(map(named, value)).lower() if isinstance(value, list) else named(value)


def _since(node: Node | None, compiler: Compiler) -> int | None:
    """Return a lower bound of `updated` that every hit must keep, if the query states one."""
    parts: Iterable[Node] = node.parts if isinstance(node, Join) and node.word == "and" else (node,) if node else ()
    for part in parts:
        if isinstance(part, Clause) and part.op in (">=", ">") and compiler.field(part.field) == "updated":
            value = part.values[0]
            if not value.function:
                try:
                    return read_moment(value.text, compiler.store.zone, compiler.at)
                except ValueError:
                    return None
    return None


def run(store: Store, query: Query, fresh: frozenset[int] = frozenset()) -> list[int]:
    """Return the ids of matching issues in the wanted order (by id downwards where none is named)."""
    compiler = Compiler(store)
    since = _since(query.where, compiler)
    # A restriction by `updated` is answered from an index: a poll must not cost more on a large site.
    candidates = store.updated_since(since) if since is not None else None
    test = compiler.test(query.where) if query.where else None
    found = [issue for issue in candidates or store.searchable(fresh) if test is None or test(issue)]
    found.sort(key=lambda issue: issue.id, reverse=not query.order)
    for name, descending in reversed(query.order):
        key = _order_key(compiler, name)
        if descending:
            found.sort(key=cmp_to_key(_descending(key)))
        else:
            found.sort(key=key)
    return [issue.id for issue in found]


def _descending(key: Callable[[Issue], Json]) -> Callable[[Issue, Issue], int]:
    """Compare backwards, but leave issues without a value at the end."""

    def compare(one: Issue, other: Issue) -> int:
        a, b = key(one), key(other)
        if a[0] != b[0]:
            return 1 if a[0] else -1
        return int(a[1:] < b[1:]) - int(a[1:] > b[1:])

    return compare
