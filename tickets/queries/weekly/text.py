"""The text of a post, from what was counted."""

from collections.abc import Sequence
from datetime import date

from django.conf import settings

from tickets.queries.addresses import jira_url, ticket_url
from tickets.rules.weekly.frozen import Counted
from tickets.rules.weekly.numbers import IN_PROGRESS, RESOLVED, SUBMITTED
from tickets.rules.weekly.post import compose


def draft_text(counted: Counted, *, day: date, notes: Sequence[str]) -> str:
    """The post of a meeting's day. Keys lead to Jira, or to the portal where no Jira is configured."""
    return compose(
        day=day, resolved=counted.lists[RESOLVED], submitted=counted.lists[SUBMITTED],
        doing=counted.lists[IN_PROGRESS], queue=counted.queue, backlog=sum(counted.backlog.values()), notes=notes,
        url=address,
    )


def address(key: str) -> str:
    """A ticket's address as readers of the channel can open it: in Jira, or here where no Jira is configured."""
    return jira_url(key) or settings.PORTAL_BASE_URL + ticket_url(key)
