"""What can go wrong with Mattermost, each in words for the reader of a page."""

from datetime import datetime

from integrations.faults import DoorFault


class MattermostFault(DoorFault):
    """Mattermost did not do what was asked."""


class MattermostAway(MattermostFault):
    """No answer, a server error, or something that is no data."""


class MattermostWaits(MattermostFault):
    """Mattermost asks to wait (429). `until` is in our clock."""

    def __init__(self, words: str, *, until: datetime, detail: str = "") -> None:
        super().__init__(words, detail=detail, status=429)
        self.until: datetime = until


class MattermostRefused(MattermostFault):
    """Mattermost understood and said no."""

    passing = False


class MattermostMissing(MattermostRefused):
    """There is no such channel, team or post, or the bot may not see it."""
