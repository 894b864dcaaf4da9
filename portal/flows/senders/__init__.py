"""How each kind of delivery leaves: a table from topic to sender."""

from portal.flows.senders import channel, header, jira, mail, mattermost, notify
from portal.flows.senders.base import Asks, ClaimLost, Sender

SENDERS: dict[str, Sender] = {
    "jira.change": Sender(jira.change),
    "jira.comment": Sender(jira.comment, jira.find_comment),
    "jira.rank": Sender(jira.rank),
    "jira.create": Sender(jira.create, jira.find_created, lags=True),
    "jira.link": Sender(jira.link),
    "jira.remote_link": Sender(jira.remote_link),
    "mail.send": Sender(mail.send, at_least_once=True),
    "mattermost.post": Sender(mattermost.post, mattermost.find_post),
    "mattermost.direct": Sender(mattermost.direct, mattermost.find_direct),
    "mattermost.edit": Sender(mattermost.edit),
    "mattermost.channel": Sender(channel.channel),
    "mattermost.header": Sender(header.header),
    "notify.send": Sender(notify.send, at_least_once=True),
}

__all__ = ["SENDERS", "Asks", "ClaimLost", "Sender"]
