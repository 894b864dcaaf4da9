"""What the worker does in this room. Each task loads by id and calls one flow."""

import structlog
from celery import shared_task

from people.models import Person
from portal import flows
from portal.common import clock, live
from tickets.actions import triage
from tickets.actions.deliveries import forget_deliveries, waiting_deliveries
from tickets.actions.runs import forget_runs
from tickets.choices import RunKind
from tickets.queries.triage import queue

log = structlog.get_logger(__name__)


@shared_task(name="tickets.sync_incremental")
def sync_incremental() -> None:
    flows.sync_all(kind=RunKind.INCREMENTAL, at=clock.now())


@shared_task(name="tickets.sync_now")
def sync_now(kind: str, by: int | None) -> None:
    """Somebody asked for a run from the page: it does not wait for what Jira asked the timetable to wait for."""
    flows.sync_all(kind=RunKind(kind), at=clock.now(), by=Person.objects.filter(id=by).first())


@shared_task(name="tickets.census")
def census() -> None:
    flows.take_census(at=clock.now())


@shared_task(name="tickets.census_confirmed")
def census_confirmed(key: str, by: int) -> None:
    """The lead has said that what is missing is truly gone."""
    flows.take_census(at=clock.now(), by=Person.objects.filter(id=by).first(), keys=[key], confirmed=True)


@shared_task(name="tickets.apply_webhook")
def apply_webhook(delivery_id: int) -> None:
    flows.apply_delivery(delivery_id=delivery_id, at=clock.now())


@shared_task(name="tickets.sweep_webhooks")
def sweep_webhooks() -> None:
    for delivery_id in waiting_deliveries(at=clock.now()):
        try:
            if not flows.apply_delivery(delivery_id=delivery_id, at=clock.now()):
                return
        except Exception:
            # It is put off by itself; the others must not wait for it.
            log.exception("webhook not applied", delivery=delivery_id)


@shared_task(name="tickets.make_triage_list")
def make_triage_list() -> None:
    if triage.words_never_counted():
        triage.count_words()
    if triage.make_next_list(at=clock.now()):
        live.publish("triage", "stale", "")


@shared_task(name="tickets.count_waiting")
def count_waiting() -> None:
    """How many bugs wait in triage, for the rail of every page."""
    queue.count_waiting(clock.now())


@shared_task(name="tickets.count_words")
def count_words() -> None:
    """How common each word is, for finding tickets that sound alike."""
    triage.count_words()


@shared_task(name="tickets.forget")
def forget() -> None:
    forget_runs(at=clock.now())
    forget_deliveries(at=clock.now())


@shared_task(name="tickets.draft_weekly")
def draft_weekly() -> None:
    """Counts the days that are missing, and drafts the weekly update once its time has come."""
    flows.draft_weekly(at=clock.now())
