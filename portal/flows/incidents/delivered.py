"""What became of what an incident sent."""

import contextlib
from datetime import datetime

from incidents.actions.arrivals import settle_delivery
from incidents.actions.channel import settle_channel
from incidents.queries.channel import unposted
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery


def tell_update(delivery: Delivery, at: datetime) -> None:
    """A delivery of an update has changed its state."""
    settle_delivery(delivery=delivery, at=at)


def tell_channel(delivery: Delivery, at: datetime) -> None:
    """So has what makes an incident's channel. Once one is back that was archived or gone, what could not be posted
    there meanwhile follows, in its order."""
    settle_channel(delivery=delivery, at=at)
    if delivery.state == State.SENT and delivery.payload.get("restore"):
        for post in unposted(int(delivery.payload["incident"])):
            who = delivery.by or post.by
            with contextlib.suppress(outbox.NotOpen):
                if who is not None:
                    outbox.retry(delivery=post, by=who, at=at)

