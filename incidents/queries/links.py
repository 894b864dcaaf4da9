"""The private pages of an incident, for whoever makes and revokes them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from customers.models import Customer
from incidents.models import Incident, StatusLink
from incidents.queries.public import holding, name_of


@dataclass(frozen=True)
class Link:
    """A private page that was made. `followers`: who has confirmed; `why`: what ended it, "" while it holds."""

    id: int
    name: str
    hint: str
    at: datetime
    by: str
    ends_at: datetime
    revoked_at: datetime | None
    seen: int
    seen_at: datetime | None
    followers: int
    holds: bool
    still_concerned: bool


def links_of(incident: Incident, at: datetime) -> tuple[Link, ...]:
    """All that were made, the newest first. Two queries."""
    confirmed = Q(subscribers__confirmed_at__isnull=False, subscribers__left_at=None)
    rows = StatusLink.objects.filter(incident=incident).select_related("customer", "made_by")
    open_now = set(StatusLink.objects.filter(holding(at), incident=incident).values_list("pk", flat=True))
    return tuple(
        Link(
            id=row.pk, name=name_of(row.customer), hint=row.hint, at=row.at, ends_at=row.ends_at, seen=row.seen,
            by=row.made_by.name if row.made_by else "", revoked_at=row.revoked_at, seen_at=row.seen_at,
            followers=row.told, holds=row.pk in open_now,
            still_concerned=row.revoked_at is not None or row.ends_at <= at or row.pk in open_now,
        )
        for row in rows.annotate(told=Count("subscribers", filter=confirmed)).order_by("-at", "-pk")[:200]
    )


def customers_of(incident: Incident) -> list[Customer]:
    """Whom it concerns, in their order. One query."""
    return [one.customer for one in incident.customers.select_related("customer")]
