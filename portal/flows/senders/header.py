"""The channel's header: `mattermost.header`, without a payload. What is written is who is on duty when it is sent."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from cadence.queries import team_zone
from integrations.mattermost import MattermostClient, MattermostMissing, MattermostRefused
from integrations.mattermost.client import Channel
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.common import clock
from portal.flows.senders.base import still_mine
from set_rotation.actions import header as actions
from set_rotation.models import ChannelHeader
from set_rotation.queries.header import on_set
from set_rotation.rules.header import LONGEST, Wanted, wanted_header


@dataclass(frozen=True)
class Look:
    """A channel's header as it is, and as it should be. `words`: what is wrong with the channel; "" is nothing."""

    header: ChannelHeader
    channel: Channel
    wanted: Wanted
    words: str

    @property
    def right(self) -> bool:
        """Nothing is to be written: it says what it should, or nobody was ever planned."""
        return self.channel.header == self.wanted.text or (not self.header.written and not self.planned)

    @property
    def planned(self) -> bool:
        """Whether there is anything to say at all: an empty portal does not write into a channel."""
        return not self.wanted.segment.startswith("SET: nobody")


def header(delivery: Delivery) -> Sent:
    """Make the header say who is on duty now. Compared first: no patch, and no line in the channel, when it does."""
    with MattermostClient(settings.ENV.mattermost) as client:
        look = look_at(client, clock.now())
        if not look.wanted.text:
            raise MattermostRefused(look.words)
        if look.right:
            actions.header_is_right(header=look.header, at=clock.now(), wrote=False)
            return Sent(look.channel.id, found=True, note="the header says it already")
        actions.about_to_write(
            header=look.header, segment=look.wanted.segment, lost=look.wanted.lost, at=clock.now()
        )
        still_mine(delivery)()
        client.set_header(look.channel.id, look.wanted.text)
    actions.header_is_right(header=look.header, at=clock.now(), wrote=True)
    return Sent(look.channel.id)


def look_at(client: MattermostClient, at: datetime) -> Look:
    """Find the channel and compare. Trouble with it is recorded, and told to the lead once.

    Raises `MattermostRefused` for a channel that is missing or archived, other faults as they come.
    """
    row = actions.header_of(settings.ENV.mattermost.set_channel)
    try:
        channel = _channel(client, row)
    except MattermostRefused as fault:
        if fault.status != 401:  # a wrong token is the operator's to mend, and says nothing of the channel
            actions.settle_trouble(header=row, words=fault.words, at=at)
        raise
    actions.channel_found(header=row, channel_id=channel.id, found_name=channel.name)
    wanted = wanted_header(channel.header, row.written, on_set(at), team_zone())
    words = _trouble(row, channel, wanted)
    actions.settle_trouble(header=row, words=words, at=at)
    return Look(row, channel, wanted, words)


def _channel(client: MattermostClient, row: ChannelHeader) -> Channel:
    """By the id it had, whatever it is called by now; where that is gone, by its name."""
    channel = None
    if row.channel_id:
        try:
            channel = client.channel_by_id(row.channel_id)
        except MattermostMissing:
            channel = None
    if channel is None:
        channel = client.channel_named(row.name)
    if channel.archived:
        raise MattermostRefused(f"The channel ~{channel.name} is archived, so its header cannot name who is on SET. "
                                "Restore it, or set MATTERMOST_SET_CHANNEL to another one.")
    return channel


def _trouble(row: ChannelHeader, channel: Channel, wanted: Wanted) -> str:
    if not wanted.text:
        return (f"The header of ~{channel.name} has no room for who is on SET: of the {LONGEST:,} characters that "
                "Mattermost takes, other words take too many. Shorten them.")
    if channel.name != row.name:
        return (f"The channel ~{row.name} is called ~{channel.name} now. Its header is kept right all the same; set "
                f"MATTERMOST_SET_CHANNEL={channel.name}, so that posts find it too.")
    return ""
