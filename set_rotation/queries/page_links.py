"""The signed link in a page's message: it opens that page for that person, without a sign-in, for a week."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

from people.models import Person
from people.queries import may_come_in
from set_rotation.models import Page

LASTS = timedelta(days=7)
_SALT = "set_rotation.page"


def link_token(*, page_id: int, person_id: int, at: datetime) -> str:
    """The signed text in the link, made anew for each message and kept in that message alone."""
    return signing.Signer(salt=_SALT).sign_object([page_id, person_id, int((at + LASTS).timestamp())])


@dataclass(frozen=True)
class Opened:
    """What a link opens, and for whom."""

    page: Page
    person: Person


def opened(token: str, at: datetime) -> Opened | None:
    """What this link opens now. None: it was not made here, has expired, or its person has left. Two queries."""
    try:
        page_id, person_id, expires = signing.Signer(salt=_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if at.timestamp() > expires:
        return None
    person = Person.objects.active().filter(pk=person_id).first()
    page = Page.objects.select_related("acknowledged_by", "resolved_by", "by", "only_to").filter(pk=page_id).first()
    return Opened(page, person) if page and person and may_come_in(person.email) else None
