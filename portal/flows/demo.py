"""The demo's story: escalations and incidents hang on tickets, so they are told once the first import is there."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from customers.actions.demo import load_demo_customers
from escalations.actions.demo import load_demo_escalations
from escalations.models import Escalation
from portal.common.timers import set_timer
from portal.flows.incidents.demo import load_demo_incidents
from tickets.queries.sync import mirror_state

STORY = "demo.escalations"
BEFORE = timedelta(weeks=26)  # customers were here before the first of them asked
AGAIN = timedelta(seconds=3)


@transaction.atomic
def begin_demo(*, at: datetime) -> None:
    """Load the demo's customers, and have its escalations follow the first import. Again it does nothing."""
    load_demo_customers(at=at - BEFORE)
    if not Escalation.objects.exists():
        set_timer(kind=STORY, key="once", due_at=at)


def story_due(key: str, at: datetime) -> None:
    """Load the demo's escalations; while tickets are still coming in for the first time, look again soon."""
    if not settings.ENV.demo:
        return
    state = mirror_state(at)
    if state.first_import or not state.projects:
        set_timer(kind=STORY, key=key, due_at=at + AGAIN)
        return
    load_demo_escalations(at=at)
    load_demo_incidents(at=at)
