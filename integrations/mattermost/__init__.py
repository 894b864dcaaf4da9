"""The door to Mattermost: the one place that speaks HTTP to it."""

from integrations.mattermost.channels import MattermostChannels, NewChannel, Said
from integrations.mattermost.client import Channel, MattermostClient, Post
from integrations.mattermost.faults import (
    MattermostAway,
    MattermostFault,
    MattermostMissing,
    MattermostRefused,
    MattermostWaits,
)

__all__ = [
    "Channel", "MattermostAway", "MattermostChannels", "MattermostClient", "MattermostFault", "MattermostMissing",
    "MattermostRefused", "MattermostWaits", "NewChannel", "Post", "Said",
]
