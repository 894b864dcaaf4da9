"""What somebody is here: profile, roles, and whether they still belong."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from people import queries
from people.actions.base import Refused, differences, ensure_roles, grant, record, words
from people.choices import Role, What
from people.models import ActingRole, Invitation, Person, PersonalToken


@transaction.atomic
def change_profile(*, person: Person, changes: dict[str, object], by: Person, at: datetime) -> None:
    """Save changed fields of a profile. Nothing is written when nothing differs.

    Raises `Refused` when somebody else got a name first that only one person can have.
    """
    stored = Person.objects.select_for_update().get(pk=person.pk)
    before, after = differences(stored, changes)
    if not after:
        return
    try:
        with transaction.atomic():
            Person.objects.filter(pk=person.pk).update(**changes)
    except IntegrityError as error:
        raise Refused("Somebody else took that name in Jira or Mattermost this moment.") from error
    record(What.PROFILE_CHANGED, at=at, by=by, person=person, from_value=before, to_value=after)


@transaction.atomic
def set_roles(*, person: Person, roles: Iterable[Role], by: Person | None, at: datetime) -> None:
    """Give the person exactly these roles. Raises `Refused` when that leaves nobody to manage people."""
    wanted = frozenset(roles)
    _lock_coordinators()
    held = queries.held_roles(person)
    if held == wanted:
        return
    if Role.COORDINATOR in held - wanted:
        _keep_a_coordinator(without=person)
        Person.objects.filter(pk=person.pk).update(is_superuser=False)
    grant(person, wanted)
    record(What.ROLES_CHANGED, at=at, by=by, person=person, from_value=words(held), to_value=words(wanted))


@transaction.atomic
def change_member(
    *, person: Person, roles: Iterable[Role], changes: dict[str, object], by: Person, at: datetime
) -> None:
    """What a coordinator changes about somebody: roles and profile together, or neither."""
    set_roles(person=person, roles=roles, by=by, at=at)
    change_profile(person=person, changes=changes, by=by, at=at)


@transaction.atomic
def deactivate(*, person: Person, by: Person | None, at: datetime) -> None:
    """Close the door: sessions and tokens of the person stop at once. What they did stays theirs."""
    _lock_coordinators()
    if by is not None and by.pk == person.pk:
        raise Refused("Nobody deactivates themselves; ask another coordinator.")
    _keep_a_coordinator(without=person)
    if not Person.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        return
    _end_sessions(person)
    PersonalToken.objects.filter(person=person, revoked_at=None).update(revoked_at=at)
    Invitation.objects.open().filter(person=person).update(revoked_at=at)
    record(What.DEACTIVATED, at=at, by=by, person=person)


@transaction.atomic
def reactivate(*, person: Person, by: Person | None, at: datetime) -> None:
    """Open the door again, with the roles of before. Tokens stay revoked; who never joined is invited anew."""
    if Person.objects.filter(pk=person.pk, is_active=False, joined__isnull=False).update(is_active=True):
        _end_sessions(person)  # one that began in the moment of the deactivation
        record(What.REACTIVATED, at=at, by=by, person=person)


def _end_sessions(person: Person) -> None:
    """Whoever comes back signs in anew: a screen that somebody left unlocked does not come back with them."""
    theirs = [
        session.pk for session in Session.objects.iterator()
        if str(session.get_decoded().get(SESSION_KEY, "")) == str(person.pk)
    ]
    Session.objects.filter(pk__in=theirs).delete()


@transaction.atomic
def set_acting_roles(
    *, source: str, role: Role, seats: Iterable[tuple[Person, datetime, datetime]], at: datetime
) -> None:
    """Replace what `source` says about who acts in `role`, and when (`[start, end)`), by these seats."""
    wanted = {(person.pk, start, end): person for person, start, end in seats}
    rows = {
        (row.person_id, row.starts_at, row.ends_at): row
        for row in ActingRole.objects.select_for_update().select_related("person").filter(source=source, role=role)
    }
    for key in rows.keys() - wanted.keys():
        row = rows[key]
        row.delete()
        record(What.ACTING_CHANGED, at=at, by=None, person=row.person, from_value=_span(role, key[1], key[2]))
    for key in wanted.keys() - rows.keys():
        person_id, start, end = key
        ActingRole.objects.create(person_id=person_id, role=role, starts_at=start, ends_at=end, source=source)
        record(What.ACTING_CHANGED, at=at, by=None, person=wanted[key], to_value=_span(role, start, end))


def _span(role: Role, start: datetime, end: datetime) -> str:
    return f"{role.value} from {start.isoformat()} to {end.isoformat()}"


def _lock_coordinators() -> None:
    """Two coordinators who remove each other at once must not both succeed."""
    ensure_roles()
    Group.objects.select_for_update().get(name=Role.COORDINATOR.value)


def _keep_a_coordinator(*, without: Person) -> None:
    coordinators = Person.objects.joined().holding(Role.COORDINATOR)
    remaining = coordinators.exclude(pk=without.pk)
    if coordinators.filter(pk=without.pk).exists() and not remaining.exists():
        raise Refused(f"{without.name} is the last coordinator; make somebody else one first.")
