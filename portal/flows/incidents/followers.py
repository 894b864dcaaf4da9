"""Letters to those who follow a customer's private page: asked once more before they leave."""

from incidents.actions.subscribing import still_wanted
from integrations.outbox.models import Delivery
from portal.common import clock


def needless_letter(delivery: Delivery) -> str:
    """Why a letter about an update is not to leave any more: its reader left, or the page was revoked or is over
    meanwhile; or ""."""
    return "" if still_wanted(delivery.key, clock.now()) else "whoever it goes to does not follow any more"
