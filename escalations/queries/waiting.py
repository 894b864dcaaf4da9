"""How many escalations nobody has looked at yet: for the rail of every page, which asks no database for it."""

from django.core.cache import cache

from escalations.choices import Status
from escalations.models import Escalation

NEW_NOW, KEPT = "frame:escalations", 120  # seconds: whoever counts does so each few


def count_new() -> int:
    """Count those that are new and nobody's, and keep the number. One query. Confidential ones are not counted: the
    rail is everybody's who works on escalations."""
    found = Escalation.objects.filter(status=Status.NEW, owner__isnull=True, confidential=False).count()
    cache.set(NEW_NOW, found, KEPT)
    return found


def kept_new() -> int | None:
    """What was counted last; None when nobody has counted."""
    kept: int | None = cache.get(NEW_NOW)
    return kept
