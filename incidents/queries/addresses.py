"""Where an incident is shown, for messages and receipts."""

from django.conf import settings


def path_of(number: int) -> str:
    """Our page of an incident, by its number."""
    return f"/incidents/I-{number}/"


def link_of(number: int) -> str:
    """The whole address of that page, for other systems."""
    return settings.PORTAL_BASE_URL + path_of(number)
