"""Addresses of customers' private pages: made, revoked, noted as opened."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from customers.models import Customer
from incidents.actions.base import Refused, held, record
from incidents.choices import Kind, State, What
from incidents.models import Incident, IncidentCustomer, StatusLink
from incidents.queries.public import name_of, token_hash
from incidents.rules.updates.times import zone_of
from people.models import Person

HINT = 6  # characters by which an address is known again
MOST = 20  # of one incident, at a time: more is a mistake
LONGEST = timedelta(days=90)
NOTED = timedelta(minutes=1)  # an open page asks again and again: it is noted once a minute


@transaction.atomic
def make_link(
    *, incident: Incident, customer: Customer | None, ends_at: datetime, by: Person, at: datetime
) -> tuple[StatusLink, str]:
    """Make a private page for one customer of an incident, or for anybody where it is our own server that is down. Its
    token (256 bits) is returned this once and not kept. Raises `Refused` for a drill, for a customer whom it does not
    concern, for an end that is past or too far, and when too many are open."""
    row = held(incident)
    _refuse(row, customer, ends_at, at)
    token = secrets.token_urlsafe(32)
    link = StatusLink.objects.create(
        incident=row, customer=customer, token_hash=token_hash(token), hint=token[:HINT], made_by=by, at=at,
        ends_at=ends_at,
    )
    record(What.LINK, incident=row, at=at, by=by,
           words=f"Private page for {name_of(customer)} made ({link.hint}…), until "
                 f"{ends_at.astimezone(zone_of(row.zone)):%-d %b %Y}")
    return link, token


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
