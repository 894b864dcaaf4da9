"""A portal that mirrors a running stand-in, and looks at what it wrote."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from integrations.sandbox.testing import Sandbox
from people.models import Person
from portal import flows
from portal.common import clock
from portal.env import Jira
from tickets.choices import Column, Presence, RunKind, RunState
from tickets.models import SyncRun, Ticket

SECRET = "a-secret-for-webhooks"
MIRROR = (
    "jirauser", "jirastatus", "ticket", "ticketdetail", "ticketkey", "ticketchange", "ticketcomment", "ticketlink",
    "ticketevent",
)


def jira_of(sandbox: Sandbox, projects: tuple[str, ...] = ("MM",), sre: str = "CLD") -> Jira:
    """The configuration that names this Jira and these projects."""
    signed_in = (
        {"personal_access_token": sandbox.jira_token} if sandbox.flavour == "datacenter"
        else {"email": sandbox.jira_email, "api_token": sandbox.jira_token}
    )
    return Jira(base_url=sandbox.jira_url, projects=projects, sre_project=sre, webhook_secret=SECRET, **signed_in)


@contextmanager
def mirroring(jira: Jira) -> Iterator[None]:
    """The portal's configuration names this Jira meanwhile."""
    before = settings.ENV
    settings.ENV = dataclasses.replace(before, jira=jira)
    try:
        yield
    finally:
        settings.ENV = before


def sync(kind: RunKind = RunKind.INCREMENTAL, *, at: datetime | None = None, by: Person | None = None) -> list[SyncRun]:
    return flows.sync_all(kind=kind, at=at or clock.now(), by=by)


def synced(kind: RunKind = RunKind.INCREMENTAL) -> SyncRun:
    """One run over SET's project, which has to succeed."""
    run = sync(kind)[0]
    assert run.state == RunState.DONE, (run.error, run.detail)
    return run


def ticket(key: str) -> Ticket:
    return Ticket.objects.get(key=key, presence=Presence.PRESENT)


def todo() -> list[str]:
    """The keys of To Do, as the board orders them."""
    found = Ticket.objects.present().filter(column=Column.TODO, rank_position__isnull=False)
    return list(found.order_by("rank_position").values_list("key", flat=True))


def dump(*names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the mirror, as text, in a settled order."""
    found = {}
    with connection.cursor() as cursor:
        for name in names or MIRROR:
            cursor.execute(f"SELECT t::text FROM tickets_{name} t ORDER BY 1")  # noqa: S608
            found[name] = cursor.fetchall()
    return found


def statuses(**which: Any) -> Counter[str]:
    """How many present tickets have a status of each name."""
    names = Ticket.objects.present().filter(**which).values_list("status__name", flat=True)
    return Counter(name or "" for name in names)
