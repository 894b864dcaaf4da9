"""Where an escalation is shown, for messages and receipts."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from escalations.choices import Level
from escalations.models import Escalation


def path_of(number: int) -> str:
    """Our page of an escalation, by its number."""
    return f"/escalations/E-{number}/"


def link_of(number: int) -> str:
    """The whole address of that page, for other systems."""
    return settings.PORTAL_BASE_URL + path_of(number)


def incident_path(row: Escalation) -> str:
    """Where an incident is opened for an L1 or L2; "" for others, and while there is no such page."""
    if row.level > Level.L2:
        return ""
    try:
        return f"{reverse('incidents:new')}?escalation=E-{row.pk}"
    except NoReverseMatch:
        return ""
