"""How long the mirror leaves Jira alone when Jira asks for it."""

from datetime import datetime, timedelta

LONGEST = timedelta(hours=6)  # no answer of Jira's is taken to ask for more


def must_wait(not_before: datetime | None, at: datetime) -> bool:
    """Whether Jira asked not to be asked yet. What lies farther ahead was noted under a clock that ran wrong: it would
    keep the mirror still for as long as that clock was ahead."""
    return not_before is not None and at < not_before <= at + LONGEST
