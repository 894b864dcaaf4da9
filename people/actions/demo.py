"""The made-up team of the demo, made by the same verbs as a real one, at a moment that has passed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.text import slugify

from people import rules
from people.actions.base import Refused, record
from people.actions.joining import create_person
from people.actions.teams import save_component, save_team
from people.choices import Role, What
from people.models import Component, FeatureTeam, Person

PASSWORD = "demo-portal-demo"  # noqa: S105  (of made-up people, who exist in the demo only)


@dataclass(frozen=True)
class DemoPerson:
    """One made-up person, as the demo's file lists them."""

    name: str
    email: str
    role: Role
    team: str = ""
    zone: str = "UTC"
    jira_account_id: str = ""
    mattermost_name: str = ""
    product_manager: bool = False


@transaction.atomic
def load_demo_people(
    people: Iterable[DemoPerson], *, areas: Mapping[str, str], at: datetime
) -> list[Person]:
    """Load the made-up team, and the areas with their teams (name → team). Running it again adds what is missing.

    Raises `Refused` where the demo is off, and for an address that could be somebody's.
    """
    if not settings.ENV.demo:
        raise Refused("The demo is off here: it needs DEBUG=1, PORTAL_DEMO=1 and no real Jira.")
    listed = list(people)
    if foreign := [each.email for each in listed if not rules.is_made_up(each.email)]:
        raise Refused(f"Demo people live at @{rules.DEMO_DOMAIN}, not at {foreign[0]}.")
    names = {each.team for each in listed if each.team} | {team for team in areas.values() if team}
    # Only who owns something has a label in Jira: bugs are routed to them alone.
    teams = {name: _team(name, at, labelled=name in areas.values()) for name in sorted(names)}
    # Hashed once for all: hashing takes a good part of a second, and the first start is waited for.
    hashed = make_password(PASSWORD)
    loaded = [_person(each, teams.get(each.team), hashed, at) for each in listed]
    managers = [person for each, person in zip(listed, loaded, strict=True) if each.product_manager]
    for number, (name, team) in enumerate(sorted(areas.items())):
        _area(name, teams.get(team), managers[number % len(managers)] if managers else None, at)
    return loaded


def _team(name: str, at: datetime, *, labelled: bool) -> FeatureTeam:
    found = FeatureTeam.objects.filter(name=name).first()
    label = f"team-{slugify(name)}" if labelled else ""
    return found or save_team(team=None, changes={"name": name, "jira_label": label}, by=None, at=at)


def _person(listed: DemoPerson, team: FeatureTeam | None, hashed: str, at: datetime) -> Person:
    found = Person.objects.filter(email=listed.email).first()
    if found:
        return found
    made = create_person(
        email=listed.email, name=listed.name, roles=[listed.role], at=at, zone=listed.zone, team=team, joined=at,
        jira_account_id=listed.jira_account_id, jira_name=listed.name, mattermost_name=listed.mattermost_name,
    )
    made.password = hashed
    made.save(update_fields=["password"])
    record(What.JOINED, at=at, by=made, person=made)
    return made


def _area(name: str, team: FeatureTeam | None, manager: Person | None, at: datetime) -> None:
    if not Component.objects.filter(name=name).exists():
        save_component(
            component=None, changes={"name": name, "team": team, "product_manager": manager}, by=None, at=at
        )
