"""Rows for tests, made by the room's own verbs."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from people import actions
from people.choices import Role
from people.models import Component, FeatureTeam, Invitation, Person

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
PASSWORD = "seven quiet otters"
_numbers = count(1)


def person(*roles: Role, at: datetime = NOON, password: str | None = None, **fields: Any) -> Person:
    """Somebody who has joined; without a password they are signed in by `client.force_login`."""
    number = next(_numbers)
    fields.setdefault("joined", at)
    email, name = str(fields.pop("email", f"p{number}@example.org")), str(fields.pop("name", f"Person {number}"))
    return actions.create_person(email=email, name=name, roles=roles, at=at, password=password, **fields)


def invitation(*, email: str = "new@example.org", roles: tuple[Role, ...] = (Role.ENGINEER,)) -> Invitation:
    return actions.invite(email=email, name="New Colleague", roles=roles, at=NOON, by=None)


def team(name: str = "Server Platform") -> FeatureTeam:
    return actions.save_team(team=None, changes={"name": name}, by=None, at=NOON)


def component(name: str = "Search", owner: FeatureTeam | None = None) -> Component:
    return actions.save_component(component=None, changes={"name": name, "team": owner}, by=None, at=NOON)
