"""What did not arrive is tried again by hand; an incident's channel that was archived is brought back."""

from datetime import datetime

from django.db import transaction

from incidents.actions.base import Refused
from incidents.actions.sending import THREAD
from incidents.actions.targets import ask_for_channel, channel_deliveries
from incidents.models import Incident, UpdateDelivery
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from people.models import Person
from portal.common.timers import set_timer
from portal.flows.delivery import answer_delivery, queue_delivery


def retry(*, row: UpdateDelivery, by: Person, at: datetime) -> None:
    """Try a target again; what was sent already is not sent again. Raises `Refused` where nothing can be tried."""
    if row.delivery is None:
        changed = UpdateDelivery.objects.filter(pk=row.pk, done_at__isnull=True).exclude(fault="").update(fault="")
        if not changed:
            raise Refused("This is on its way, or has arrived.")
        set_timer(kind=THREAD, key=str(row.pk), due_at=at)
        return
    try:
        answer_delivery(delivery=row.delivery, by=by, at=at, verb="retry")
    except outbox.NotOpen as refused:
        raise Refused(refused.words) from None


@transaction.atomic
def mend_channel(*, incident: Incident, by: Person, at: datetime) -> None:
    """Restore the incident's channel if it is archived, make it if it is gone, and then send what could not be posted
    there. Raises `Refused` where there is no channel to be."""
    if not incident.channel:
        raise Refused("This incident has no channel: no Mattermost is set.")
    last = next(iter(channel_deliveries(incident)), None)
    if last is not None and last.state in {State.FAILED, State.WAITING} and last.unanswered_at is None:
        # The posts that wait for it go on waiting: another delivery would let them go before the channel is there.
        queue_delivery(outbox.amend(delivery=last, payload={**last.payload, "restore": True}, by=by, at=at,
                                    words="make or restore it"))
        return
    asked = ask_for_channel(incident=incident, look=f"restored-{at.isoformat()}", at=at, restore=True, by=by)
    if asked is not None:
        queue_delivery(asked)
