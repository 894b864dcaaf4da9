"""Rows and work for `bench.paging`, in a process with Django: see `bench.steps`."""

import time
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from integrations.outbox.models import Delivery
from portal import flows
from portal.common import clock
from portal.common.models import Timer
from set_rotation.actions import paging
from set_rotation.choices import PageSource, Urgency
from set_rotation.models import Page, PageAttempt


def raise_pages(count: str, run: str) -> int:
    """So many pages whose first step is due now; those of earlier runs are gone."""
    PageAttempt.objects.all().delete()
    Page.objects.all().delete()
    Delivery.objects.all().delete()
    Timer.objects.all().delete()
    at = clock.now()
    for number in range(int(count)):
        paging.raise_page(key=f"bench-{run}-{number}", urgency=Urgency.URGENT, reason=f"Outage {number}", at=at,
                          source=PageSource.API)
    return Page.objects.count()


def climb(meet: str, one: str, many: str) -> dict[str, float]:
    """Tick as a worker does until nothing of the pages is due."""
    connection.ensure_connection()
    began = _together(meet, one, many)
    due = Page.objects.filter(step=0)
    while due.exists():
        flows.tick(at=clock.now(), alone=False)
    return {"began": began, "ended": time.time()}


def climbed() -> dict[str, int]:
    """What came of it."""
    return {
        "pages": Page.objects.filter(step=1).count(), "attempts": PageAttempt.objects.count(),
        "deliveries": Delivery.objects.filter(purpose=paging.PURPOSE).count(),
    }


def lay_floor(count: str) -> None:
    """Rows to be claimed, and a table for what is written of each."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_row, bench_note")
        cursor.execute("CREATE TABLE bench_row (id int PRIMARY KEY, step int)")
        cursor.execute("CREATE TABLE bench_note (id int PRIMARY KEY, words text)")
        cursor.execute("INSERT INTO bench_row SELECT generate_series(0, %s - 1), 0", [int(count)])


def claim_bare(meet: str, one: str, many: str) -> dict[str, float]:
    """Claim one's share of the rows, and write one for each."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bench_row WHERE id %% %s = %s ORDER BY id", [int(many), int(one)])
        mine = [row[0] for row in cursor.fetchall()]
    began = _together(meet, one, many)
    with connection.cursor() as cursor:
        for identity in mine:
            with transaction.atomic():
                cursor.execute("UPDATE bench_row SET step = 1 WHERE id = %s AND step = 0", [identity])
                cursor.execute("INSERT INTO bench_note VALUES (%s, 'told')", [identity])
    return {"began": began, "ended": time.time()}


def _together(meet: str, one: str, many: str) -> float:
    """Wait until every process is here; when that was."""
    folder = settings.ENV.var / f"meet-{meet}"
    folder.mkdir(exist_ok=True)
    (folder / one).touch()
    while len(list(folder.iterdir())) < int(many):
        time.sleep(0.002)
    return time.time()


STEPS: dict[str, Any] = {
    step.__name__: step for step in (raise_pages, climb, climbed, lay_floor, claim_bare)
}
