"""Addresses of the form for partners: made, revoked, counted."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from customers.models import Customer
from escalations.actions.base import Refused
from escalations.models import FormLink
from escalations.queries.links import token_hash
from people.models import Person

HINT = 6  # characters by which an address is known again
MOST = 200  # open at a time: more is a mistake of a program


@transaction.atomic
def make_link(
    *, name: str, customer: Customer | None, ends_at: datetime, by: Person, at: datetime
) -> tuple[FormLink, str]:
    """Make an address that holds until `ends_at`; its token (256 bits) is returned this once and not kept. Raises
    `Refused` when too many are open."""
    if FormLink.objects.filter(revoked_at=None, ends_at__gt=at).count() >= MOST:
        raise Refused(f"{MOST} links are open: revoke those that nobody needs any more.")
    token = secrets.token_urlsafe(32)
    link = FormLink.objects.create(
        name=name, token_hash=token_hash(token), hint=token[:HINT], customer=customer, made_by=by, at=at,
        ends_at=ends_at,
    )
    return link, token


def revoke_link(*, link: FormLink, at: datetime) -> bool:
    """End it now. False: it was revoked already."""
    return FormLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at) == 1


def link_used(*, link: FormLink) -> None:
    """Count one escalation more."""
    FormLink.objects.filter(pk=link.pk).update(used=F("used") + 1)
