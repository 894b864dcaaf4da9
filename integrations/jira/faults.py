"""What can go wrong with Jira, each in words for the reader of a page. `detail` is for whoever mends it."""

from datetime import datetime

from integrations.faults import DoorFault


class JiraFault(DoorFault):
    """Jira did not do what was asked. `passing`: trying again later may help without anyone's doing."""


class JiraAway(JiraFault):
    """No answer, or a server error."""


class JiraWaits(JiraFault):
    """Jira asks to wait (429, or 503 with Retry-After). `until` is in our clock."""

    def __init__(
        self, words: str, *, until: datetime, detail: str = "", status: int | None = None, alone: bool = False
    ) -> None:
        super().__init__(words, detail=detail, status=status, unanswered=status != 429)
        self.until: datetime = until
        self.alone = alone


class JiraGarbled(JiraFault):
    """An answer that is no data: a login page, half an answer, a paging that goes in circles."""


class JiraRefused(JiraFault):
    """Jira understood and said no: wrong token, no permission, a bad question."""

    passing = False


class JiraMissing(JiraRefused):
    """There is no such thing, or this account may not see it (404, 410)."""
