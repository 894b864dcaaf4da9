"""How somebody took our help: asked once by a secret link, answered by one of two buttons and a comment."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from escalations.actions.base import Refused, held, record
from escalations.choices import Outcome, Status, What
from escalations.models import Affected, Escalation, Rating
from escalations.rules.ratings import Asked, Door, door
from integrations.outbox import actions as outbox

SALT, PURPOSE = "escalations.rating", "escalation.rating"
SOON = timedelta(days=7)  # later nobody remembers; and what is filled in of the past asks nobody
SETTLED = (Status.SOLVED, Status.CLOSED)
NOT_ASKED = (Outcome.DUPLICATE, Outcome.NO_ANSWER)
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


@transaction.atomic
def ask_those_told(*, escalation: Escalation, at: datetime) -> int:
    """Once it is solved, ask each who raised it or was added to it how our help was, by a mail with a link of their
    own; each is asked once. Nobody is asked about what was merged or never answered, nor long after. Returns how many.
    """
    if escalation.status not in SETTLED:
        return 0
    row = held(escalation)
    if row.status not in SETTLED or row.merged_into_id or row.first_reply_at is None or row.outcome in NOT_ASKED:
        return 0
    if row.solved_at is None or at - row.solved_at > SOON:
        return 0
    rated = Rating.objects.filter(escalation=row).values("affected")
    return sum(_ask_by_mail(row, affected, at) for affected in row.affected.exclude(pk__in=rated))


def _ask_by_mail(row: Escalation, affected: Affected, at: datetime) -> bool:
    to = affected.reporter_email or affected.support_mail
    if not to:
        return False
    path = reverse("escalations:rate", args=[ask_rating(escalation=row, affected=affected, at=at)])
    title = "a confidential escalation" if row.confidential else row.title
    text = (f"Hello {affected.reporter_name},\n\n{row} is solved: {title}\n\nDid our help solve it? One click and, if "
            f"you like, a word:\n{settings.PORTAL_BASE_URL}{path}\n\nThe Sustained Engineering team\n")
    mail = {"to": to, "subject": f"{row}: did it help?", "text": text}
    outbox.enqueue(topic="mail.send", scope=f"rating:{affected.pk}", key=f"esc-rate-{affected.pk}", at=at, by=None,
                   title=f"Ask {affected.reporter_name} whether it helped", payload=mail,
                   path=reverse("escalations:escalation", args=[row.pk]), purpose=PURPOSE)
    return True


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
