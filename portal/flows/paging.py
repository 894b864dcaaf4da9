"""Paging, where time and the outbox call: a step or somebody's later rule is due, a page went stale, a message left."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

import structlog
from django.conf import settings

from integrations.mail.inbound import read_mail
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from portal.common import live
from set_rotation.actions import paging
from set_rotation.actions.contacts import verify_late
from set_rotation.choices import PageSource, Urgency
from set_rotation.models import Page
from set_rotation.queries.paging import page_of_delivery
from set_rotation.queries.paging.ladder import calls_still
from set_rotation.queries.paging.listing import mail_key, page_of_mails
from set_rotation.rules.page_words import clean_line
from set_rotation.rules.paging import Rung

log = structlog.get_logger(__name__)


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
    """What became of a message is on its page's timeline at once, and proves its way if it was a test."""
    page_id = page_of_delivery(delivery.pk)
    if page_id is None:
        return
    proven = verify_late(page_id, at) if delivery.state == State.SENT else 0
    live.publish(f"page:{page_id}", "stale", "")
    if proven:
        live.publish("pages", "stale", "")


def needless_page(delivery: Delivery) -> str:
    """Why a message that has not left yet is not to leave any more, or "". An answer takes back what waits; what was
    being tried in that moment, or may have left, comes by here: nobody is woken hours later by a door that opens again.
    """
    return "" if calls_still(delivery.pk) else "the page was answered meanwhile"


@dataclass(frozen=True)
class Came:
    """What became of a mail that came in: its page, or in words why it pages nobody."""

    page: Page | None
    new: bool = False
    why: str = ""


def mail_came(raw: bytes, *, to: frozenset[str], at: datetime) -> Came:
    """A mail to the urgent address pages whoever is on duty; the same mail twice is one page, and so is an answer to it
    while somebody is called or has it. `to`: whom the service says that it was for, besides what its headers say."""
    told, own = settings.ENV.inbound_mail, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    mail = read_mail(raw, own=own, urgent=told.address)
    why = mail.automatic
    if not why and told.address and told.address not in mail.to | to:
        why = f"It was not sent to {told.address}."
    if why:
        log.warning("a mail paged nobody", why=why, mail=mail.key)  # somebody may have meant it
        return Came(None, why=why)
    known = page_of_mails(mail.answers)
    if known is not None:
        return Came(known)
    whom = f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender
    first = next((line for line in mail.text.splitlines() if line.strip()), "")
    page, new = paging.raise_page(
        key=mail_key(mail.key), urgency=Urgency.URGENT, at=at, source=PageSource.MAIL, from_whom=whom,
        reason=clean_line(mail.subject) or clean_line(first) or "A mail without words", details=mail.text,
    )
    return Came(page, new=new)


TIMERS = {paging.STEP: step_due, paging.CONTACT: contact_due, paging.SNOOZE: snooze_over, paging.STALE: gone_stale}
