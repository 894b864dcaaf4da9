"""What opens the door: passwords and personal tokens."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from people import rules
from people.actions.base import Refused, record
from people.choices import What
from people.models import Invitation, Person, PersonalToken

TOKENS_AT_ONCE = 20


@transaction.atomic
def change_password(*, person: Person, password: str, at: datetime, what: What = What.PASSWORD_CHANGED) -> None:
    """Set a password. Every session of the person ends, except one whose hash the caller renews."""
    person.set_password(password)
    person.joined = person.joined or at
    person.save(update_fields=["password", "joined"])
    Invitation.objects.open().filter(person=person).update(accepted_at=at)
    record(what, at=at, by=person, person=person)


@transaction.atomic
def make_token(
    *, person: Person, name: str, at: datetime, expires_at: datetime | None = None
) -> tuple[PersonalToken, str]:
    """Make a personal token and return it with its text, which is shown this once and not kept."""
    Person.objects.select_for_update().get(pk=person.pk)
    if PersonalToken.objects.usable(at).filter(person=person).count() >= TOKENS_AT_ONCE:
        raise Refused(f"You have {TOKENS_AT_ONCE} tokens; revoke one first.")
    text = rules.TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = PersonalToken.objects.create(
        person=person, name=rules.clean_name(name), token_hash=rules.token_hash(text), hint=rules.token_hint(text),
        created_at=at, expires_at=expires_at,
    )
    record(What.TOKEN_MADE, at=at, by=person, person=person, to_value=str(token))
    return token, text


@transaction.atomic
def revoke_token(*, token: PersonalToken, by: Person, at: datetime) -> None:
    """End a token now. Doing it twice is harmless."""
    if PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        record(What.TOKEN_REVOKED, at=at, by=by, person=token.person, from_value=str(token))


def token_used(*, token: PersonalToken, at: datetime) -> None:
    """Note that the token was used, at most once a minute: a busy script is not to write a row per request."""
    before = at - rules.LAST_USED_EVERY
    if token.last_used_at is None or token.last_used_at <= before:
        PersonalToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=token.pk).update(
            last_used_at=at
        )
