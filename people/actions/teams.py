"""Feature teams, the areas they own, and the areas' product managers."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from people.actions.base import differences, record
from people.choices import What
from people.models import Component, FeatureTeam, Person


@transaction.atomic
def save_team(*, team: FeatureTeam | None, changes: dict[str, object], by: Person | None, at: datetime) -> FeatureTeam:
    """Make a team (`None`) or change one. A new team's slug comes from its name; it stays when the name changes."""
    if team is None:
        made = FeatureTeam(**changes)
        made.slug = _free_slug(made.name)
        made.save()
        record(What.TEAM_MADE, at=at, by=by, team=made, to_value=made.name)
        return made
    stored = FeatureTeam.objects.select_for_update().get(pk=team.pk)
    before, after = differences(stored, changes)
    if after:
        FeatureTeam.objects.filter(pk=team.pk).update(**changes)
        record(What.TEAM_CHANGED, at=at, by=by, team=stored, from_value=before, to_value=after)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def remove_team(*, team: FeatureTeam, by: Person, at: datetime) -> None:
    """Remove a team; its people and areas stay, without a team."""
    record(What.TEAM_REMOVED, at=at, by=by, team=None, from_value=team.name)
    team.delete()


@transaction.atomic
def save_component(
    *, component: Component | None, changes: dict[str, object], by: Person | None, at: datetime
) -> Component:
    """Add an area (`None`) or change who owns and who manages it."""
    if component is None:
        made = Component.objects.create(**changes)
        record(What.COMPONENT_MADE, at=at, by=by, component=made, team=made.team, to_value=made.name)
        return made
    stored = Component.objects.select_for_update().prefetch_related("team", "product_manager").get(pk=component.pk)
    before, after = differences(stored, changes)
    if after:
        Component.objects.filter(pk=component.pk).update(**changes)
        record(What.COMPONENT_CHANGED, at=at, by=by, component=stored, from_value=before, to_value=after)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def remove_component(*, component: Component, by: Person, at: datetime) -> None:
    """Remove an area. Tickets keep the component's name as Jira has it."""
    record(What.COMPONENT_REMOVED, at=at, by=by, team=component.team, from_value=component.name)
    component.delete()


def _free_slug(name: str) -> str:
    base = slugify(name, allow_unicode=False)[:70] or "team"
    slug, number = base, 2
    while FeatureTeam.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug
