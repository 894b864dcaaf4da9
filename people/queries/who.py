"""Who this is: sessions, tokens, links from a mail, the demo's clicks, and the roles that come with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core import signing
from django.db.models import OuterRef
from django.utils.http import urlsafe_base64_decode

from people import rules
from people.choices import Role
from people.models import (
    ActingRole,
    Invitation,
    Person,
    PersonalToken,
    PersonQuerySet,
)

INVITATION_SALT = "people.invitation"


def with_roles(people: PersonQuerySet, at: datetime) -> PersonQuerySet:
    """Each with `role_names` (held) and `acting_names` (held at `at` for a time), in the same query."""
    held = Group.objects.filter(user=OuterRef("pk")).order_by("name").values("name")
    acting = (
        ActingRole.objects.filter(person=OuterRef("pk"), starts_at__lte=at, ends_at__gt=at)
        .order_by("role").values("role").distinct()
    )
    names = {"role_names": ArraySubquery(held), "acting_names": ArraySubquery(acting)}
    return people.annotate(**names)


def signed_in(pk: int, at: datetime) -> Person | None:
    """The active person of a session or token, with roles and team: one query. None for who may not come in."""
    people = with_roles(Person.objects.active(), at)
    person = people.select_related("team").filter(pk=pk).first()
    return person if person and may_come_in(person.email) else None


def may_come_in(email: str) -> bool:
    """Whether this address opens anything here. A database that once was a demo still holds the demo's people,
    and their password is published."""
    return settings.ENV.demo or not rules.is_made_up(email)


def acting_roles(person: Person, at: datetime) -> frozenset[Role]:
    """The roles that the person holds at this moment for a time, such as the lead's."""
    rows = ActingRole.objects.filter(person=person, starts_at__lte=at, ends_at__gt=at)
    return rules.roles_from(rows.values_list("role", flat=True))


def held_roles(person: Person) -> frozenset[Role]:
    """The roles that the person holds for good."""
    return rules.roles_from(person.groups.values_list("name", flat=True))


def leading(at: datetime, role: Role) -> list[Person]:
    """Whoever holds this role for the time being; where nobody does, who holds it for good. Joined people only."""
    acting = ActingRole.objects.filter(role=role.value, starts_at__lte=at, ends_at__gt=at).values("person")
    return list(Person.objects.joined().filter(pk__in=acting)) or list(Person.objects.joined().holding(role))


def token_of(text: str, at: datetime) -> PersonalToken | None:
    """The usable personal token with this text."""
    if not text.startswith(rules.TOKEN_PREFIX):
        return None
    return PersonalToken.objects.usable(at).filter(token_hash=rules.token_hash(text)).first()


def roles(person: Person, at: datetime) -> frozenset[Role]:
    """All roles that the person has at this moment."""
    return held_roles(person) | acting_roles(person, at)


def invitation_token(invitation: Invitation) -> str:
    """The signed text in the invitation's link. It is made again from the row for each mail, never stored."""
    return signing.dumps([invitation.pk, invitation.nonce], salt=INVITATION_SALT)


def invitation_of(token: str, at: datetime) -> Invitation | None:
    """The invitation that this token opens now: signed by us, unused, not taken back, not expired."""
    try:
        pk, nonce = signing.loads(token, salt=INVITATION_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    invitation = Invitation.objects.select_related("person").filter(pk=pk, nonce=nonce).first()
    return invitation if invitation and invitation.is_open(at) and invitation.person.is_active else None


def person_of_reset(uid: str) -> Person | None:
    """The active person that a reset link names, if its text is well-formed."""
    try:
        pk = int(urlsafe_base64_decode(uid))
    except (ValueError, TypeError, OverflowError):
        return None
    return Person.objects.filter(pk=pk, is_active=True).first() if 0 < pk < 2**63 else None


@dataclass(frozen=True)
class DemoSignIn:
    """One click of the demo's sign-in page."""

    id: int
    name: str
    initials: str
    role: str
    what: str


def demo_people() -> list[DemoSignIn]:
    """One made-up person per role that has any, in the order of the rights they have."""
    by_role: dict[str, Person] = {}
    for person in _demo().prefetch_related("groups"):
        for group in person.groups.all():
            by_role.setdefault(group.name, person)
    return [
        DemoSignIn(
            id=by_role[role].pk, name=by_role[role].name, initials=by_role[role].initials, role=role.label,
            what=rules.ROLES_IN_WORDS[role],
        )
        for role in rules.DEMO_ORDER if role in by_role
    ]


def demo_person(pk: str) -> Person | None:
    """A made-up person of the demo; nobody else can be signed in like this."""
    return _demo().filter(pk=number(pk)).first()


def _demo() -> PersonQuerySet:
    return Person.objects.joined().filter(email__endswith="@" + rules.DEMO_DOMAIN).order_by("pk")


def open_invitation(person_pk: int) -> Invitation | None:
    """The invitation of this person that is neither used nor taken back."""
    return Invitation.objects.open().select_related("person").filter(person=person_pk).first()


def uninvited(numbers: Iterable[int], grantable: frozenset[Role], at: datetime) -> list[Person]:
    """Those of these people who were added without access, whom nobody has invited yet, and whose roles (an
    engineer's, where they hold none) are among `grantable`: one query."""
    waiting = Person.objects.active().filter(pk__in=list(numbers), joined=None).exclude(
        pk__in=Invitation.objects.open().values("person")
    )
    return [person for person in with_roles(waiting, at)
            if (rules.roles_from(person.role_names) or frozenset({Role.ENGINEER})) <= grantable]


def number(text: object) -> int:
    """A row's number from outside; 0, which is nobody's, for anything else."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else 0
