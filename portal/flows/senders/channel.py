"""The channel of an incident: `mattermost.channel`. Payload: incident (its number), look (not read here), restore.

How the channel should be is asked for when it is sent. What stands so already is not written: twice does no harm.
"""

from django.conf import settings

from incidents.models import Incident
from incidents.queries.channel import wanted_channel
from incidents.rules.channel import WantedChannel
from integrations.mattermost import Channel, MattermostChannels, MattermostRefused, NewChannel
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.flows.senders.base import still_mine


def channel(delivery: Delivery) -> Sent:
    """Make the channel if it is not there, and give it its header and members. The note names whom Mattermost does not
    know."""
    told = delivery.payload
    row = Incident.objects.select_related("status", "declared_by").filter(pk=int(told["incident"])).first()
    if row is None or not row.channel:
        raise MattermostRefused("The incident of this channel is gone.")
    wanted = wanted_channel(row)
    with open_channels() as client:
        client.me()
        still_mine(delivery)()
        found = _there(client, row, wanted, restore=bool(told.get("restore")))
        if found.private != wanted.private:
            found = client.set_privacy(found.id, private=wanted.private)
        if found.header != wanted.header:
            found = client.set_header(found.id, wanted.header)
        unknown = _add_members(client, found, wanted, delivery)
        note = f"Not in Mattermost: {', '.join(unknown)}" if unknown else ""
        return Sent(found.id, client.page(found.name), note=note)


def _there(client: MattermostChannels, row: Incident, wanted: WantedChannel, *, restore: bool) -> Channel:
    found = client.find_channel(row.channel_id, row.channel)
    if found is None:
        return client.create_channel(
            NewChannel(wanted.name, wanted.display_name, wanted.purpose, wanted.header, wanted.private)
        )
    if found.archived and not restore:
        raise MattermostRefused(f"The channel ~{found.name} is archived. Restore it, then try again.")
    return client.restore_channel(found.id) if found.archived else found


def _add_members(
    client: MattermostChannels, found: Channel, wanted: WantedChannel, delivery: Delivery
) -> list[str]:
    unknown = []
    for member in wanted.members:
        still_mine(delivery)()
        try:
            client.add_member(found.id, member.username, member.email)
        except MattermostRefused as fault:
            if fault.status == 401:
                raise
            unknown.append(member.name)  # nobody of that name, or not in the team
    return unknown


def open_channels() -> MattermostChannels:
    """A conversation about channels. Raises `MattermostRefused` where no Mattermost is configured."""
    if not settings.ENV.mattermost.base_url:
        raise MattermostRefused("No Mattermost is configured: set MATTERMOST_BASE_URL and its token.")
    return MattermostChannels(settings.ENV.mattermost)
