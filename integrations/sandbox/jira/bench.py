"""Very many plain issues, each with exactly so many changes: for measuring, not for reading."""

import random

from integrations.sandbox.clock import jira_text, now_ms
from integrations.sandbox.jira.catalog import Catalog
from integrations.sandbox.jira.edits import item
from integrations.sandbox.jira.model import History, Issue, Json, dumps, shared
from integrations.sandbox.jira.rank import rank_number
from integrations.sandbox.jira.sites import EPIC_FIELD, RANK_FIELD, SEVERITY_FIELD, base_catalog, component
from integrations.sandbox.options import Options
from integrations.sandbox.people import PORTAL_ACCOUNT, load_people

WAY = ("10000", "10002", "3", "10003", "10004", "3")
AREAS = ("Notifications", "Search", "Mobile", "Plugins", "Database", "Channels", "Permissions", "Upgrade")
TEXT = (
    "Seen on several servers.\n\nh3. Steps to reproduce\n# Sign in\n# Open the channel\n# Wait a minute\n\n"
    "h3. Expected\nThe state is the same on all clients.\n\nh3. Observed\nIt is not, in case {n}."
)


def generate(options: Options) -> tuple[Catalog, list[Issue]]:
    """Make `options.issues` issues with `options.changes` changes each, spread over a year."""
    rng, catalog, now = random.Random(options.seed), base_catalog(options.flavour), now_ms()
    catalog.components["MM"] = {str(11_000 + at): component("MM", 11_000 + at, name) for at, name in enumerate(AREAS)}
    count = options.issues or 0
    pieces = _Pieces(catalog)
    step = 365 * 86_400_000 // max(count, 1)
    issues = []
    for at in range(count):
        created = now - (count - at) * step
        issues.append(_issue(rng, pieces, at, created, options.changes, max(step - 1, options.changes + 1)))
    return catalog, issues


class _Pieces:
    """Encoded once, shared by all issues."""

    def __init__(self, catalog: Catalog) -> None:
        project: dict[str, Json] = {k: v for k, v in catalog.projects["MM"].items() if k != "lead"}
        self.users = [shared(dumps(catalog.users[person.account_id])) for person in load_people()]
        self.accounts = [person.account_id for person in load_people()]
        self.statuses = {number: shared(dumps(entry)) for number, entry in catalog.statuses.items()}
        self.priorities = [shared(dumps(entry)) for entry in catalog.priorities.values()]
        self.components = [shared(dumps([entry])) for entry in catalog.components["MM"].values()]
        self.severities = [shared(dumps(entry)) for entry in catalog.severities]
        self.bug = shared(dumps(next(iter(catalog.issuetypes.values()))))
        self.project = shared(dumps(project))
        names = {number: entry["name"] for number, entry in catalog.statuses.items()}
        self.moves = {
            (old, new): shared(dumps([item("status", (old, names[old]), (new, names[new]))]))
            for old in WAY
            for new in WAY
        }
        # Beyond the walk through the statuses, changes are of the priority.
        first, second = list(catalog.priorities.values())[1:3]
        self.more = shared(dumps([item("priority", (first["id"], first["name"]), (second["id"], second["name"]))]))
        self.empty_list, self.null = shared("[]"), shared("null")
        self.labels = [shared(dumps(labels)) for labels in ([], [], ["customer-bug"], ["release"], ["community-bug"])]


def _issue(rng: random.Random, pieces: _Pieces, at: int, created: int, changes: int, room: int) -> Issue:
    zone, number = PORTAL_ACCOUNT.zone, 100_000 + at
    histories = []
    spacing = max(1, min(room // (changes + 1), 3_600_000))
    for change in range(changes):
        moved = change + 1 < len(WAY)
        items = pieces.moves[(WAY[change], WAY[change + 1])] if moved else pieces.more
        when = jira_text(created + (change + 1) * spacing, zone)
        histories.append(History(str(1_000_000 + at * changes + change), rng.choice(pieces.users), when, items))
    updated = created + changes * spacing
    status = WAY[min(changes, len(WAY) - 1)]
    born, person = jira_text(created, zone), rng.choice(pieces.users)
    fields = {
        "summary": dumps(f"Case {at + 1}: clients disagree about the state of a channel"),
        "issuetype": pieces.bug, "project": pieces.project, "status": pieces.statuses[status],
        "priority": rng.choice(pieces.priorities), "resolution": pieces.null, "resolutiondate": pieces.null,
        "labels": rng.choice(pieces.labels), "components": rng.choice(pieces.components),
        "fixVersions": pieces.empty_list, "versions": pieces.empty_list, "assignee": person,
        "reporter": rng.choice(pieces.users), "creator": person, "created": f'"{born}"',
        "updated": f'"{jira_text(updated, zone)}"', "statuscategorychangedate": f'"{born}"',
        "description": dumps(TEXT.replace("{n}", str(at))), "issuelinks": pieces.empty_list,
        "subtasks": pieces.empty_list, "environment": pieces.null, "duedate": pieces.null,
        RANK_FIELD: f'"{rank_number(at)}"', EPIC_FIELD: pieces.null, SEVERITY_FIELD: rng.choice(pieces.severities),
    }  # fmt: skip
    return Issue(number, f"MM-{at + 1}", "MM", created, updated, fields, histories)
