"""The words of this room."""

from django.db.models import TextChoices


class Plan(TextChoices):
    """What a customer pays for. Premium and E20 are of old, and promise other times."""

    PROFESSIONAL = "professional", "Professional"
    ENTERPRISE = "enterprise", "Enterprise"
    PREMIER = "premier", "Premier"
    PREMIUM = "premium", "Premium"
    E20 = "e20", "E20"


class What(TextChoices):
    """The kinds of `CustomerEvent`."""

    ADDED = "added", "was added"
    CONFIRMED = "confirmed", "was confirmed"
    CHANGED = "changed", "was changed"
    RENAMED = "renamed", "was renamed"
    ALIAS_ADDED = "alias_added", "got another name"
    ALIAS_REMOVED = "alias_removed", "lost another name"
    CONTACT_ADDED = "contact_added", "got a contact"
    CONTACT_CHANGED = "contact_changed", "had a contact changed"
    CONTACT_REMOVED = "contact_removed", "lost a contact"
    HOLIDAYS_CHANGED = "holidays_changed", "got other holidays"
    MERGED = "merged", "was merged into another"
    ARCHIVED = "archived", "was set aside"
    BROUGHT_BACK = "brought_back", "was brought back"
