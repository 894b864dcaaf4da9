"""Paging, where time and the outbox call: a step or somebody's later rule is due, a page went stale, a message left."""

from datetime import datetime

from integrations.outbox.models import Delivery
from portal.common import live
from set_rotation.actions import paging
from set_rotation.queries.paging import page_of_delivery
from set_rotation.rules.paging import Rung


def step_due(key: str, at: datetime) -> None:
    """The next step of a page's ladder, if nobody has answered; key: page:token."""
    page, _, _ = key.partition(":")
    paging.take_steps(page_id=int(page), at=at)


def contact_due(key: str, at: datetime) -> None:
    """Somebody's rule of so many minutes; key: page:token:round:step:person:minutes."""
    page, token, number, step, person, minutes = key.split(":")
    paging.contact_later(page_id=int(page), token=token, rung=Rung(int(number), int(step)), person_id=int(person),
                         minutes=int(minutes), at=at)


def snooze_over(key: str, at: datetime) -> None:
    """A snoozed page wakes; key: page:token."""
    page, _, token = key.partition(":")
    paging.wake(page_id=int(page), token=token, at=at)


def gone_stale(key: str, at: datetime) -> None:
    """An acknowledged page that nobody has touched pages again; key: page:token."""
    page, _, token = key.partition(":")
    paging.page_again(page_id=int(page), token=token, at=at)


def tell_page(delivery: Delivery, at: datetime) -> None:
    """What became of a message is on its page's timeline at once."""
    page_id = page_of_delivery(delivery.pk)
    if page_id is not None:
        live.publish(f"page:{page_id}", "stale", "")


TIMERS = {paging.STEP: step_due, paging.CONTACT: contact_due, paging.SNOOZE: snooze_over, paging.STALE: gone_stale}
