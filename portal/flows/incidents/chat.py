"""The channels of open incidents are read: Mattermost tells nobody of reactions, so somebody has to look."""

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from incidents.actions.chat import Marked, claim_chats, look_again, not_told, take_marked
from incidents.models import Incident
from incidents.queries.settings import bounds
from integrations.mattermost import MattermostAway, MattermostChannels, MattermostFault, MattermostWaits, Said
from portal.common import locks
from portal.flows.senders.channel import open_channels

log = structlog.get_logger(__name__)
LASTS = 8.0  # seconds for all; the rest is read the next time
BEFORE = timedelta(hours=1)  # a channel is read from so long before its incident on: clocks differ
OVERLAP = timedelta(seconds=5)  # what two of Mattermost's servers wrote at once may become readable out of order


def read_chats(*, at: datetime) -> int:
    """Read each channel whose time has come, one reader at a time. A Mattermost that is away is left alone for a while.
    Returns how many posts came onto timelines."""
    if not settings.ENV.mattermost.base_url:
        return 0
    with locks.held(locks.CHATS, 0) as mine:
        rows = claim_chats(at=at) if mine else []
        if not rows:
            return 0
        emoji, made, ends = bounds().emoji.strip(":"), 0, time.monotonic() + LASTS
        with open_channels() as client:
            for row in rows:
                if time.monotonic() > ends:
                    break
                try:
                    made += read_chat(client, row, emoji=emoji, at=at)
                except MattermostFault as fault:
                    log.info("channel not read", incident=row.pk, reason=fault.words)
                    away = isinstance(fault, MattermostAway | MattermostWaits)
                    for one in rows if away else [row]:
                        look_again(incident=one, at=at)
                    if away:
                        break
    return made


def read_chat(client: MattermostChannels, incident: Incident, *, emoji: str, at: datetime) -> int:
    """Read what was said or marked in one channel since the last look. Returns how many posts are new."""
    since = (incident.chat_seen_at or incident.at - BEFORE) - OVERLAP
    found = client.said_since(incident.channel_id, since)
    marked = [post for post in found if emoji in post.marks and not post.own and not post.gone]
    new = not_told(incident, [post.id for post in marked])
    posts = [_marked(client, post) for post in marked if post.id in new]
    return take_marked(incident=incident, posts=posts, seen=max((post.changed for post in found), default=None), at=at)


def _marked(client: MattermostChannels, post: Said) -> Marked:
    username, name = client.username(post.user)
    return Marked(post.id, post.at, username, name, post.message, post.url)
