"""What a Jira site has beside issues: statuses, priorities, fields, people, projects, the workflow."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from integrations.sandbox.jira.model import HERE, Json, loads
from integrations.sandbox.options import Flavour
from integrations.sandbox.people import PORTAL_ACCOUNT, SandboxPerson

CATEGORIES: dict[str, Json] = {
    key: {
        "self": f"{HERE}/rest/api/2/statuscategory/{number}",
        "id": number,
        "key": key,
        "colorName": colour,
        "name": name,
    }
    for key, number, colour, name in (
        ("undefined", 1, "medium-gray", "No Category"),
        ("new", 2, "blue-gray", "To Do"),
        ("indeterminate", 4, "yellow", "In Progress"),
        ("done", 3, "green", "Done"),
    )
}
LINK_TYPES: list[Json] = [
    {
        "id": number, "name": name, "inward": inward, "outward": outward,
        "self": f"{HERE}/rest/api/2/issueLinkType/{number}",
    }
    for number, name, inward, outward in (
        ("10000", "Blocks", "is blocked by", "blocks"),
        ("10001", "Cloners", "is cloned by", "clones"),
        ("10002", "Duplicate", "is duplicated by", "duplicates"),
        ("10003", "Relates", "relates to", "relates to"),
    )
]  # fmt: skip


@dataclass
class Catalog:
    """The site's lists. Saved as JSON beside the issues."""

    flavour: Flavour
    statuses: dict[str, Json] = field(default_factory=dict)
    priorities: dict[str, Json] = field(default_factory=dict)
    resolutions: dict[str, Json] = field(default_factory=dict)
    issuetypes: dict[str, Json] = field(default_factory=dict)
    projects: dict[str, Json] = field(default_factory=dict)
    versions: dict[str, dict[str, Json]] = field(default_factory=dict)
    components: dict[str, dict[str, Json]] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)
    fields: list[Json] = field(default_factory=list)
    project_statuses: dict[str, list[str]] = field(default_factory=dict)
    rank_field: str = "customfield_10019"
    epic_field: str = "customfield_10014"
    severity_field: str = ""
    severities: list[Json] = field(default_factory=list)
    workflow: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain containers."""
        return asdict(self)

    def field_names(self) -> dict[str, str]:
        """Map field ids to the names people know."""
        return {entry["id"]: entry["name"] for entry in self.fields}

    def find_user(self, wanted: str) -> Json | None:
        """Find a user by accountId, name, key or mail address."""
        if wanted in self.users:
            return self.users[wanted]
        for user in self.users.values():
            if wanted and wanted in (
                user.get("accountId"),
                user.get("name"),
                user.get("key"),
                user.get("emailAddress"),
            ):
                return user
        return None

    def portal_user(self) -> Json:
        """Return the account that the portal signs in with."""
        return self.users[PORTAL_ACCOUNT.account_id]


def make_user(person: SandboxPerson, flavour: Flavour) -> Json:
    """Describe a made-up person as this flavour of Jira does."""
    avatars = {
        f"{size}x{size}": f"{HERE}/secure/useravatar?size={size}&owner={person.username}" for size in (16, 24, 32, 48)
    }
    common = {
        "emailAddress": person.email,
        "avatarUrls": avatars,
        "displayName": person.name,
        "active": True,
        "timeZone": person.zone,
    }
    if flavour == "cloud":
        where = f"{HERE}/rest/api/2/user?accountId={person.account_id}"
        return {"self": where, "accountId": person.account_id, "accountType": "atlassian", **common}
    where = f"{HERE}/rest/api/2/user?username={person.username}"
    key = f"JIRAUSER{10000 + int(person.account_id[-2:], 16)}"
    return {"self": where, "name": person.username, "key": key, **common}


_SYSTEM_FIELDS = (
    ("summary", "Summary", "string", ""), ("description", "Description", "string", ""),
    ("environment", "Environment", "string", ""), ("status", "Status", "status", ""),
    ("priority", "Priority", "priority", ""), ("resolution", "Resolution", "resolution", ""),
    ("issuetype", "Issue Type", "issuetype", ""), ("project", "Project", "project", ""),
    ("labels", "Labels", "array", "string"), ("components", "Components", "array", "component"),
    ("fixVersions", "Fix versions", "array", "version"), ("versions", "Affects versions", "array", "version"),
    ("assignee", "Assignee", "user", ""), ("reporter", "Reporter", "user", ""), ("creator", "Creator", "user", ""),
    ("created", "Created", "datetime", ""), ("updated", "Updated", "datetime", ""),
    ("resolutiondate", "Resolved", "datetime", ""), ("duedate", "Due date", "date", ""),
    ("issuelinks", "Linked Issues", "array", "issuelinks"), ("subtasks", "Sub-tasks", "array", "issuelinks"),
    ("comment", "Comment", "comments-page", ""), ("parent", "Parent", "issuelink", ""),
    ("statuscategorychangedate", "Status Category Changed", "datetime", ""),
    ("votes", "Votes", "votes", ""), ("watches", "Watchers", "watches", ""),
    ("worklog", "Log Work", "array", "worklog"),
    ("attachment", "Attachment", "array", "attachment"), ("timetracking", "Time tracking", "timetracking", ""),
    ("workratio", "Work Ratio", "number", ""), ("lastViewed", "Last Viewed", "datetime", ""),
)  # fmt: skip


def make_field(field_id: str, name: str, kind: str, items: str = "", custom: str = "") -> Json:
    """Describe one field as `GET field` does."""
    schema: dict[str, Json] = {"type": kind}
    if items:
        schema["items"] = items
    clauses = [name]
    if custom:
        number = int("".join(c for c in field_id if c.isdigit()) or 0)
        schema.update(custom=custom, customId=number)
        clauses = [f"cf[{number}]", name]
    else:
        schema["system"] = field_id
        clauses = [field_id]
    return {
        "id": field_id, "key": field_id, "name": name, "custom": bool(custom), "orderable": True,
        "navigable": True, "searchable": True, "clauseNames": clauses, "schema": schema,
    }  # fmt: skip


def system_fields() -> list[Json]:
    """Describe the fields every Jira has."""
    return [make_field(field_id, name, kind, items) for field_id, name, kind, items in _SYSTEM_FIELDS]


def collect(catalog: Catalog, pieces: Iterable[tuple[str, dict[str, str]]]) -> None:
    """Fill the lists from (project key, fields) of issues that came from elsewhere."""
    seen_pieces: set[tuple[str, str, str]] = set()
    named_lists = {
        "status": catalog.statuses,
        "priority": catalog.priorities,
        "resolution": catalog.resolutions,
        "issuetype": catalog.issuetypes,
    }
    for project, fields in pieces:
        for name in ("status", "priority", "resolution", "issuetype", "project", "assignee", "reporter", "creator",
                     "components", "fixVersions", "versions"):  # fmt: skip
            piece = fields.get(name, "null")
            if piece in ("null", "[]") or (project, name, piece) in seen_pieces:
                continue
            seen_pieces.add((project, name, piece))
            value = loads(piece)
            if name in named_lists:
                named_lists[name].setdefault(str(value.get("id", value.get("name"))), value)
                if name == "status":
                    ids = catalog.project_statuses.setdefault(project, [])
                    ids.extend([str(value["id"])] if str(value["id"]) not in ids else [])
            elif name == "project":
                catalog.projects.setdefault(project, value)
            elif name in ("assignee", "reporter", "creator"):
                user = str(value.get("accountId") or value.get("name") or value.get("displayName"))
                catalog.users.setdefault(user, value)
            else:
                group = catalog.components if name == "components" else catalog.versions
                for entry in value:
                    group.setdefault(project, {}).setdefault(str(entry.get("id")), entry)
