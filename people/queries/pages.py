"""What the pages of this room show, as plain rows, with a constant number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.urls import reverse

from people import rules
from people.choices import Role
from people.models import Component, FeatureTeam, Invitation, Person, PersonalToken, PersonEvent, PersonQuerySet
from people.queries.who import with_roles


@dataclass(frozen=True)
class Mark:
    """A person as `parts/person.html` draws one."""

    id: int
    name: str
    initials: str
    title: str


def mark(person: Person) -> Mark:
    """The person's mark, with their zone on hover."""
    return Mark(id=person.pk, name=person.name, initials=person.initials, title=f"{person.name} · {person.zone}")


@dataclass(frozen=True)
class OwnPage:
    """What one's own page says at its head."""

    name: str
    initials: str
    email: str
    roles: list[str]
    teams: list[str]


def own_page(person: Person, roles_now: frozenset[Role]) -> OwnPage:
    """The head of one's own page."""
    return OwnPage(
        name=person.name, initials=person.initials, email=person.email, roles=labels(roles_now),
        teams=[person.team.name] if person.team else [],
    )


def labels(held: frozenset[Role]) -> list[str]:
    """Roles in words, in the order of `Role`."""
    return [role.label for role in Role if role in held]


@dataclass(frozen=True)
class TokenRow:
    """A token on its owner's page."""

    id: int
    name: str
    hint: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    ends: str


def tokens(person: Person, at: datetime) -> list[TokenRow]:
    """The person's tokens that are not revoked, newest first; expired ones say so."""
    return [
        TokenRow(
            id=token.pk, name=token.name, hint=token.hint, created_at=token.created_at, used_at=token.last_used_at,
            expires_at=token.expires_at, ends=rules.ends_in_words(token.expires_at, at),
        )
        for token in PersonalToken.objects.filter(person=person, revoked_at=None)
    ]


@dataclass(frozen=True)
class PersonRow:
    """A line of the list of people."""

    id: int
    name: str
    initials: str
    email: str
    roles: list[str]
    team: str
    zone: str
    jira_name: str
    mattermost_name: str
    invited_at: datetime | None
    expired: bool
    uninvited: bool  # added without access, and nobody has invited them
    in_reach: bool  # whether the reader may send the invitation again, or take it back
    send_error: str
    active: bool
    url: str


def people_list(
    filters: dict[str, str], at: datetime, *, changeable: bool, grantable: frozenset[Role]
) -> list[PersonRow]:
    """Everybody who passes the filters (`q`, `role`, `team`, `state`), by name: two queries.

    `grantable`: the roles that the reader may hand out, and so whose invitations are theirs to renew.
    """
    people = with_roles(filtered(filters), at).select_related("team")
    open_invitations = Prefetch("invitations", queryset=Invitation.objects.open(), to_attr="open_invitations")
    return [
        _person_row(person, at, changeable=changeable, grantable=grantable)
        for person in people.prefetch_related(open_invitations)
    ]


def filtered(filters: dict[str, str]) -> PersonQuerySet:
    """The people who pass the filters of `forms.PeopleFilterForm`."""
    people = Person.objects.all()
    match filters.get("state"):
        case "gone":
            people = people.filter(is_active=False)
        case "invited":
            people = people.active().filter(joined=None)
        case _:
            people = people.active()
    if "q" in filters:
        people = people.matching(filters["q"])
    if "role" in filters:
        people = people.holding(Role(filters["role"]))
    if "team" in filters:
        people = people.filter(team__slug=filters["team"])
    return people


def _person_row(person: Person, at: datetime, *, changeable: bool, grantable: frozenset[Role]) -> PersonRow:
    invitations: list[Invitation] = getattr(person, "open_invitations", [])
    invitation = invitations[0] if invitations and person.joined is None else None
    return PersonRow(
        id=person.pk, name=person.name, initials=person.initials, email=person.email,
        roles=labels(rules.roles_from([*person.role_names, *person.acting_names])),
        team=person.team.name if person.team else "", zone=person.zone, jira_name=person.jira_name,
        mattermost_name=person.mattermost_name, invited_at=invitation.created_at if invitation else None,
        expired=bool(invitation and invitation.expires_at <= at),
        uninvited=person.is_active and person.joined is None and not invitations,
        in_reach=bool(grantable) and rules.roles_from(person.role_names) <= grantable,
        send_error=invitation.send_error if invitation else "", active=person.is_active,
        url=reverse("people:member", args=[person.pk]) if changeable else "",
    )


@dataclass(frozen=True)
class Happening:
    """A line of somebody's history."""

    at: datetime
    by: str
    words: str
    from_value: str
    to_value: str


@dataclass(frozen=True)
class Member:
    """The page on which a coordinator changes somebody."""

    id: int
    name: str
    initials: str
    email: str
    zone: str
    active: bool
    joined: datetime | None
    invited: bool
    uninvited: bool  # added without access, and nobody has invited them
    send_error: str
    history: list[Happening]


def member(pk: int) -> Member:
    """Somebody with their last 30 events: three queries."""
    person = Person.objects.get(pk=pk)
    invitation = Invitation.objects.open().filter(person=person).first()
    events = PersonEvent.objects.filter(person=person).select_related("by")[:30]
    return Member(
        id=person.pk, name=person.name, initials=person.initials, email=person.email, zone=person.zone,
        active=person.is_active, joined=person.joined, invited=invitation is not None and person.joined is None,
        uninvited=person.is_active and person.joined is None and invitation is None,
        send_error=invitation.send_error if invitation else "",
        history=[
            Happening(
                at=event.at, by=event.by.name if event.by else "", words=event.get_words(),
                from_value=event.from_value, to_value=event.to_value,
            )
            for event in events
        ],
    )




@dataclass(frozen=True)
class AreaRow:
    """An area and who manages it."""

    id: int
    name: str
    manager: Mark | None


@dataclass(frozen=True)
class TeamRow:
    """A team with its people and its areas."""

    name: str
    slug: str
    channel: str
    label: str
    people: list[Mark]
    areas: list[AreaRow]


def teams() -> tuple[list[TeamRow], list[AreaRow]]:
    """Every team, and the areas that have none: four queries."""
    areas = Component.objects.select_related("product_manager")
    rows = FeatureTeam.objects.prefetch_related(
        Prefetch("people", queryset=Person.objects.filter(is_active=True)), Prefetch("components", queryset=areas)
    )
    shown = [
        TeamRow(
            name=team.name, slug=team.slug, channel=team.mattermost_channel, label=team.jira_label,
            people=[mark(person) for person in team.people.all()],
            areas=[_area_row(area) for area in team.components.all()],
        )
        for team in rows
    ]
    return shown, [_area_row(area) for area in areas.filter(team=None)]


def _area_row(area: Component) -> AreaRow:
    manager = area.product_manager
    return AreaRow(id=area.pk, name=area.name, manager=mark(manager) if manager else None)
