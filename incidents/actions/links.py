"""Addresses of customers' private pages: made, revoked, noted as opened."""

import uuid
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from customers.models import Customer
from incidents.actions.base import Refused, held, record
from incidents.choices import Kind, State, What
from incidents.models import Incident, IncidentCustomer, StatusLink
from incidents.queries.public import name_of, token_hash
from incidents.rules.updates.times import zone_of
from people.models import Person

SALT = "incidents.link"
HINT = 6  # characters by which an address is known again
MOST = 20  # of one incident, at a time: more is a mistake
LONGEST = timedelta(days=90)
NOTED = timedelta(minutes=1)  # an open page asks again and again: it is noted once a minute


@transaction.atomic
def make_link(
    *, incident: Incident, customer: Customer | None, ends_at: datetime, by: Person, at: datetime,
    submission: uuid.UUID | None = None,
) -> tuple[StatusLink, str]:
    """Make a private page for one customer of an incident, or for anybody where it is our own server that is down. Its
    token (256 bits) is returned and not kept. `submission`: of the form; the same form sent again is the same page,
    and another form makes another one. Raises `Refused` for a drill, for a customer whom it does not concern, for an
    end that is past or too far, when too many are open, and for a form whose page was revoked meanwhile."""
    row = held(incident)
    token = _token(row, customer, ends_at - at, by, submission or uuid.uuid4())
    sent = StatusLink.objects.filter(token_hash=token_hash(token)).first()
    if sent is not None and sent.revoked_at is not None:
        raise Refused("The page that this form made was revoked meanwhile: send it once more for another one.")
    if sent is not None:
        return sent, token
    _refuse(row, customer, ends_at, at)
    link = StatusLink.objects.create(
        incident=row, customer=customer, token_hash=token_hash(token), hint=token[:HINT], made_by=by, at=at,
        ends_at=ends_at,
    )
    record(What.LINK, incident=row, at=at, by=by,
           words=f"Private page for {name_of(customer)} made ({link.hint}…), until "
                 f"{ends_at.astimezone(zone_of(row.zone)):%-d %b %Y}")
    return link, token


def _token(row: Incident, customer: Customer | None, lasts: timedelta, by: Person, submission: uuid.UUID) -> str:
    """256 bits that nobody can guess who does not hold the portal's secret, and the same for the same form: who presses
    twice is shown one address, though it is not kept."""
    what = f"{row.pk}:{customer.pk if customer else 0}:{lasts.total_seconds():.0f}:{by.pk}:{submission.hex}"
    made = salted_hmac(SALT, what, secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return urlsafe_b64encode(made).decode().rstrip("=")


def _refuse(row: Incident, customer: Customer | None, ends_at: datetime, at: datetime) -> None:
    if row.drill:
        raise Refused("This is a drill: nothing of it goes to a customer.")
    if row.state == State.MERGED:
        raise Refused("It was merged into another: make the page there.")
    if customer is None and row.kind == Kind.CUSTOMER:
        raise Refused("Choose the customer whose page it is.")
    if customer is not None and not IncidentCustomer.objects.filter(incident=row, customer=customer).exists():
        raise Refused(f"{customer.name} is not in this incident: add the customer first.")
    if not at < ends_at <= at + LONGEST:
        raise Refused(f"A private page ends within {LONGEST.days} days.")
    if StatusLink.objects.filter(incident=row, revoked_at=None, ends_at__gt=at).count() >= MOST:
        raise Refused(f"{MOST} pages of this incident are open: revoke those that nobody needs any more.")


@transaction.atomic
def revoke_link(*, link: StatusLink, by: Person, at: datetime) -> bool:
    """End it now: its page, feed and calendar are gone, and nobody is written to any more. False: it was revoked
    already."""
    row = held(link.incident)
    if not StatusLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at):
        return False
    record(What.LINK_REVOKED, incident=row, at=at, by=by,
           words=f"Private page for {name_of(link.customer)} revoked ({link.hint}…)")
    return True


def link_seen(*, link: StatusLink, at: datetime) -> bool:
    """Note that somebody opened its page, at most once a minute. Returns whether it was noted."""
    due = Q(seen_at=None) | Q(seen_at__lte=at - NOTED)
    return StatusLink.objects.filter(due, pk=link.pk).update(seen=F("seen") + 1, seen_at=at) == 1
