"""Where an escalation is shown, for messages and receipts."""

from django.conf import settings


def path_of(number: int) -> str:
    """Our page of an escalation, by its number."""
    return f"/escalations/E-{number}/"


def link_of(number: int) -> str:
    """The whole address of that page, for other systems."""
    return settings.PORTAL_BASE_URL + path_of(number)
