"""The verbs of the Jira: each changes a copy, logs the change, stores it and tells the webhooks."""

from integrations.sandbox.clock import now_ms
from integrations.sandbox.jira import workflow
from integrations.sandbox.jira.catalog import LINK_TYPES
from integrations.sandbox.jira.edits import EditError, Editor, item, short_issue
from integrations.sandbox.jira.model import HERE, Issue, Json, dumps, loads, named
from integrations.sandbox.jira.rank import rank_between
from integrations.sandbox.jira.richtext import is_document
from integrations.sandbox.jira.store import Store
from integrations.sandbox.jira.webhooks import Webhooks


class Writer:
    """All that can be done to issues."""

    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        """Write to a store and tell these webhooks."""
        self.store, self.webhooks = store, webhooks

    def _finish(self, issue: Issue, items: list[Json], author: Json, kind: str, at: int) -> None:
        if not items:
            return
        history = self.store.record(issue, author, items, at)
        self.store.put(issue)
        self.webhooks.issue_event("jira:issue_updated", kind, issue, author, (history.id, items))

    def edit(self, issue: Issue, fields: Json, update: Json, version: int, author: Json) -> None:
        """Set fields and apply update verbs. Raises EditError."""
        changed, at = issue.copy(), now_ms()
        editor = Editor(self.store, changed, version)
        editor.apply(fields, update)
        assigned = len(editor.items) == 1 and editor.items[0]["field"] == "assignee"
        self._finish(changed, editor.items, author, "issue_assigned" if assigned else "issue_updated", at)
        self._side_effects(changed.id, update, version, author)

    def _side_effects(self, number: int, update: Json, version: int, author: Json) -> None:
        for verb in update.get("comment", []):
            if "add" in verb:
                self.add_comment(self.store.issues[number], verb["add"], version, author)
        for verb in update.get("issuelinks", []):
            given = verb.get("add", {})
            this = {"key": self.store.issues[number].key}
            self.link({"inwardIssue": this, "outwardIssue": this, **given}, author)

    def create(self, fields: Json, update: Json, properties: Json, version: int, author: Json) -> Issue:
        """Make an issue. Raises EditError."""
        catalog, at = self.store.catalog, now_ms()
        project = _find_project(catalog.projects, fields.get("project"))
        errors = {} if project else {"project": "Specify a valid project ID or key"}
        if not fields.get("summary"):
            errors["summary"] = "You must specify a summary of the issue."
        if not fields.get("issuetype"):
            errors["issuetype"] = "Specify an issue type"
        if errors or project is None:
            raise EditError(errors)
        issue = Issue(0, "", project["key"], at, at, {})
        first = (catalog.project_statuses.get(project["key"]) or list(catalog.statuses))[0]
        default = next((p for p in catalog.priorities.values() if named(p) in ("Medium", "Normal")), None)
        when = self.store.text(at)
        start = {
            "project": project, "status": catalog.statuses[first], "priority": default, "labels": [],
            "components": [], "fixVersions": [], "versions": [], "issuelinks": [], "subtasks": [],
            "assignee": None, "reporter": author, "creator": author, "resolution": None, "description": None,
            "created": when, "updated": when, "resolutiondate": None, "statuscategorychangedate": when,
            "duedate": None, "environment": None, catalog.rank_field: self._last_rank(),
        }  # fmt: skip
        for name, value in start.items():
            issue.set(name, value)
        rest = {name: value for name, value in fields.items() if name != "project" and value is not None}
        Editor(self.store, issue, version).apply(rest, update)
        issue.id, issue.key = self.store.new_issue_id(), self.store.new_key(issue.project)
        for entry in properties or []:
            issue.properties[str(entry["key"])] = dumps(entry["value"])
        self.store.put(issue)
        self.webhooks.issue_event("jira:issue_created", "issue_created", issue, author, None)
        self._side_effects(issue.id, update, version, author)
        return self.store.issues[issue.id]

    def _last_rank(self) -> str:
        name = self.store.catalog.rank_field
        last = max((loads(issue.fields.get(name, "null")) or "" for issue in self.store.issues.values()), default="")
        return rank_between(last or None, None)

    def delete(self, issue: Issue, author: Json) -> None:
        """Delete an issue."""
        self.store.remove(issue)
        self.webhooks.issue_event("jira:issue_deleted", "issue_deleted", issue, author, None)

    def transition(self, issue: Issue, step_id: str, fields: Json, update: Json, version: int, author: Json) -> None:
        """Move along the workflow; refuses a step that is not open, or lacks a required field."""
        step, changed, at = workflow.choose(self.store, issue, step_id), issue.copy(), now_ms()
        allowed = {"resolution"} if step.needs_resolution else set()
        for name in fields:
            if name not in allowed:
                raise EditError(
                    {name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."}
                )
        editor = Editor(self.store, changed, version)
        editor.apply(fields, update)
        given = bool(changed.value("resolution")) or not step.needs_resolution
        items = workflow.walk(self.store, changed, step, at, given)
        self._finish(changed, [*items, *editor.items], author, "issue_generic", at)
        self._side_effects(changed.id, update, version, author)

    # Comments

    def add_comment(self, issue: Issue, given: Json, version: int, author: Json) -> str:
        """Add a comment; returns its stored piece."""
        _check_body(given.get("body"), version)
        changed, at = issue.copy(), now_ms()
        number, when = self.store.new_comment_id(), self.store.text(at)
        comment = {
            "self": f"{HERE}/rest/api/2/issue/{issue.id}/comment/{number}", "id": number, "author": author,
            "body": given["body"], "updateAuthor": author, "created": when, "updated": when, "jsdPublic": True,
        }  # fmt: skip
        for name in ("properties", "visibility"):
            if given.get(name):
                comment[name] = given[name]
        changed.comments.append(dumps(comment))
        self._comment_done("comment_created", changed, changed.comments[-1], author, at)
        return changed.comments[-1]

    def edit_comment(self, issue: Issue, number: str, given: Json, version: int, author: Json) -> str | None:
        """Change a comment; None where there is none."""
        place = _comment_at(issue, number)
        if place is None:
            return None
        _check_body(given.get("body"), version)
        changed, at = issue.copy(), now_ms()
        comment = {**loads(issue.comments[place]), "body": given["body"], "updateAuthor": author}
        comment["updated"] = self.store.text(at)
        if given.get("properties"):
            comment["properties"] = given["properties"]
        changed.comments[place] = dumps(comment)
        self._comment_done("comment_updated", changed, changed.comments[place], author, at)
        return changed.comments[place]

    def delete_comment(self, issue: Issue, number: str, author: Json) -> bool:
        """Delete a comment; False where there is none."""
        place = _comment_at(issue, number)
        if place is None:
            return False
        changed = issue.copy()
        gone = changed.comments.pop(place)
        self._comment_done("comment_deleted", changed, gone, author, now_ms())
        return True

    def _comment_done(self, event: str, issue: Issue, comment: str, author: Json, at: int) -> None:
        self.store.touch(issue, at)
        self.store.put(issue)
        self.webhooks.comment_event(event, issue, comment, author)

    # Links and rank

    def link(self, given: Json, author: Json) -> None:
        """Link two issues, on both of which the link shows."""
        wanted = given.get("type") or {}
        kind = next((t for t in LINK_TYPES if wanted.get("name") == t["name"] or wanted.get("id") == t["id"]), None)
        inward = self.store.find(_issue_ref(given.get("inwardIssue")))
        outward = self.store.find(_issue_ref(given.get("outwardIssue")))
        if kind is None:
            raise EditError(messages=[f"No issue link type with name '{wanted.get('name')}' found."])
        if inward is None or outward is None:
            raise EditError(messages=["Issue does not exist or you do not have permission to see it."])
        self.store.next_link = max(self.store.next_link, now_ms() % 10**9) + 1
        number, at = str(self.store.next_link), now_ms()
        for here, there, side in ((inward, outward, "outward"), (outward, inward, "inward")):
            changed = self.store.issues[here.id].copy()
            entry = {
                "id": number, "self": f"{HERE}/rest/api/2/issueLink/{number}", "type": kind,
                f"{side}Issue": short_issue(there),
            }  # fmt: skip
            changed.set("issuelinks", [*(changed.value("issuelinks") or []), entry])
            text = f"This issue {kind[side]} {there.key}"
            made = item("issuelinks", (None, None), (there.key, text), "Link")
            self._finish(changed, [made], author, "issue_updated", at)

    def unlink(self, number: str, author: Json) -> bool:
        """Remove a link from both ends; False where there is none."""
        found = False
        for issue in list(self.store.issues.values()):
            links = issue.value("issuelinks") or []
            for entry in links:
                if str(entry.get("id")) == number:
                    changed = issue.copy()
                    changed.set("issuelinks", [other for other in links if other is not entry])
                    there = entry.get("outwardIssue") or entry.get("inwardIssue") or {}
                    made = item("issuelinks", (there.get("key"), "Link"), (None, None), "Link")
                    self._finish(changed, [made], author, "issue_updated", now_ms())
                    found = True
        return found

    def rank(self, issues: list[Issue], anchor: Issue, before: bool) -> None:
        """Move issues, in this order, before or after an anchor. Touches neither `updated` nor webhooks."""
        name, moving = self.store.catalog.rank_field, {issue.id for issue in issues}
        fence = loads(anchor.fields.get(name, "null")) or ""
        others = [loads(o.fields.get(name, "null")) or "" for o in self.store.issues.values() if o.id not in moving]
        if before:
            low, high = max((r for r in others if r < fence), default=None), fence or None
        else:
            low, high = fence or None, min((r for r in others if r > fence), default=None)
        for issue in issues:
            changed = issue.copy()
            low = rank_between(low, high)
            changed.set(name, low)
            self.store.put(changed)


def _find_project(projects: dict[str, Json], given: Json) -> Json | None:
    given = given if isinstance(given, dict) else {}
    for key, project in projects.items():
        if key == given.get("key") or str(project.get("id")) == str(given.get("id")):
            return project
    return None


def _issue_ref(given: Json) -> str:
    return str((given or {}).get("key") or (given or {}).get("id") or "")


def _comment_at(issue: Issue, number: str) -> int | None:
    return next((at for at, c in enumerate(issue.comments) if str(loads(c).get("id")) == number), None)


def _check_body(body: Json, version: int) -> None:
    if version == 3 and not is_document(body):
        raise EditError({"comment": "Comment body is not valid!"})
    if version == 2 and (not isinstance(body, str) or not body.strip()):
        raise EditError({"comment": "Comment body can not be empty!"})
    if version == 2 and len(body) > 32_767:
        raise EditError({"comment": "The entered text is too long. It exceeds the allowed limit of 32,767 characters."})
