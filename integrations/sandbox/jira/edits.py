"""Changing an issue's fields: what may be set, to what, and which change-log items that makes."""

from collections.abc import Callable

from integrations.sandbox.jira.model import HERE, Issue, Json, named, person_id
from integrations.sandbox.jira.richtext import as_wiki, is_document
from integrations.sandbox.jira.store import Store

LABELS = {"components": "Component", "fixVersions": "Fix Version", "versions": "Version"}
SIMPLE = frozenset({"summary", "duedate", "description", "environment"})
READ_ONLY = frozenset(
    {"status", "created", "updated", "creator", "resolutiondate", "statuscategorychangedate", "votes", "watches",
     "comment", "issuelinks", "subtasks", "project", "worklog", "lastViewed", "workratio", "attachment"}
)  # fmt: skip


class EditError(Exception):
    """The write is refused with 400; `errors` speak of fields, `messages` of the whole."""

    def __init__(self, errors: dict[str, str] | None = None, messages: list[str] | None = None) -> None:
        """Keep both parts of Jira's error form."""
        super().__init__(str(errors or messages))
        self.errors = errors or {}
        self.messages = messages or []


def item(name: str, old: tuple[str | None, str | None], new: tuple[str | None, str | None], label: str = "") -> Json:
    """Make one change-log item from (id, text) before and after."""
    return {
        "field": label or name,
        "fieldtype": "custom" if name.startswith("customfield_") else "jira",
        "fieldId": name,
        "from": old[0],
        "fromString": old[1],
        "to": new[0],
        "toString": new[1],
    }


class Editor:
    """Applies field values to a copy of one issue and collects the change-log items."""

    def __init__(self, store: Store, issue: Issue, version: int) -> None:
        """Edit `issue`, which must be a copy, in the words of REST version 2 or 3."""
        self.store, self.issue, self.version = store, issue, version
        self.catalog = store.catalog
        self.items: list[Json] = []
        self.errors: dict[str, str] = {}

    def apply(self, fields: dict[str, Json], update: dict[str, Json]) -> None:
        """Apply `fields` and the verbs of `update`. Raises EditError after looking at all of them."""
        for name, value in fields.items():
            self._guard(name, lambda name=name, value=value: self.set(name, value))  # type: ignore[misc]
        for name, verbs in update.items():
            if name in ("comment", "issuelinks", "worklog"):
                continue
            self._guard(name, lambda name=name, verbs=verbs: self._verbs(name, verbs))  # type: ignore[misc]
        if self.errors:
            raise EditError(self.errors)

    def _guard(self, name: str, do: Callable[[], None]) -> None:
        try:
            do()
        except EditError as error:
            self.errors.update(error.errors)

    def _verbs(self, name: str, verbs: Json) -> None:
        if not isinstance(verbs, list):
            raise EditError({name: "expected an array of operations"})
        for verb in verbs:
            for word, value in verb.items():
                current = self.issue.value(name) or []
                if word in ("set", "edit"):
                    self.set(name, value)
                elif word == "add" and isinstance(current, list):
                    self.set(name, [*current, *([value] if value not in current else [])])
                elif word == "remove" and isinstance(current, list):
                    gone = named(value) or (value.get("id") if isinstance(value, dict) else value)
                    self.set(name, [e for e in current if gone not in (e, named(e), _id(e))])
                else:
                    raise EditError({name: f"Field '{name}' does not support operation '{word}'."})

    def set(self, name: str, value: Json) -> None:
        """Set one field."""
        if name in READ_ONLY:
            raise EditError({name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."})
        if name in SIMPLE:
            self._simple(name, value)
        elif name == "labels":
            self._labels(value)
        elif name in LABELS:
            self._group(name, value)
        elif name in ("assignee", "reporter"):
            self._person(name, value)
        elif name in ("priority", "resolution", "issuetype"):
            self._listed(name, value)
        elif name == "parent":
            self._parent(value)
        elif name in self.catalog.field_names():
            self._custom(name, value)
        else:
            raise EditError({name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."})

    def _simple(self, name: str, value: Json) -> None:
        if name == "summary" and (not isinstance(value, str) or not value.strip()):
            raise EditError({"summary": "You must specify a summary of the issue."})
        if name == "summary" and len(value) > 255:
            raise EditError({"summary": "Summary must be less than 255 characters."})
        if name == "summary" and ("\n" in value or "\r" in value):
            raise EditError({"summary": "The summary is invalid because it contains newline characters."})
        if name in ("description", "environment") and value is not None:
            if self.version == 3 and not is_document(value):
                raise EditError(
                    {name: "Operation value must be an Atlassian Document (see the Atlassian Document Format)"}
                )
            if self.version == 2 and not isinstance(value, str):
                raise EditError({name: "Operation value must be a string"})
        old = self.issue.value(name)
        if old != value:
            self.items.append(item(name, (None, as_wiki(old)), (None, as_wiki(value))))
            self.issue.set(name, value)

    def _labels(self, value: Json) -> None:
        if not isinstance(value, list) or any(not isinstance(label, str) for label in value):
            raise EditError({"labels": "data was not an array"})
        for label in value:
            if " " in label:
                raise EditError({"labels": f"The label '{label}' contains spaces which is invalid."})
        old, new = self.issue.value("labels") or [], sorted(dict.fromkeys(value))
        if sorted(old) != new:
            self.items.append(item("labels", (None, " ".join(old)), (None, " ".join(new))))
            self.issue.set("labels", new)

    def _group(self, name: str, value: Json) -> None:
        lists = self.catalog.components if name == "components" else self.catalog.versions
        known = lists.get(self.issue.project, {})
        if not isinstance(value, list):
            raise EditError({name: "data was not an array"})
        new = []
        for entry in value:
            found = _choose(known.values(), entry)
            if found is None:
                word = "Component" if name == "components" else "Version"
                raise EditError({name: f"{word} name '{named(entry)}' is not valid"})
            new.append(found)
        old = self.issue.value(name) or []
        for entry in old:
            if entry not in new:
                self.items.append(item(name, (_id(entry), named(entry)), (None, None), LABELS[name]))
        for entry in new:
            if entry not in old:
                self.items.append(item(name, (None, None), (_id(entry), named(entry)), LABELS[name]))
        self.issue.set(name, new)

    def _person(self, name: str, value: Json) -> None:
        user = None
        if value not in (None, {}):
            keys = ("accountId", "id", "name", "key") if isinstance(value, dict) else ()
            wanted = next((str(value[key]) for key in keys if value.get(key)), "")
            if wanted == "-1":
                user = None
            elif wanted or (isinstance(value, dict) and not any(key in value for key in keys)):
                user = self.catalog.find_user(wanted)
                if user is None:
                    raise EditError({name: f"User '{wanted}' does not exist."})
        if name == "reporter" and user is None:
            raise EditError({"reporter": "Reporter is required."})
        old = self.issue.value(name)
        if person_id(old) != person_id(user):
            before = (person_id(old) or None, named(old and old.get("displayName")) or None)
            after = (person_id(user) or None, named(user and user.get("displayName")) or None)
            self.items.append(item(name, before, after))
            self.issue.set(name, user)

    def _listed(self, name: str, value: Json) -> None:
        lists = {
            "priority": self.catalog.priorities,
            "resolution": self.catalog.resolutions,
            "issuetype": self.catalog.issuetypes,
        }
        found = None if value is None else _choose(lists[name].values(), value)
        if found is None and (value is not None or name != "resolution"):
            wording = {"priority": "The priority selected is invalid.", "issuetype": "Specify a valid issue type"}
            raise EditError({name: wording.get(name, f"Specify a valid '{name}'")})
        old = self.issue.value(name)
        if _id(old) != _id(found):
            self.items.append(item(name, (_id(old), named(old) or None), (_id(found), named(found) or None)))
            self.issue.set(name, found)

    def _parent(self, value: Json) -> None:
        parent = self.store.find(str(named(value) or _id(value) or "")) if value else None
        if value and parent is None:
            raise EditError({"parent": "Could not find valid 'id' or 'key' for the parent issue."})
        old = self.issue.value("parent")
        new = short_issue(parent) if parent else None
        if _id(old) != _id(new):
            before, after = (_id(old), old and old["key"]), (_id(new), new and new["key"])
            self.items.append(item("parent", before, after, "IssueParentAssociation"))
            self.issue.set("parent", new)

    def _custom(self, name: str, value: Json) -> None:
        if name == self.catalog.rank_field:
            raise EditError({name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."})
        if name == self.catalog.severity_field and value is not None:
            value = _choose(self.catalog.severities, value)
            if value is None:
                raise EditError({name: "Specify a valid value for Severity"})
        if name == self.catalog.epic_field and value is not None and self.store.find(str(value)) is None:
            raise EditError({name: f"Issue key '{value}' is not valid."})
        old = self.issue.value(name)
        if old != value:
            label = self.catalog.field_names()[name]
            self.items.append(item(name, (_id(old), named(old) or None), (_id(value), named(value) or None), label))
            self.issue.set(name, value)


def _id(value: Json) -> str | None:
    return str(value["id"]) if isinstance(value, dict) and value.get("id") else None


def _choose(entries: Json, wanted: Json) -> Json | None:
    """Find a list entry by id, or by name or value."""
    if isinstance(wanted, str):
        wanted = {"name": wanted}
    if not isinstance(wanted, dict):
        return None
    for entry in entries:
        if wanted.get("id") is not None:
            if str(wanted["id"]) == str(entry.get("id")):
                return entry
        elif named(wanted).lower() == named(entry).lower() and named(wanted):
            return entry
    return None


def short_issue(issue: Issue) -> Json:
    """Describe an issue as links, parents and epics do."""
    fields = {name: issue.value(name) for name in ("summary", "status", "priority", "issuetype") if issue.value(name)}
    return {"id": str(issue.id), "key": issue.key, "self": f"{HERE}/rest/api/2/issue/{issue.id}", "fields": fields}
