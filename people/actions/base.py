"""What every verb of this room shares: refusing, recording, granting."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from people.choices import Role, What
from people.models import Component, FeatureTeam, Person, PersonEvent


class Refused(Exception):
    """What was asked cannot be done now; the text says why, in words for the person who asked."""


def ensure_roles() -> dict[Role, Group]:
    """The group of each role, made where it is missing."""
    found = {group.name: group for group in Group.objects.filter(name__in=Role.values)}
    return {role: found.get(role.value) or Group.objects.get_or_create(name=role.value)[0] for role in Role}


def grant(person: Person, roles: Iterable[Role]) -> None:
    """Give the person exactly these roles; groups that are no roles of ours stay."""
    groups = ensure_roles()
    wanted = {groups[role].pk for role in roles}
    held = set(person.groups.filter(name__in=Role.values).values_list("pk", flat=True))
    if held - wanted:
        person.groups.remove(*(held - wanted))
    if wanted - held:
        person.groups.add(*(wanted - held))


def record(
    what: What, *, at: datetime, by: Person | None, person: Person | None = None, team: FeatureTeam | None = None,
    component: Component | None = None, from_value: str = "", to_value: str = "",
) -> PersonEvent:
    """Write the row of a change. Call it inside the change's transaction."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return PersonEvent.objects.create(
        what=what.value, at=at, by=by, person=person, team=team, component=component, from_value=from_value,
        to_value=to_value, via="web" if request_id else settings.ENV.process, request_id=request_id,
    )


def words(roles: Iterable[Role]) -> str:
    """Roles as an event keeps them: their names in the order of `Role`."""
    held = set(roles)
    return ", ".join(role.value for role in Role if role in held)


def differences(row: models.Model, changes: dict[str, object]) -> tuple[str, str]:
    """What the row says before and after these changes, one `field: value` per line, changed ones only."""
    before, after = [], []
    for name, value in changes.items():
        old = getattr(row, name)
        if old != value:
            before.append(f"{name}: {old if old is not None else ''}")
            after.append(f"{name}: {value if value is not None else ''}")
    return "\n".join(before), "\n".join(after)
