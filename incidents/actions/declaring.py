"""Declaring an incident: from an escalation, from a page, by the form, by the API."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Customer
from escalations.models import Escalation
from incidents.actions.base import Refused, record
from incidents.actions.handbook import load_incidents
from incidents.actions.playbook import begin_playbook, current_playbook
from incidents.actions.promises import promise
from incidents.actions.targets import default_targets
from incidents.choices import Decision, Kind, Role, Severity, What
from incidents.models import Incident, IncidentCustomer, IncidentRole, IncidentStatus
from incidents.queries.settings import cadence
from incidents.rules.words import clean_line, clean_text
from people.models import Person
from set_rotation.models import Page
from tickets.models import Ticket


@dataclass(frozen=True)
class Declared:
    """What somebody says of an incident. `began_at`: since when it is down, the declaring where nobody knows."""

    severity: Severity
    title: str
    submission: uuid.UUID
    customers: Sequence[Customer] = ()
    kind: Kind = Kind.CUSTOMER
    known: str = ""
    bridge: str = ""
    zone: str = ""
    began_at: datetime | None = None
    private: bool = False
    drill: bool = False
    escalation: Escalation | None = None
    page: Page | None = None
    ticket: Ticket | None = None
    decision: Decision | None = None
    decision_reason: str = ""
    roles: Mapping[Role, Person] = field(default_factory=dict)


@transaction.atomic
def declare(*, told: Declared, by: Person, at: datetime) -> tuple[Incident, bool]:
    """Open an incident. Returns it, and whether it is new: the same submission again is the same one.

    Raises `Refused` without a title or a customer, and for a beginning that lies ahead.
    """
    found = Incident.objects.filter(submission=told.submission).first()
    if found is not None:
        return found, False
    _refuse(told, at)
    row = _opened(told, by, at)
    IncidentCustomer.objects.bulk_create(
        [IncidentCustomer(incident=row, customer=one, at=at) for one in told.customers]
    )
    IncidentRole.objects.bulk_create(
        [IncidentRole(incident=row, role=role, person=person, starts_at=at, by=by)
         for role, person in told.roles.items()]
    )
    begin_playbook(incident=row, at=at)
    default_targets(incident=row, at=at)
    who = ", ".join(one.name for one in told.customers) or "our community server"
    record(What.DECLARED, incident=row, at=at, by=by, tone="red", text=row.known,
           words=f"{'Drill: ' if row.drill else ''}{Severity(row.severity).label} declared: {who}")
    promise(incident=row, due_at=at + timedelta(minutes=cadence(row.severity).first), at=at, by=None)
    return row, True


def _refuse(told: Declared, at: datetime) -> None:
    if not clean_line(told.title):
        raise Refused("Say in a few words what is down.")
    if told.kind == Kind.CUSTOMER and not told.customers:
        raise Refused("Name the customer whose production is down.")
    if told.began_at is not None and told.began_at > at:
        raise Refused("It cannot have begun in the future: check when it began.")


def _opened(told: Declared, by: Person, at: datetime) -> Incident:
    if not IncidentStatus.objects.exists():
        load_incidents(at=at)
    status = IncidentStatus.objects.filter(archived=False).earliest("position")
    more = {"zone": told.zone} if told.zone else {}
    return Incident.objects.create(
        kind=told.kind, severity=told.severity, title=clean_line(told.title)[:200], known=clean_text(told.known),
        bridge=told.bridge, private=told.private, drill=told.drill, submission=told.submission, at=at, declared_by=by,
        began_at=told.began_at or at, status=status, status_since=at, escalation=told.escalation, page=told.page,
        ticket=told.ticket, decision=told.decision or "", decision_reason=told.decision_reason,
        decided_at=at if told.decision else None, playbook=current_playbook(at), updated_at=at, **more,
    )
