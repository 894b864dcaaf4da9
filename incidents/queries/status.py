"""What is open, for everyone signed in: where it stands, since when, and when the next update is due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils.safestring import SafeString

from escalations.rules import markdown
from incidents.choices import Role, State
from incidents.models import Incident, IncidentCustomer, IncidentRole, UpdateVersion
from incidents.queries.seen import visible
from incidents.rules.outage import lasted
from incidents.rules.public import parts_of
from incidents.rules.updates.times import hours_words
from people.choices import Right
from people.models import Person

LATELY = timedelta(days=7)
MOST = 100


@dataclass(frozen=True)
class Standing:
    """An incident as the status page has it. `said`: what executives read of the impact in its last update, which has
    this `number`; 0: there is none yet."""

    incident: Incident
    customers: tuple[str, ...]
    commander: str
    number: int
    said_at: datetime | None
    said: SafeString

    @property
    def who(self) -> str:
        """Whose production is down."""
        return ", ".join(self.customers) or "Our community server"

    @property
    def lasted(self) -> str:
        """How long it was down; "" while it is."""
        ended = self.incident.resolved_at
        return hours_words(lasted(self.incident.breaks, self.incident.began_at, ended)) if ended else ""


@dataclass(frozen=True)
class StatusPage:
    """What is down, what is being watched, and what was over lately."""

    down: tuple[Standing, ...]
    watched: tuple[Standing, ...]
    lately: tuple[Standing, ...]

    @property
    def due_next(self) -> datetime | None:
        """When the next update of all is due."""
        found = [one.incident.next_update_at for one in (*self.down, *self.watched)]
        return min((one for one in found if one is not None), default=None)


def status_page(person: Person, rights: Collection[Right], at: datetime) -> StatusPage:
    """What this person sees; private ones are for their people. Four queries."""
    rows = list(_rows(visible(person, rights), at))
    names, commanders, said = _names(rows), _commanders(rows), _said(rows)
    found: dict[str, list[Standing]] = {State.OPEN: [], State.WATCHED: [], "over": []}
    for row in rows:
        version = said.get(row.pk)
        found[row.state if row.state in found else "over"].append(Standing(
            incident=row, customers=tuple(names.get(row.pk, ())), commander=commanders.get(row.pk, ""),
            number=version.of.number if version else 0, said_at=version.of.at if version else None,
            said=markdown.html(_impact(version)) if version else SafeString(),
        ))
    return StatusPage(*(tuple(ones) for ones in found.values()))


def _rows(seen: QuerySet[Incident], at: datetime) -> QuerySet[Incident]:
    over = Q(state__in=(State.CONFIRMED, State.CLOSED), resolved_at__gt=at - LATELY)
    rows = seen.filter(Q(state__in=(State.OPEN, State.WATCHED)) | over).select_related("status")
    # Open ones first: however many were over lately, none that is down is left out for them.
    how_far = Case(When(state=State.OPEN, then=0), When(state=State.WATCHED, then=1), default=2)
    due_first = F("next_update_at").asc(nulls_last=True)
    # A drill never stands before an outage.
    return rows.order_by(how_far, "drill", "severity", due_first, "-began_at", "-pk")[:MOST]


def _names(rows: list[Incident]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    pairs = IncidentCustomer.objects.filter(incident__in=rows).values_list("incident", "customer__name")
    for number, name in pairs.order_by("pk"):
        found.setdefault(number, []).append(name)
    return found


def _commanders(rows: list[Incident]) -> dict[int, str]:
    held = IncidentRole.objects.filter(incident__in=rows, role=Role.COMMANDER, ends_at__isnull=True)
    return dict(held.values_list("incident", "person__name"))


def _impact(version: UpdateVersion) -> str:
    parts = parts_of(version.executive)
    return parts.impact or parts.summary


def _said(rows: list[Incident]) -> dict[int, UpdateVersion]:
    newest = UpdateVersion.objects.filter(of__incident=OuterRef("pk")).order_by("-of__number", "-number")
    mine = Incident.objects.filter(pk__in=[row.pk for row in rows])
    ids = mine.annotate(last=Subquery(newest.values("pk")[:1])).values("last")
    versions = UpdateVersion.objects.filter(pk__in=ids).select_related("of")
    return {version.of.incident_id: version for version in versions}
