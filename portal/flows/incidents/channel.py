"""An incident's channel in Mattermost, and its targets, follow how the incident stands."""

from datetime import datetime

from incidents.actions.channel import look_while_live
from incidents.actions.targets import ask_for_channel, default_targets
from incidents.choices import LIVE
from incidents.models import Incident
from incidents.queries.channel import wanted_channel
from integrations.outbox.models import Delivery
from portal.flows.delivery import queue_delivery


def keep_channel(*, incident: Incident, at: datetime) -> Delivery | None:
    """Have the channel made once the incident is declared, and its header and members follow each change. Of one that
    is over, an existing channel gets its last header, and none is made any more."""
    default_targets(incident=incident, at=at)
    incident.refresh_from_db(fields=["channel"])
    look_while_live(incident=incident, at=at)
    if not incident.channel or (incident.state not in LIVE and not incident.channel_id):
        return None
    asked = ask_for_channel(incident=incident, look=wanted_channel(incident).look, at=at)
    if asked is not None:
        queue_delivery(asked)
    return asked
