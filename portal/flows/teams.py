"""A team or an area has changed: whose a ticket is, is read off its labels and components again."""

from functools import partial

from django.db import transaction

from portal.common.jobs import queue

MARK = "portal.mark_tickets"  # the task's name: it imports the flows, so it cannot be imported here


def teams_changed() -> None:
    """After the commit the worker marks every ticket again; the page need not wait for 100,000 of them."""
    transaction.on_commit(partial(queue, MARK))
