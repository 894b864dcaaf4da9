"""Open tickets for the board, written through the mirror's own door."""

import random
from datetime import datetime, timedelta
from typing import Any

from portal.common import clock
from tickets.actions.mirror import mirror_issues
from tickets.actions.ranks import set_ranks
from tickets.actions.runs import ensure_projects
from tickets.models import MirroredProject
from tickets.rules.reading import FieldIds, read_issue

PAGE = 500
IDS = FieldIds(severity="customfield_1")
STATUSES = (
    ("1", "To Do", "new", 30), ("2", "In Progress", "indeterminate", 45), ("3", "Submitted", "indeterminate", 25),
)
BESIDE = (("4", "Backlog", "new"), ("5", "Done", "done"))
NAMES = ("Ada Park", "Ben Ortiz", "Chidi Obi", "Dana Levi", "Eve Lindqvist", "Femi Ade", "Grace Hopper", "Hana Sato")
SUMMARIES = (
    "Clients disagree about the state of a channel after the connection came back",
    "Upgrade stops at a migration when the table of posts is large",
    "Search finds nothing for words with a hyphen", "Push notifications arrive twice on one of two phones",
    "The plugin's settings are lost on the second node of a cluster", "Permissions of a team are read from the cache",
)
LABELS: tuple[list[str], ...] = ([], [], ["customer-bug"], ["release"], ["community-bug"], ["hotfix", "release"])


def fill(count: int, at: datetime) -> int:
    """Mirror `count` open tickets, and half as many in Backlog and Done beside them. Returns how many in all."""
    ensure_projects(on_board=("MM",), off_board=())
    rng, total = random.Random(7), count + count // 2
    for start in range(0, total, PAGE):
        issues = [_issue(number, count, rng, at) for number in range(start, min(start + PAGE, total))]
        mirror_issues(issues=[read_issue(issue, IDS) for issue in issues], at=at, via="poll")
    set_ranks(projects=["MM"], ranked=list(range(1, count, 3)), at=clock.now())
    MirroredProject.objects.update(complete=True, watermark=at, answered_at=at)
    return total


def _issue(number: int, count: int, rng: random.Random, at: datetime) -> dict[str, Any]:
    if number < count:
        identity, name, category, _ = rng.choices(STATUSES, [share for *_, share in STATUSES])[0]
    else:
        identity, name, category = BESIDE[number % 2]
    created = at - timedelta(days=rng.uniform(20, 300))
    moved = at - timedelta(days=rng.uniform(0, 18))
    person = rng.choice(NAMES)
    owner = {"accountId": f"acc-{person}", "displayName": person} if rng.random() < 0.8 else None
    return {
        "id": str(number + 1), "key": f"MM-{number + 1}",
        "fields": {
            "summary": f"{rng.choice(SUMMARIES)} ({number + 1})", "issuetype": {"name": rng.choice(("Bug", "Task"))},
            "project": {"key": "MM"}, "labels": rng.choice(LABELS), "assignee": owner, "updated": _text(moved),
            "status": {"id": identity, "name": name, "statusCategory": {"key": category}},
            "priority": {"name": rng.choice(("Highest", "High", "Medium", "Low"))}, "created": _text(created),
            "customfield_1": rng.choice(({"value": "S1"}, {"value": "S2"}, {"value": "S3"}, None)),
            "description": "Seen on several servers after the upgrade. " * 6,
        },
        "changelog": {
            "histories": [{
                "id": str(number + 1), "created": _text(moved), "author": owner,
                "items": [{"field": "status", "fieldId": "status", "from": "4", "fromString": "Backlog",
                           "to": identity, "toString": name}],
            }],
        },
    }


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
