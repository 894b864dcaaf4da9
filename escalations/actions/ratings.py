"""How somebody took our help: asked once by a secret link, answered by one of two buttons and a comment."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from escalations.actions.base import Refused, record
from escalations.choices import What
from escalations.models import Affected, Escalation, Rating
from escalations.rules.ratings import Asked, Door, door

SALT = "escalations.rating"
REFUSALS = {
    Door.EXPIRED: "This link was open for 60 days, and is no longer.",
    Door.ANSWERED: "It was answered already; an answer can be changed for a day.",
}


@transaction.atomic
def ask_rating(*, escalation: Escalation, at: datetime, affected: Affected | None = None) -> str:
    """The token of the link that asks whoever was told how the help was. For the same customer it is the same each
    time: a mail sent again holds the same link. Only its hash is stored. `affected` None: the escalation's first."""
    whom = affected or Affected.objects.filter(escalation=escalation).order_by("pk").first()
    # The row of whom it asks stands still meanwhile: two who ask at once give the same link.
    if whom is not None:
        Affected.objects.select_for_update().get(pk=whom.pk)
    there = Rating.objects.filter(escalation=escalation, affected=whom).first()
    if there is not None:
        return _token(there)
    row = Rating(escalation=escalation, affected=whom, asked_at=at)
    token = _token(row)
    row.token_hash = token_hash(token)
    row.save()
    return token


def _token(row: Rating) -> str:
    """256 bits that nobody can guess who does not hold the portal's secret; made anew from what is stored."""
    whom = f"{row.escalation_id}:{row.affected_id or 0}:{row.asked_at.astimezone(UTC).isoformat()}"
    made = salted_hmac(SALT, whom, secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return urlsafe_b64encode(made).decode().rstrip("=")


def token_hash(token: str) -> str:
    """What is stored of a token: it has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def answer_rating(*, row: Rating, good: bool, comment: str, at: datetime) -> Rating:
    """Say how it was; within a day of the first answer it can be changed. Raises `Refused` afterwards, and for a link
    that has expired. The same again changes nothing."""
    there = Rating.objects.select_for_update(of=("self",)).select_related("escalation").get(pk=row.pk)
    stands = door(Asked(there.asked_at, there.at), at)
    if stands in REFUSALS:
        raise Refused(REFUSALS[stands])
    text = comment.replace("\x00", "").strip()[:2_000]
    if (there.good, there.comment) == (good, text):
        return there
    old = "" if there.good is None else _words(good=there.good)
    there.good, there.comment, there.at = good, text, there.at or at
    there.save(update_fields=["good", "comment", "at"])
    told = f"{_words(good=good)}: {text}" if text else _words(good=good)
    record(What.RATED, escalation=there.escalation, at=at, by=None, from_value=old, to_value=told, internal=True)
    return there


def _words(*, good: bool) -> str:
    return "it helped" if good else "it did not help"
