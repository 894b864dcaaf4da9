"""Declaring an incident: from an escalation, from a page, by the form, by the API."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from customers.actions.base import Refused as NoCustomer
from customers.actions.customers import add_unconfirmed
from customers.models import Customer
from customers.queries.find import remaining
from escalations.models import Escalation
from incidents.actions.base import Refused, record
from incidents.actions.calling import answer_page, page_for
from incidents.actions.handbook import load_incidents
from incidents.actions.playbook import begin_playbook, current_playbook
from incidents.actions.promises import promise
from incidents.actions.roles import tell_part
from incidents.actions.states import acknowledge
from incidents.actions.targets import default_targets
from incidents.choices import Decision, Kind, Role, Severity, What
from incidents.models import Incident, IncidentCustomer, IncidentRole, IncidentStatus
from incidents.queries.settings import cadence
from incidents.queries.sources import on_it
from incidents.queries.suggesting import may_have
from incidents.rules.began import began_fault
from incidents.rules.words import clean_line, clean_text
from people.models import Person
from set_rotation.choices import PageState
from set_rotation.models import Page
from tickets.models import Ticket


@dataclass(frozen=True)
class Declared:
    """What somebody says of an incident. `began_at`: since when it is down, the declaring where nobody knows.
    `customers`: as rows, or by the names that were typed: one that nobody knows is added as unconfirmed."""

    severity: Severity
    title: str
    submission: uuid.UUID
    customers: Sequence[Customer | str] = ()
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

    Raises `Refused` without a title or a customer, for a beginning that lies ahead or long ago, for a deputy who leads,
    for a decision without a reason or about what runs at a customer, and for a submission of somebody else's.
    """
    found = Incident.objects.filter(submission=told.submission).first()
    if found is not None:
        return _own(found, by), False
    _refuse(told, at)
    roles = _led(told, by, at)
    try:
        with transaction.atomic():
            row = _opened(told, by, at)
    except IntegrityError:  # two clicks at once: the other one was first
        return _own(Incident.objects.get(submission=told.submission), by), False
    customers = customers_of(told.customers, by=by, at=at)
    IncidentCustomer.objects.bulk_create([IncidentCustomer(incident=row, customer=one, at=at) for one in customers])
    parts = IncidentRole.objects.bulk_create(
        [IncidentRole(incident=row, role=role, person=person, starts_at=at, by=by)
         for role, person in roles.items()]
    )
    begin_playbook(incident=row, at=at)
    default_targets(incident=row, at=at)
    who = ", ".join(one.name for one in customers) or "our community server"
    record(What.DECLARED, incident=row, at=at, by=by, tone="red", text=row.known, status=row.status,
           words=f"{'Drill: ' if row.drill else ''}{Severity(row.severity).label} declared: {who}")
    _record_parts(row, parts, by, at)
    promise(incident=row, due_at=at + timedelta(minutes=cadence(row.severity).first), at=at, by=None)
    _call(row, parts, by, at)
    return row, True


def customers_of(given: Sequence[Customer | str], *, by: Person, at: datetime) -> list[Customer]:
    """The customers, each once, and of a merged one the one that remains. Raises `Refused` for a name that is none."""
    found: dict[int, Customer] = {}
    for one in given:
        try:
            row = one if isinstance(one, Customer) else add_unconfirmed(name=one, by=by, at=at)
        except NoCustomer as refused:
            raise Refused(str(refused)) from refused
        row = remaining(row)
        found[row.pk] = row
    return list(found.values())


def _own(row: Incident, by: Person) -> Incident:
    if row.declared_by_id != by.pk:
        raise Refused("This form was sent by somebody else. Open a new one.")
    return row


def _record_parts(row: Incident, parts: Sequence[IncidentRole], by: Person, at: datetime) -> None:
    """Who has which part, and what was decided with the declaring, are lines of their own."""
    order = list(Role)
    told = sorted(parts, key=lambda part: order.index(Role(part.role)))
    if told:
        record(What.ROLE, incident=row, at=at, by=by,
               words="; ".join(f"{Role(part.role).label}: {part.person.name}" for part in told))
    if row.decision:
        record(What.DECIDED, incident=row, at=at, by=by, text=row.decision_reason,
               words=f"Decided: {Decision(row.decision).label}")


def _led(told: Declared, by: Person, at: datetime) -> dict[Role, Person]:
    """Who has which part. Whoever answered the page that it came from is awake and on it: they lead, unless whoever
    declares it does; whoever was named to lead is their deputy, where nobody else is. In a drill they do not: they
    answered something that is so."""
    roles = dict(told.roles)
    if told.drill:
        return roles
    who, named = on_it(told.page), roles.get(Role.COMMANDER)
    if who is None or who == named or (named is not None and named == by) or not may_have(who, Role.COMMANDER, at):
        return roles
    roles[Role.COMMANDER] = who
    if roles.get(Role.DEPUTY, who) == who:
        roles.pop(Role.DEPUTY, None)
        if named is not None:
            roles[Role.DEPUTY] = named
    return roles


def _call(row: Incident, parts: Sequence[IncidentRole], by: Person, at: datetime) -> None:
    """Whoever has a part is told, and whoever is on duty is paged. Somebody is on it who leads it and declared it, or
    who leads it and had answered the page that it came from: since they did."""
    leads = next((part.person for part in parts if part.role == Role.COMMANDER), None)
    who = None if row.drill else on_it(row.page)
    if leads is not None and who == leads and row.page is not None:
        acknowledge(incident=row, at=row.page.acknowledged_at or at)
    elif leads == by:
        acknowledge(incident=row, at=at)
        answer_page(incident=row, by=by, at=at)
    for part in parts:
        if part.person_id != by.pk:
            tell_part(part, row, by=by, at=at)
    page_for(incident=row, by=by, at=at)


def _refuse(told: Declared, at: datetime) -> None:
    if not clean_line(told.title):
        raise Refused("Say in a few words what is down.")
    if told.kind == Kind.CUSTOMER and not told.customers:
        raise Refused("Name the customer whose production is down.")
    fault = began_fault(told.began_at, at) if told.began_at is not None else ""
    if fault:
        raise Refused(fault)
    if told.decision is not None and told.kind != Kind.COMMUNITY:
        raise Refused("Only for our own server is it decided whether to fix or to revert.")
    if told.decision is not None and not clean_line(told.decision_reason):
        raise Refused("Say why it is fixed or reverted: the decision is looked at again afterwards.")
    if told.roles.get(Role.DEPUTY) and told.roles.get(Role.DEPUTY) == told.roles.get(Role.COMMANDER):
        raise Refused("The deputy is somebody else than the commander.")


def _opened(told: Declared, by: Person, at: datetime) -> Incident:
    if not IncidentStatus.objects.exists():
        load_incidents(at=at)
    status = IncidentStatus.objects.filter(archived=False).earliest("position")
    more = {"zone": told.zone} if told.zone else {}
    return Incident.objects.create(
        kind=told.kind, severity=told.severity, title=clean_line(told.title)[:200], known=clean_text(told.known),
        bridge=told.bridge, private=told.private, drill=told.drill, submission=told.submission, at=at, declared_by=by,
        began_at=told.began_at or at, status=status, status_since=at, escalation=told.escalation, page=told.page,
        ticket=told.ticket, decision=told.decision or "",
        decision_reason=clean_line(told.decision_reason, 300) if told.decision else "",
        decided_at=at if told.decision else None, playbook=current_playbook(at), updated_at=at,
        called_at=told.page.at if told.page and told.page.state != PageState.RESOLVED else at, **more,
    )
