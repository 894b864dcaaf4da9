"""A demo that moves: every now and then somebody does something small."""

import asyncio
import random

from integrations.sandbox.jira.edits import EditError
from integrations.sandbox.jira.model import Issue, named
from integrations.sandbox.jira.web import Site
from integrations.sandbox.jira.workflow import steps
from integrations.sandbox.options import Options
from integrations.sandbox.people import load_people

REMARKS = (
    "Picked this up, first look suggests a race between the two nodes.",
    "Asked support for the log of the second node.",
    "The new test fails without the fix and passes with it.",
    "Review is done, waiting for the build.",
    "The customer reports that the workaround still holds.",
)
ACTIVE = frozenset({"To Do", "In Progress", "Submitted", "Awaiting QA"})


async def live(site: Site, options: Options, shortest: float = 20.0, longest: float = 40.0) -> None:
    """Make one change every `shortest` to `longest` seconds until cancelled."""
    rng = random.Random()  # a demo's whims, not a secret
    while True:
        await asyncio.sleep(rng.uniform(shortest, longest))
        try:
            change(site, rng)
        except EditError:
            continue


def change(site: Site, rng: random.Random) -> None:
    """Comment on, move or re-prioritise one active ticket, as one of the engineers."""
    active = [i for i in site.store.issues.values() if named(i.value("status")) in ACTIVE and not i.archived]
    users = [site.store.catalog.users.get(p.account_id) for p in load_people() if p.role == "engineer"]
    author = rng.choice([user for user in users if user] or [site.store.catalog.portal_user()])
    if not active:
        return
    issue = rng.choice(active)
    kind = rng.random()
    if kind < 0.4:
        site.writer.add_comment(issue, {"body": rng.choice(REMARKS)}, 2, author)
    elif kind < 0.8:
        _move(site, rng, issue, author)
    else:
        priority = rng.choice(list(site.store.catalog.priorities.values()))
        site.writer.edit(issue, {"priority": {"id": priority["id"]}}, {}, 2, author)


def _move(site: Site, rng: random.Random, issue: Issue, author: dict[str, object]) -> None:
    """Take a step of the workflow; now and then a ticket comes up from the backlog instead."""
    waiting = [i for i in site.store.issues.values() if named(i.value("status")) == "Backlog" and i.project == "MM"]
    if waiting and rng.random() < 0.3:
        issue = rng.choice(waiting)
    wanted = [s for s in steps(site.store, issue) if not s.needs_resolution and named(s.to) != "Backlog"]
    if wanted:
        site.writer.transition(issue, rng.choice(wanted).id, {}, {}, 2, author)
