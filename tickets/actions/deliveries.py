"""Webhooks: stored as they come, claimed by one worker, settled with what became of them."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from tickets.choices import DeliveryState
from tickets.models import WebhookDelivery
from tickets.rules.webhooks import Hint

CLAIM = timedelta(seconds=60)
ATTEMPTS = 8
KEPT = timedelta(days=14)
BODY_KEPT = 200_000  # characters


def store_delivery(*, identifier: str, hint: Hint, body: str, at: datetime) -> WebhookDelivery | None:
    """Keep a webhook; None where it came before (Jira sends again what it got no answer for)."""
    try:
        with transaction.atomic():
            return WebhookDelivery.objects.create(
                identifier=identifier, received_at=at, event=hint.event, issue_id=hint.issue_id,
                issue_key=hint.issue_key, body=body[:BODY_KEPT],
                state=DeliveryState.IGNORED if hint.ignored else DeliveryState.STORED, note=hint.ignored,
            )
    except IntegrityError:
        return None


def claim_delivery(*, delivery_id: int, at: datetime) -> WebhookDelivery | None:
    """Take a waiting delivery for a minute; None where another worker has it or it is settled."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    claimed = WebhookDelivery.objects.filter(free, id=delivery_id, state=DeliveryState.STORED).update(
        claimed_until=at + CLAIM, attempts=F("attempts") + 1
    )
    return WebhookDelivery.objects.get(id=delivery_id) if claimed == 1 else None


def settle_delivery(*, delivery: WebhookDelivery, state: DeliveryState, at: datetime, note: str = "") -> None:
    WebhookDelivery.objects.filter(id=delivery.id).update(
        state=state, applied_at=at, note=note[:2_000], claimed_until=None
    )


def postpone_delivery(
    *, delivery: WebhookDelivery, until: datetime, at: datetime, note: str, counts: bool = True
) -> None:
    """Try again at `until`; after eight tries give up (the poll brings the change anyway). Waiting because Jira asked
    for it is no try."""
    if not counts:
        WebhookDelivery.objects.filter(id=delivery.id).update(
            claimed_until=until, note=note[:2_000], attempts=F("attempts") - 1
        )
    elif delivery.attempts >= ATTEMPTS:
        settle_delivery(delivery=delivery, state=DeliveryState.FAILED, at=at, note=note)
    else:
        WebhookDelivery.objects.filter(id=delivery.id).update(claimed_until=until, note=note[:2_000])


def waiting_deliveries(*, at: datetime, most: int = 200) -> list[int]:
    """Deliveries that nobody works on: their task was lost, or their next try has come."""
    free = Q(claimed_until__isnull=True, received_at__lt=at - timedelta(seconds=5)) | Q(claimed_until__lt=at)
    return list(
        WebhookDelivery.objects.filter(free, state=DeliveryState.STORED).order_by("received_at")
        .values_list("id", flat=True)[:most]
    )


def forget_deliveries(*, at: datetime) -> int:
    """Drop settled deliveries older than 14 days."""
    settled = WebhookDelivery.objects.filter(received_at__lt=at - KEPT).exclude(state=DeliveryState.STORED)
    count, _ = settled.delete()
    return count
