"""What became of what an incident sent."""

from datetime import datetime

from incidents.actions.arrivals import settle_delivery
from incidents.actions.channel import settle_channel
from integrations.outbox.models import Delivery


def tell_update(delivery: Delivery, at: datetime) -> None:
    """A delivery of an update has changed its state."""
    settle_delivery(delivery=delivery, at=at)


def tell_channel(delivery: Delivery, at: datetime) -> None:
    """So has what makes an incident's channel."""
    settle_channel(delivery=delivery, at=at)

