"""Ratings: what a secret link opens, and what was said of an escalation."""

from escalations.models import Rating


def rating_of(hashed: str) -> Rating | None:
    """The rating whose link has this hash, with whom it asks. One query."""
    return Rating.objects.select_related("escalation", "affected__customer").filter(token_hash=hashed).first()


def ratings_of(escalation_id: int) -> list[Rating]:
    """What was answered about an escalation, the first first. One query."""
    found = Rating.objects.filter(escalation=escalation_id, good__isnull=False).select_related("affected__customer")
    return list(found.order_by("at", "pk"))
