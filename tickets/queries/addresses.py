"""Where a ticket is shown: here, and in Jira."""

from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse


@lru_cache(maxsize=1)
def _pattern() -> str:
    """Resolving an address costs as much as the rest of a card; all of them differ by the key alone."""
    return reverse("tickets:ticket", args=["KEY"])


def ticket_url(key: str) -> str:
    """Our page of a ticket, whatever its key holds."""
    return _pattern().replace("KEY", quote(key, safe=""))


def jira_url(key: str) -> str:
    """Where Jira shows an issue; empty where no Jira is configured."""
    base = settings.ENV.jira.base_url
    return f"{base}/browse/{key}" if base else ""
