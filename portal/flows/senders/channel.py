"""The channel of an incident: `mattermost.channel`. Payload: incident (its number), look (not read here), restore.

How the channel should be is asked for when it is sent. What stands so already is not written: twice does no harm.
"""

from collections.abc import Callable, Iterable

from django.conf import settings

from incidents.actions.channel import STILL, UNKNOWN
from incidents.models import Incident
from incidents.queries.channel import wanted_channel
from incidents.rules.channel import Member, WantedChannel
from integrations.mattermost import Channel, MattermostChannels, MattermostRefused, NewChannel
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.flows.senders.base import still_mine

# What is said of a channel, and written where it is not so.
SAID = ("display_name", "purpose", "header")


def channel(delivery: Delivery) -> Sent:
    """Make the channel if it is not there, and give it its name, purpose, header and members. The note names whom
    Mattermost does not know, and who could not be put out."""
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
        other = {name: getattr(wanted, name) for name in SAID if getattr(found, name) != getattr(wanted, name)}
        if other:
            found = client.describe(found.id, other)
        unknown = _each(wanted.members, delivery, lambda who: client.add_member(found.id, who.username, who.email))
        still = _each(wanted.outside, delivery, lambda who: client.remove_member(found.id, who.username, who.email))
        notes = [f"{words}: {', '.join(names)}" for words, names in ((UNKNOWN, unknown), (STILL, still)) if names]
        return Sent(found.id, client.page(found.name), note=". ".join(notes))


def _there(client: MattermostChannels, row: Incident, wanted: WantedChannel, *, restore: bool) -> Channel:
    found = client.find_channel(row.channel_id, row.channel)
    if found is None:
        return client.create_channel(
            NewChannel(wanted.name, wanted.display_name, wanted.purpose, wanted.header, wanted.private)
        )
    if found.archived and not restore:
        raise MattermostRefused(f"The channel ~{found.name} is archived. Restore it, then try again.")
    return client.restore_channel(found.id) if found.archived else found


def _each(people: Iterable[Member], delivery: Delivery, act: Callable[[Member], None]) -> list[str]:
    """Do this for each of them. Returns the names of those for whom Mattermost refused it."""
    refused = []
    for one in people:
        still_mine(delivery)()
        try:
            act(one)
        except MattermostRefused as fault:
            if fault.status == 401:
                raise
            refused.append(one.name)  # nobody of that name, not in the team, or the bot may not
    return refused


def open_channels() -> MattermostChannels:
    """A conversation about channels. Raises `MattermostRefused` where no Mattermost is configured."""
    if not settings.ENV.mattermost.base_url:
        raise MattermostRefused("No Mattermost is configured: set MATTERMOST_BASE_URL and its token.")
    return MattermostChannels(settings.ENV.mattermost)
