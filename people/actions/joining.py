"""Coming in: made by a command, or invited by mail."""

import contextlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from people import queries, rules
from people.actions.base import Refused, grant, record, words
from people.choices import Role, What
from people.models import FeatureTeam, Invitation, Person

BEYOND = "This invitation is for a role that allows more than yours; ask a coordinator."


def create_person(
    *, email: str, name: str, roles: Iterable[Role], at: datetime, by: Person | None = None,
    password: str | None = None, **fields: object,
) -> Person:
    """Add somebody. With a password they can sign in at once; without one they need an invitation.

    A coordinator made without anybody's hand (by command) is a superuser. Raises `Refused` for a wrong value.
    """
    held = frozenset(roles)
    fields.setdefault("joined", at if password else None)
    person = Person(email=rules.normal_email(email), name=rules.clean_name(name), **fields)
    person.is_superuser = _all_powerful(held, by)
    person.set_password(password)
    try:
        # The database forbids what must not be, and says so below; asking it for each constraint before took longest.
        person.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            person.save()
            grant(person, held)
            record(What.CREATED, at=at, by=by, person=person, to_value=words(held))
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    except IntegrityError as error:
        raise Refused("Somebody with this address is here already.") from error
    return person


@transaction.atomic
def invite(
    *, email: str, name: str, roles: Iterable[Role], at: datetime, by: Person | None,
    team: FeatureTeam | None = None,
) -> Invitation:
    """Add somebody and make their invitation, which lasts seven days; the caller sends the mail after the commit.

    Nobody hands out a role that allows more than their own. Somebody whose invitation was taken back can be
    invited again. Raises `Refused` when the address belongs to somebody already.
    """
    wanted = frozenset(roles)
    _check_reach(wanted, by, at, "You can only hand out roles that allow no more than yours.")
    former = _formerly_invited(email)
    if former is None:
        person = create_person(email=email, name=name, roles=wanted, at=at, by=by, team=team)
    else:
        person = former
        person.name, person.team, person.is_active = rules.clean_name(name), team, True
        person.is_superuser = _all_powerful(wanted, by)
        person.save(update_fields=["name", "team", "is_active", "is_superuser"])
        grant(person, wanted)
    return _invitation(person, wanted, by, at)


@transaction.atomic
def let_in(*, person: Person, by: Person | None, at: datetime, role: Role = Role.ENGINEER) -> Invitation:
    """Invite somebody whom the portal knows already but who has no access; the caller sends the mail after the commit.

    They keep the roles they hold; who holds none gets `role`. Raises `Refused` for who has joined, was switched off or
    has an open invitation, and for roles beyond those of `by`.
    """
    known = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if not known.is_active:
        raise Refused(f"{known.name} was switched off: bring them back first.")
    if known.joined is not None:
        raise Refused(f"{known.name} can sign in already.")
    if Invitation.objects.open().filter(person=known).exists():
        raise Refused(f"{known.name} is invited already; the page of people sends it again.")
    held = queries.held_roles(known)
    wanted = held or frozenset({role})
    _check_reach(wanted, by, at, BEYOND)
    if not held:
        grant(known, wanted)
    return _invitation(known, wanted, by, at)


def let_in_all(*, people: Iterable[Person], by: Person, at: datetime) -> list[Invitation]:
    """`let_in` for several, each in a transaction of their own; whom it refuses is passed over."""
    made = list[Invitation]()
    for person in people:
        with contextlib.suppress(Refused):
            made.append(let_in(person=person, by=by, at=at))
    return made


def _invitation(person: Person, roles: frozenset[Role], by: Person | None, at: datetime) -> Invitation:
    invitation = Invitation.objects.create(
        person=person, by=by, nonce=secrets.token_urlsafe(32), created_at=at, expires_at=at + rules.INVITATION_LASTS
    )
    record(What.INVITED, at=at, by=by, person=person, to_value=words(roles))
    return invitation


def _all_powerful(roles: frozenset[Role], by: Person | None) -> bool:
    return by is None and Role.COORDINATOR in roles


def _check_reach(roles: frozenset[Role], by: Person | None, at: datetime, words: str) -> None:
    """Nobody hands out, renews or takes back a role that allows more than their own; a command may."""
    if by is not None and not roles <= rules.grantable(queries.roles(by, at)):
        raise Refused(words)


def _formerly_invited(email: str) -> Person | None:
    """Somebody who never came because their invitation was taken back."""
    normal = rules.normal_email(email)
    try:
        validate_email(normal)
    except ValidationError as error:
        raise Refused("This is not an e-mail address.") from error
    return Person.objects.select_for_update().filter(email=normal, is_active=False, joined=None).first()


@transaction.atomic
def renew_invitation(*, invitation: Invitation, by: Person | None, at: datetime) -> Invitation:
    """Seven more days, to be sent again. Links of earlier mails go on working. Raises `Refused` once it is used,
    and for roles beyond those of `by`."""
    _check_reach(queries.held_roles(invitation.person), by, at, BEYOND)
    renewed = Invitation.objects.open().filter(pk=invitation.pk).update(
        expires_at=at + rules.INVITATION_LASTS, sent_at=None, send_error=""
    )
    if not renewed:
        raise Refused("This invitation was used or taken back meanwhile.")
    record(What.INVITATION_RESENT, at=at, by=by, person=invitation.person)
    invitation.refresh_from_db()
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: Person | None, at: datetime) -> None:
    """Take the invitation back; its links stop working. Raises `Refused` once it is used, and for roles beyond
    those of `by`."""
    _check_reach(queries.held_roles(invitation.person), by, at, BEYOND)
    if not Invitation.objects.open().filter(pk=invitation.pk).update(revoked_at=at):
        raise Refused("This invitation was used or taken back meanwhile.")
    Person.objects.filter(pk=invitation.person_id, joined=None).update(is_active=False)
    record(What.INVITATION_REVOKED, at=at, by=by, person=invitation.person)


@transaction.atomic
def accept(*, invitation: Invitation, password: str, at: datetime) -> Person:
    """Set the first password. Of two who hold the same link, one gets in. Raises `Refused` for the other."""
    taken = Invitation.objects.open().filter(pk=invitation.pk, expires_at__gt=at, person__is_active=True)
    if not taken.update(accepted_at=at):
        raise Refused("This invitation has been used, has expired, or was taken back.")
    person = Person.objects.select_for_update().get(pk=invitation.person_id)
    person.set_password(password)
    person.joined = person.joined or at
    person.save(update_fields=["password", "joined"])
    record(What.JOINED, at=at, by=person, person=person)
    return person


def invitation_sent(*, invitation_id: int, at: datetime) -> None:
    """Note that the mail server took the mail."""
    Invitation.objects.filter(pk=invitation_id).update(sent_at=at, send_error="")


def invitation_not_sent(*, invitation_id: int, reason: str) -> None:
    """Note why the mail could not be sent; the page shows it beside "Send again"."""
    Invitation.objects.open().filter(pk=invitation_id).update(send_error=reason[:300])
