"""How made-up tickets live: when they are opened, which way they go, who takes them."""

import random
from dataclasses import dataclass

from integrations.sandbox.jira.catalog import Catalog
from integrations.sandbox.jira.edits import item
from integrations.sandbox.jira.model import Json

HOUR = 3_600_000
DAY = 24 * HOUR
WEEKS = 12
WAYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Backlog": (("Backlog",), ("Backlog",), ("Backlog", "Will Do", "Backlog")),
    "Will Do": (("Backlog", "Will Do"),),
    "To Do": (("Backlog", "To Do"), ("Backlog", "Will Do", "To Do"), ("Backlog", "To Do", "In Progress", "To Do")),
    "In Progress": (
        ("Backlog", "To Do", "In Progress"), ("Backlog", "Will Do", "To Do", "In Progress"),
        ("Backlog", "To Do", "In Progress", "Submitted", "In Progress"),
        ("Backlog", "To Do", "In Progress", "Submitted", "Done", "In Progress"),
    ),
    "Submitted": (("Backlog", "To Do", "In Progress", "Submitted"),),
    "Awaiting QA": (("Backlog", "To Do", "In Progress", "Submitted", "Awaiting QA"),),
    "Done": (
        ("Backlog", "To Do", "In Progress", "Submitted", "Done"),
        ("Backlog", "To Do", "In Progress", "Submitted", "Done"),
        ("Backlog", "To Do", "In Progress", "Submitted", "Done", "In Progress", "Submitted", "Done"),
        ("Backlog", "Done"),
    ),
    "Closed": (
        ("Backlog", "To Do", "In Progress", "Submitted", "Done", "Closed"),
        ("Backlog", "Will Do", "To Do", "In Progress", "Submitted", "Done", "Closed"), ("Backlog", "Closed"),
        ("Backlog", "To Do", "In Progress", "Submitted", "Done", "In Progress", "Submitted", "Done", "Closed"),
    ),
}  # fmt: skip
# How long ago the last step was, in days, at most.
RECENT = {
    "Backlog": 84,
    "Will Do": 40,
    "To Do": 24,
    "In Progress": 9,
    "Submitted": 7,
    "Awaiting QA": 6,
    "Done": 30,
    "Closed": 75,
}


@dataclass
class StepTaken:
    """One entry of a life."""

    at: int
    by: str
    item: Json
    resolution: str = ""
    reopened: bool = False
    category_changed: bool = False


@dataclass
class Plan:
    """A whole life."""

    ending: str
    steps: list[StepTaken]
    created: int
    owner: str
    way: tuple[str, ...] | None


def plan_life(rng: random.Random, catalog: Catalog, ending: str, now: int, owners: list[str]) -> Plan:
    """Draw one life that ends in a status."""
    drawn = rng.choice(WAYS[ending])
    allowed = {catalog.statuses[number]["name"] for number in catalog.project_statuses["MM"]}
    way = tuple(name for name in drawn if name in allowed)
    last = now - int(rng.triangular(0.05, RECENT[ending], RECENT[ending] / 3) * DAY)
    created = now - int(rng.uniform(1, WEEKS * 7) * DAY)
    if len(way) > 1:
        created = min(created, last - int(rng.uniform(0.4, 3) * DAY) * (len(way) - 1))
        created = max(created, now - WEEKS * 7 * DAY)
        last = max(last, created + HOUR * len(way))
    moments = sorted(rng.randint(created + HOUR // 2, last) for _ in range(len(way) - 2))
    moments.append(min(last, now - 10 * 60_000))
    owner = rng.choice(owners)
    by_name = {entry["name"]: entry for entry in catalog.statuses.values()}
    steps: list[StepTaken] = []
    for before, after, at in zip(way, way[1:], moments, strict=False):
        old, new = by_name[before], by_name[after]
        if after == "In Progress" and not any(step.item["field"] == "assignee" for step in steps):
            name = catalog.users[owner]["displayName"]
            steps.append(StepTaken(max(at - 60_000, created), owner, item("assignee", (None, None), (owner, name))))
        done, was_done = (s["statusCategory"]["key"] == "done" for s in (new, old))
        resolution = ""
        if done and not was_done:
            usual = before == "Submitted"
            resolution = "Done" if usual else rng.choice(("Duplicate", "Won't Do", "Cannot Reproduce"))
        steps.append(
            StepTaken(
                at, owner, item("status", (old["id"], before), (new["id"], after)), resolution,
                was_done and not done, old["statusCategory"]["key"] != new["statusCategory"]["key"],
            )
        )  # fmt: skip
    taken = any(step.item["field"] == "assignee" for step in steps)
    return Plan(ending, steps, created, owner if taken else "", way)
