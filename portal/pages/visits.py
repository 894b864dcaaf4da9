"""When somebody last looked at the home page, kept in a signed cookie: a GET writes nothing to the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE, SALT = "set_seen", "portal.pages.visits"
AWAY = timedelta(minutes=30)  # whoever was away for longer begins a new visit
FIRST = timedelta(days=3)  # what a first visit is compared to
LONGEST = timedelta(days=14)
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Visit:
    """`since`: what this visit is compared to, the end of the one before; `seen`: the last look at the page."""

    since: datetime
    seen: datetime


def visit(before: Visit | None, at: datetime) -> Visit:
    """The visit that a look at `at` belongs to: the one before goes on unless its last look is half an hour ago."""
    if before is None:
        return Visit(at - FIRST, at)
    since = before.seen if at - before.seen > AWAY else before.since
    return Visit(max(since, at - LONGEST), at)


def read(request: HttpRequest, person: int) -> Visit | None:
    """What the cookie says, if it is ours and this person's."""
    value = request.get_signed_cookie(COOKIE, default=None, salt=SALT, max_age=KEPT)
    parts = (value or "").split(".")
    if len(parts) != 3 or parts[0] != str(person) or not all(part.isdecimal() for part in parts):
        return None
    return Visit(*(datetime.fromtimestamp(int(part), UTC) for part in parts[1:]))


def write(response: HttpResponse, person: int, looked: Visit) -> None:
    """Keep the visit in the reader's browser."""
    value = f"{person}.{int(looked.since.timestamp())}.{int(looked.seen.timestamp())}"
    response.set_signed_cookie(
        COOKIE, value, salt=SALT, max_age=KEPT, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
