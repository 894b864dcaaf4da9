"""What runs in a process of its own, with Django: `python -m bench.steps <step>` ends with one line of JSON."""

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench import moments, paged, promised, raised, rung, told  # noqa: E402
from bench import weeks as weekly_rows  # noqa: E402
from bench.fetch import fetch, peak_memory  # noqa: E402
from bench.rows import fill  # noqa: E402
from people.actions import create_person  # noqa: E402
from people.choices import Role  # noqa: E402
from people.models import Person  # noqa: E402
from portal import flows  # noqa: E402
from portal.common import clock, live  # noqa: E402
from set_rotation.actions import NewRotation, make_rotations  # noqa: E402
from set_rotation.queries import begins, schedule  # noqa: E402
from set_rotation.rules.spans import rotation_days  # noqa: E402
from tickets.choices import RunKind  # noqa: E402

EMAIL = "bench@example.org"


def prepare() -> None:
    """An empty portal, ready for readers."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_handbook", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def session() -> str:
    """The cookie of a lead who is signed in."""
    client = Client()
    client.force_login(_lead())
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _lead() -> Person:
    found = Person.objects.filter(email=EMAIL).first()
    return found or create_person(email=EMAIL, name="Bench Lead", roles=[Role.LEAD], at=clock.now(), password=None)


def sync(kind: str) -> dict[str, Any]:
    """One run of the mirror: its time, the processor's, its memory, and what it wrote."""
    connection.ensure_connection()
    begun, cpu = time.perf_counter(), time.process_time()
    runs = flows.sync_all(kind=RunKind(kind), at=clock.now())
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    [run] = runs
    if run.error:
        raise SystemExit(run.error)
    return {
        "wall": wall, "cpu": cpu, "rss": peak_memory(), "seen": run.seen, "created": run.created,
        "updated": run.updated, "changes": run.changes, "requests": run.requests,
    }


def empty() -> None:
    """A mirror that holds nothing, and remembers nothing of Jira."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tickets_ticket, tickets_mirroredproject, tickets_jirauser, tickets_jirastatus CASCADE")
        cursor.execute("CHECKPOINT")


def floor(base: str, path: str) -> dict[str, float]:
    return fetch(base, json.loads(Path(path).read_text()))


def rows(count: str) -> int:
    """So many open tickets on the board, and statistics as an old database has them."""
    total = fill(int(count), clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return total


def weeks(count: str) -> dict[str, float]:
    """So many tickets with ten changes each, replayed and counted."""
    return weekly_rows.fill(int(count), clock.now())


def week() -> dict[str, list[float]]:
    """The numbers of weeks of all those years, each with the reading of its raw changes beside it."""
    return weekly_rows.ask(clock.now())


def ask(path: str) -> dict[str, int]:
    """A page in this process: its queries and size, first with nothing kept and then again."""
    client = Client()
    client.force_login(_lead())
    found = {}
    for name in ("first", "again"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path, headers={"host": "127.0.0.1"})
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        found[f"queries_{name}"], found["bytes"] = len(queries), len(answer.content)
    found["cards"] = answer.content.count(b'<li class="card"')
    return found


def rotations() -> int:
    """A year of rotations, half of it past, whose people are made up."""
    people = [create_person(email=f"bench{number}@example.org", name=f"Bench {number}", roles=[Role.ENGINEER],
                            at=clock.now(), password=None) for number in range(15)]
    row, today = schedule(), clock.now().date()
    first = begins(row).on_or_after(today - timedelta(weeks=26))
    asked = [
        NewRotation(day, {place: people[5 * (number % 3) + place] for place in range(5)})
        for number, day in enumerate(rotation_days(first, row.pattern.weeks, 26))
    ]
    made = make_rotations(asked=asked, pattern=row.pattern, by=None, at=clock.now(), tells=False)
    return len(made.rotations)


def stale() -> None:
    """A live event without content: what is kept under the last event's id no longer holds."""
    live.publish("board", "stale", "")


STEPS: dict[str, Callable[..., Any]] = {
    step.__name__: step for step in (prepare, session, sync, empty, floor, rows, weeks, week, ask, stale, rotations)
} | paged.STEPS | promised.STEPS | moments.STEPS | rung.STEPS | raised.STEPS | told.STEPS

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](*sys.argv[2:])))
