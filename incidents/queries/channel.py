"""The channel of an incident as it should be: its header says how things stand, its members are its people."""

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from incidents import choices
from incidents.choices import Role, Severity
from incidents.models import Incident, IncidentRole, IncidentWatcher
from incidents.rules.channel import Member, WantedChannel, header_of
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.rules.posts import plain


def wanted_channel(incident: Incident) -> WantedChannel:
    """Header, members and who may read it, as they should be now. Three queries."""
    holders = list(IncidentRole.objects.filter(incident=incident, ends_at__isnull=True).select_related("person"))
    told = list(IncidentWatcher.objects.filter(incident=incident).select_related("person"))
    people = [row.person for row in holders] + [row.person for row in told if row.out_at is None]
    out = [row.person for row in told if row.out_at and incident.private]
    if incident.declared_by is not None:
        people.append(incident.declared_by)
    names = ", ".join(incident.customers.values_list("customer__name", flat=True)) or "Community server"
    drill = "Drill: " if incident.drill else ""
    return WantedChannel(
        name=incident.channel, display_name=f"{drill}I-{incident.pk} {names}"[:64].strip(), private=incident.private,
        purpose=f"{drill}{incident.title}"[:250], header=_header(incident, names, holders), members=_members(people),
        outside=_members(out),
    )


def unposted(incident_id: int) -> list[Delivery]:
    """What could not be posted into an incident's own channel, the oldest first. One query."""
    own = F("update_delivery__target__incident__channel")
    return list(Delivery.objects.filter(
        state=State.FAILED, topic__startswith="mattermost.", update_delivery__target__incident=incident_id,
        update_delivery__target__address=own,
    ).select_related("by").order_by("pk"))


def _header(incident: Incident, names: str, holders: list[IncidentRole]) -> str:
    commander = next((row.person.name for row in holders if row.role == Role.COMMANDER), "")
    address = settings.PORTAL_BASE_URL + reverse("incidents:incident", args=[incident.pk])
    state = incident.status.name if incident.state == choices.State.OPEN else choices.State(incident.state).label
    return header_of([
        f"{'DRILL ' if incident.drill else ''}**{Severity(incident.severity).label.upper()}** {plain(names)}",
        f"**{plain(state)}**", f"[I-{incident.pk}]({address})",
        f"[Bridge]({incident.bridge})" if incident.bridge and not set(incident.bridge) & set(" ()") else "",
        f"Commander: {plain(commander)}" if commander else "No commander yet",
        plain(incident.title),
    ])


def _members(people: list[Person]) -> tuple[Member, ...]:
    found = {person.pk: person for person in people if person.is_active}
    return tuple(Member(found[pk].name, found[pk].mattermost_name, found[pk].email) for pk in sorted(found))
