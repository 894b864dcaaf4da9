"""Where the reader is."""

from datetime import datetime

from django.utils import timezone

from incidents.rules.updates.times import zone_word


def zone_here(at: datetime) -> str:
    """What the reader's zone is called, in which all times of a page stand that name none: "ET"."""
    return zone_word(at, timezone.get_current_timezone_name())
