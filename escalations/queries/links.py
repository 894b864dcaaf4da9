"""The addresses of the form for partners."""

import hashlib
from datetime import datetime

from django.db.models import QuerySet

from escalations.models import Escalation, FormLink


def token_hash(token: str) -> str:
    """What is stored of an address. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def link_of(token: str, at: datetime) -> FormLink | None:
    """The link at an address, with its customer. None for one that is wrong, revoked or over. One query."""
    links = FormLink.objects.select_related("customer")
    return links.filter(token_hash=token_hash(token), revoked_at=None, ends_at__gt=at).first()


def links() -> QuerySet[FormLink]:
    """All that were made, the newest first, with customer and maker. One query."""
    return FormLink.objects.select_related("customer", "made_by").order_by("-at", "-pk")


def raised_by_partner(submission: str) -> Escalation | None:
    """What a partner's form has raised, by the form's own key: whoever has it has sent it. One query."""
    return Escalation.objects.filter(submission=submission, reporter=None).first()
