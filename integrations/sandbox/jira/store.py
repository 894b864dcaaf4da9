"""All issues in memory, indexed, written through to the state file."""

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from integrations.sandbox.clock import jira_text, now_ms
from integrations.sandbox.jira.catalog import Catalog
from integrations.sandbox.jira.model import History, Issue, Json, dumps, loads, shared
from integrations.sandbox.people import PORTAL_ACCOUNT
from integrations.sandbox.storage import Storage


class Store:
    """The issues of one site."""

    def __init__(self, storage: Storage, catalog: Catalog, index_delay_seconds: float = 0.0) -> None:
        """Make an empty store over a state file."""
        self.storage = storage
        self.catalog = catalog
        self.index_delay_ms = int(index_delay_seconds * 1000)
        self.zone = PORTAL_ACCOUNT.zone
        self.issues: dict[int, Issue] = {}
        self.by_key: dict[str, int] = {}
        self.generation = 0
        self._by_updated: list[tuple[int, int]] = []
        self._lagging: dict[int, tuple[Issue | None, int]] = {}
        self._next_issue = self._next_history = self._next_comment = 10_000
        self._next_number: dict[str, int] = {}
        self.next_link = 20_000

    # Reading

    def find(self, wanted: str) -> Issue | None:
        """Find an issue by id, key or former key; archived ones too."""
        if wanted.isdigit():
            return self.issues.get(int(wanted))
        number = self.by_key.get(wanted.upper())
        return None if number is None else self.issues.get(number)

    def searchable(self, fresh: frozenset[int] = frozenset()) -> Iterator[Issue]:
        """Yield what search knows, by id: as of the index delay ago, but `fresh` ids as they are now."""
        lagging = self._lagging_now()
        for number in sorted(self.issues.keys() | lagging.keys()) if lagging else self.issues:
            issue = self.issues.get(number) if number not in lagging or number in fresh else lagging[number][0]
            if issue is not None and not issue.archived:
                yield issue

    def updated_since(self, ms: int) -> Iterator[Issue] | None:
        """Yield issues updated at or after a moment, or None where the index lags and cannot tell."""
        if self._lagging_now():
            return None
        start = bisect_left(self._by_updated, (ms, 0))
        issues = (self.issues[number] for _, number in self._by_updated[start:])
        return (issue for issue in issues if not issue.archived)

    def _lagging_now(self) -> dict[int, tuple[Issue | None, int]]:
        if self._lagging:
            now = now_ms()
            gone = [number for number, (_, until) in self._lagging.items() if until <= now]
            for number in gone:
                del self._lagging[number]
            self.generation += bool(gone)
        return self._lagging

    def text(self, ms: int) -> str:
        """Write a moment in the zone of the portal's account."""
        return jira_text(ms, self.zone)

    # Writing

    def load(self, issues: Iterable[Issue]) -> None:
        """Take issues into memory without writing them."""
        for issue in sorted(issues, key=lambda found: found.id):
            self.issues[issue.id] = issue
            self._index(issue)
        self._by_updated = sorted((issue.updated, issue.id) for issue in self.issues.values())
        for project, number in json.loads(self.storage.get_meta("numbers") or "{}").items():
            self._next_number[project] = max(self._next_number.get(project, 1), number)
        self._next_issue = max(self._next_issue, self._next_number.pop("", 0))

    def load_and_save(self, issues: list[Issue]) -> None:
        """Take new issues into memory and into the state file, in one transaction."""
        self.load(issues)
        self.storage.put_many("issue", ((str(issue.id), issue.row()) for issue in issues))

    def _index(self, issue: Issue) -> None:
        self.by_key[issue.key] = issue.id
        for key in issue.former:
            self.by_key.setdefault(key, issue.id)
        self._next_issue = max(self._next_issue, issue.id + 1)
        for key in (issue.key, *issue.former):
            project, _, number = key.rpartition("-")
            if number.isdigit():
                self._next_number[project] = max(self._next_number.get(project, 1), int(number) + 1)
        for history in issue.histories[-1:]:
            if history.id.isdigit():
                self._next_history = max(self._next_history, int(history.id) + 1)
        for comment in issue.comments[-1:]:
            number = str(loads(comment).get("id", ""))
            if number.isdigit():
                self._next_comment = max(self._next_comment, int(number) + 1)

    def put(self, issue: Issue) -> None:
        """Replace or add one issue and write it through."""
        before = self.issues.get(issue.id)
        self._lag(issue.id, before)
        if before is not None:
            at = bisect_left(self._by_updated, (before.updated, before.id))
            del self._by_updated[at]
        insort(self._by_updated, (issue.updated, issue.id))
        self.issues[issue.id] = issue
        self._index(issue)
        self.generation += 1
        self.storage.put("issue", str(issue.id), issue.row())

    def remove(self, issue: Issue) -> None:
        """Delete one issue for good."""
        self._lag(issue.id, self.issues.get(issue.id))
        del self._by_updated[bisect_left(self._by_updated, (issue.updated, issue.id))]
        del self.issues[issue.id]
        self.by_key = {key: number for key, number in self.by_key.items() if number != issue.id}
        self.generation += 1
        self.storage.delete("issue", str(issue.id))

    def _lag(self, number: int, before: Issue | None) -> None:
        if self.index_delay_ms:
            seen = self._lagging.get(number)
            self._lagging[number] = (seen[0] if seen else before, now_ms() + self.index_delay_ms)

    def new_issue_id(self) -> int:
        """Return the next free numeric id."""
        self._next_issue += 1
        return self._next_issue - 1

    def new_key(self, project: str) -> str:
        """Return the next free key of a project."""
        number = self._next_number.get(project, 1)
        self._next_number[project] = number + 1
        # Kept, so that an id or key is never given twice: not even when its issue was deleted before a restart.
        self.storage.set_meta("numbers", dumps({**self._next_number, "": self._next_issue}))
        return f"{project}-{number}"

    def new_comment_id(self) -> str:
        """Return the next free comment id."""
        self._next_comment += 1
        return str(self._next_comment - 1)

    def record(self, issue: Issue, author: Json, items: list[Json], at: int) -> History:
        """Append a change to an issue's log and touch `updated`. The caller puts the issue."""
        self._next_history += 1
        history = History(str(self._next_history - 1), shared(dumps(author)), self.text(at), dumps(items))
        issue.histories.append(history)
        self.touch(issue, at)
        return history

    def touch(self, issue: Issue, at: int) -> None:
        """Set `updated`; it never goes back and always moves, as a version of the issue does."""
        issue.updated = max(at, issue.updated + 1)
        issue.set("updated", self.text(issue.updated))
