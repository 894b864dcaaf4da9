"""What is open, for everyone signed in: where it stands, since when, and when the next update is due."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Min, OuterRef, Q, QuerySet, Subquery, When
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
    """What is down, what is being watched, and what was over lately: the most pressing, and of each how many there are.
    `due_next`: when the next update of all is due."""

    down: tuple[Standing, ...]
    watched: tuple[Standing, ...]
    lately: tuple[Standing, ...]
    counts: Mapping[str, int]
    due_next: datetime | None

    @property
    def left_out(self) -> bool:
        """Whether there are more than stand here."""
        return sum(self.counts.values()) > len(self.down) + len(self.watched) + len(self.lately)


def status_page(person: Person, rights: Collection[Right], at: datetime) -> StatusPage:
    """What this person sees; private ones are for their people. Five queries."""
    seen = _seen(person, rights, at)
    rows, whole = list(_first(seen)), _whole(seen)
    names, commanders, said = _names(rows), _commanders(rows), _said(rows)
    found: dict[str, list[Standing]] = {State.OPEN: [], State.WATCHED: [], "over": []}
    for row in rows:
        version = said.get(row.pk)
        found[row.state if row.state in found else "over"].append(Standing(
            incident=row, customers=tuple(names.get(row.pk, ())), commander=commanders.get(row.pk, ""),
            number=version.of.number if version else 0, said_at=version.of.at if version else None,
            said=markdown.html(_impact(version)) if version else SafeString(),
        ))
    down, watched, lately = (tuple(ones) for ones in found.values())
    return StatusPage(down, watched, lately, whole[0], whole[1])


def _seen(person: Person, rights: Collection[Right], at: datetime) -> QuerySet[Incident]:
    over = Q(state__in=(State.CONFIRMED, State.CLOSED), resolved_at__gt=at - LATELY)
    return visible(person, rights).filter(Q(state__in=(State.OPEN, State.WATCHED)) | over)


def _whole(seen: QuerySet[Incident]) -> tuple[dict[str, int], datetime | None]:
    """How many there are of each kind, however few of them are drawn, and when the next update of all is due."""
    down, watched = Q(state=State.OPEN), Q(state=State.WATCHED)
    found = seen.aggregate(down=Count("pk", filter=down), watched=Count("pk", filter=watched), whole=Count("pk"),
                           due=Min("next_update_at", filter=down | watched))
    counts = {"down": found["down"], "watched": found["watched"]}
    return counts | {"lately": found["whole"] - sum(counts.values())}, found["due"]


def _first(seen: QuerySet[Incident]) -> QuerySet[Incident]:
    # Open ones first: however many were over lately, none that is down is left out for them.
    how_far = Case(When(state=State.OPEN, then=0), When(state=State.WATCHED, then=1), default=2)
    due_first = F("next_update_at").asc(nulls_last=True)
    # A drill never stands before an outage.
    return seen.select_related("status").order_by(how_far, "drill", "severity", due_first, "-began_at", "-pk")[:MOST]


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
