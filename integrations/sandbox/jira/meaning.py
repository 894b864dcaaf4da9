"""What JQL means: a tree compiled to a test on issues."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.sandbox.clock import now_ms, parse_jira
from integrations.sandbox.jira.jql import Clause, Join, JqlError, Node, Not, Value
from integrations.sandbox.jira.model import Issue, Json, named, person_id
from integrations.sandbox.jira.store import Store

Test = Callable[[Issue], bool]
RELATIVE = re.compile(r"([+-]?)(\d+)([wdhmM])")
UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "M": 60_000}
ALIASES = {
    "type": "issuetype", "issuekey": "key", "issue": "key", "updateddate": "updated", "createddate": "created",
    "resolved": "resolutiondate", "component": "components", "fixversion": "fixVersions", "label": "labels",
    "affectedversion": "versions", "due": "duedate", "fixversions": "fixVersions",
}  # fmt: skip
DATES = frozenset({"created", "updated", "resolutiondate", "duedate", "statuscategorychangedate"})
PEOPLE = frozenset({"assignee", "reporter", "creator"})
TEXTS = frozenset({"summary", "description", "environment"})
NAMED = frozenset({"status", "priority", "resolution", "issuetype", "components", "fixVersions", "versions"})
EMPTY = frozenset({"empty", "null"})


def read_moment(text: str, zone: str, at: int) -> int:
    """Read a JQL date: a literal in the account's zone, to the minute, or relative to now (in ms)."""
    relative = RELATIVE.fullmatch(text)
    if relative:
        amount = int(relative[2]) * UNITS[relative[3]]
        return at - amount if relative[1] == "-" else at + amount
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        try:
            # At the end of summer time an hour happens twice: fold=0 takes the earlier one, as Jira does.
            return round(datetime.strptime(text, form).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
        except ValueError:
            continue
    if text.isdigit():
        return int(text)
    raise ValueError(text)


class Compiler:
    """Turns clauses into tests; knows the site's lists, so that unknown values are refused."""

    def __init__(self, store: Store) -> None:
        """Compile against one store, now."""
        self.store = store
        self.catalog = store.catalog
        self.at = now_ms()
        self.custom: dict[str, str] = {}
        for entry in self.catalog.fields:
            for name in (*entry["clauseNames"], entry["id"]):
                self.custom[name.lower()] = entry["id"]

    def field(self, name: str) -> str:
        """Resolve a clause's field, or refuse it."""
        name = ALIASES.get(name, name)
        if name in ("key", "id", "text", "statuscategory", "comment", "project", "rank", "epic link", "labels"):
            return {"rank": self.catalog.rank_field, "epic link": self.catalog.epic_field}.get(name, name)
        if name in DATES | PEOPLE | TEXTS | NAMED | {"parent"}:
            return name
        if name in self.custom:
            return self.custom[name]
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")

    def test(self, node: Node) -> Test:
        """Compile one node."""
        if isinstance(node, Not):
            inner = self.test(node.inner)
            return lambda issue: not inner(issue)
        if isinstance(node, Join):
            parts = [self.test(part) for part in node.parts]
            if node.word == "and":
                return lambda issue: all(part(issue) for part in parts)
            return lambda issue: any(part(issue) for part in parts)
        return self.clause(node)

    def clause(self, clause: Clause) -> Test:
        """Compile `field op value`."""
        field, op = self.field(clause.field), clause.op
        words = list(clause.values)
        if op in ("is", "is not") or (op in ("=", "!=") and _is_empty(words[0])):
            if not _is_empty(words[0]):
                raise JqlError(f"The operator '{op}' only supports EMPTY or NULL.")
            wanted = op in ("is", "=")
            return lambda issue: (issue.value(field) in (None, [], "")) is wanted
        if op in ("~", "!~"):
            return self._contains(field, words[0].text, op == "~")
        if field in DATES:
            return self._date(clause, field)
        if op in (">", "<", ">=", "<="):
            return self._ordered(field, op, words[0])
        inside = self._inside(field, words)
        if op in ("=", "in"):
            return inside
        # As in Jira, `!=` and `not in` never match an issue that has no value.
        if field in ("project", "key", "id", "statuscategory"):
            return lambda issue: not inside(issue)
        return lambda issue: issue.value(field) not in (None, []) and not inside(issue)

    def _inside(self, field: str, values: list[Value]) -> Test:
        if field == "project":
            keys = {self._project(value.text) for value in values}
            return lambda issue: issue.project in keys
        if field in ("key", "id"):
            ids = {self._issue(value.text, field) for value in values}
            return lambda issue: issue.id in ids
        if field == "statuscategory":
            wanted = {value.text.lower() for value in values}
            return lambda issue: bool(wanted & _category(issue.value("status")))
        if field in PEOPLE:
            people = {self._person(value) for value in values}
            return lambda issue: person_id(issue.value(field)) in people
        lowered = {value.text.lower() for value in values}
        if field in NAMED:
            self._known(field, values)
        empty = any(_is_empty(value) for value in values)
        return lambda issue: _matches(issue.value(field), lowered, empty)

    def _ordered(self, field: str, op: str, value: Value) -> Test:
        compare = _comparison(op)
        if field in ("key", "id"):
            bound = self._issue(value.text, field)
            if field == "id":
                return lambda issue: compare(issue.id, bound)
            project = self.store.issues[bound].project
            number = key_number(self.store.issues[bound])
            return lambda issue: issue.project == project and compare(key_number(issue), number)
        if field == "priority":
            ranks = {named(entry).lower(): -at for at, entry in enumerate(self.catalog.priorities.values())}
            bound = ranks.get(value.text.lower(), 0)
            return lambda issue: compare(ranks.get(named(issue.value("priority")).lower(), -99), bound)
        raise JqlError(f"The operator '{op}' is not supported by the '{field}' field.")

    def _date(self, clause: Clause, field: str) -> Test:
        value = clause.values[0]
        try:
            bound = self._function(value) if value.function else read_moment(value.text, self.store.zone, self.at)
        except ValueError:
            raise JqlError(
                f"Date value '{value.text}' for field '{clause.field}' is invalid. Valid formats include: "
                "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. "
                "'-5d', '4w 2d'."
            ) from None
        compare = _comparison(clause.op)
        if field == "updated":
            return lambda issue: compare(issue.updated, bound)
        if field == "created":
            return lambda issue: compare(issue.created, bound)
        return lambda issue: (moment := _moment(issue.value(field))) is not None and compare(moment, bound)

    def _function(self, value: Value) -> int:
        name, _, argument = value.text.partition("(")
        argument = argument.rstrip(")")
        local = datetime.fromtimestamp(self.at / 1000, tz=ZoneInfo(self.store.zone))
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        starts = {
            "now": local,
            "startofday": day,
            "endofday": day + timedelta(days=1),
            "startofweek": day - timedelta(days=(day.weekday() + 1) % 7),
            "startofmonth": day.replace(day=1),
        }
        if name not in starts:
            raise ValueError(value.text)
        start = round(starts[name].timestamp() * 1000)
        return read_moment(argument, self.store.zone, start) if argument else start

    def _contains(self, field: str, text: str, wanted: bool) -> Test:
        words = [word.strip('*?"').lower() for word in text.split()]
        names = ("summary", "description", "environment") if field == "text" else (field,)

        def found(issue: Issue) -> bool:
            whole = " ".join(named(issue.value(name)) for name in names)
            if field in ("text", "comment"):
                whole += " ".join(issue.comments)
            whole = whole.lower()
            return all(word in whole for word in words)

        return lambda issue: found(issue) is wanted

    def _project(self, text: str) -> str:
        for key, project in self.catalog.projects.items():
            if text.lower() in (key.lower(), str(project.get("name", "")).lower(), str(project.get("id"))):
                return key
        raise JqlError(f"The value '{text}' does not exist for the field 'project'.")

    def _issue(self, text: str, field: str) -> int:
        issue = self.store.find(text)
        if issue is None:
            kind = "A value with ID" if field == "id" else "An issue with key"
            raise JqlError(f"{kind} '{text}' does not exist for field '{field}'.")
        return issue.id

    def _person(self, value: Value) -> str:
        if value.function and value.text.startswith("currentuser"):
            return person_id(self.catalog.portal_user())
        user = self.catalog.find_user(value.text)
        return person_id(user) if user else value.text

    def _known(self, field: str, values: list[Value]) -> None:
        lists = {
            "status": self.catalog.statuses, "priority": self.catalog.priorities,
            "resolution": self.catalog.resolutions, "issuetype": self.catalog.issuetypes,
        }  # fmt: skip
        if field not in lists:
            return
        known = {str(number).lower() for number in lists[field]}
        known |= {named(entry).lower() for entry in lists[field].values()} | EMPTY | {"unresolved"}
        for value in values:
            if value.text.lower() not in known:
                raise JqlError(f"The value '{value.text}' does not exist for the field '{field}'.")


def _is_empty(value: Value) -> bool:
    return not value.quoted and value.text.lower() in EMPTY | {"unresolved"}


def _category(status: Json) -> set[str]:
    category = (status or {}).get("statusCategory") or {}
    return {str(category.get(part, "")).lower() for part in ("id", "key", "name")} - {""}


def _matches(value: Json, wanted: set[str], empty: bool) -> bool:
    if value in (None, []):
        return empty
    if isinstance(value, list):
        return any(_matches(entry, wanted, empty) for entry in value)
    if named(value).lower() in wanted:
        return True
    return isinstance(value, dict) and str(value.get("id", "")).lower() in wanted


def _moment(value: Json) -> int | None:
    try:
        return parse_jira(value) if value else None
    except ValueError:
        return None


def _comparison(op: str) -> Callable[[int, int], bool]:
    table: dict[str, Callable[[int, int], bool]] = {
        "=": lambda a, b: a == b, "!=": lambda a, b: a != b, ">": lambda a, b: a > b,
        "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
    }  # fmt: skip
    if op not in table:
        raise JqlError(f"The operator '{op}' is not supported by this field.")
    return table[op]


def key_number(issue: Issue) -> int:
    """Return the number at the end of a key."""
    tail = issue.key.rpartition("-")[2]
    return int(tail) if tail.isdigit() else 0
