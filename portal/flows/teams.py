"""A team or an area has changed: whose a ticket is, is read off its labels and components again."""

from functools import partial

from django.db import transaction

from portal.common.jobs import queue
from portal.tasks import mark_tickets_again


def teams_changed() -> None:
    """After the commit the worker marks every ticket again; the page need not wait for 100,000 of them."""
    transaction.on_commit(partial(queue, mark_tickets_again))
