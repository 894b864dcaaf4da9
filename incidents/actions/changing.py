"""What is known of an incident, whom it concerns, what hangs on it, and what is decided about our own server."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from customers.models import Customer
from escalations.models import Escalation
from incidents.actions.base import Refused, held, record
from incidents.actions.calling import end_own_page, page_for, reword_pages
from incidents.actions.playbook import lay_patch
from incidents.choices import Decision, Kind, Reading, State, What
from incidents.models import Incident, IncidentCustomer, IncidentEvent, StatusLink, Target
from incidents.rules.began import began_fault
from incidents.rules.seen import mark, meanwhile
from incidents.rules.words import clean_line, clean_text
from people.models import Person
from set_rotation.rules.words import moment_words
from tickets.models import Ticket

LONGEST_REASON = 300
A_DRILL = "This is a drill: nothing reaches a customer"
WORDS = {"title": "what is down", "known": "what is known", "bridge": "the bridge", "began_at": "since when it is down",
         "zone": "whose clocks updates say", "expected": "the expected resolution"}


@transaction.atomic
def edit(
    *, incident: Incident, values: Mapping[str, object], by: Person, at: datetime, seen: str = ""
) -> bool:
    """Correct what is known: `values` by the names of `WORDS`. `seen`: `seen_of` what was on the form; "" where nobody
    was shown anything. Returns whether anything changed. Raises `Refused` without a title, for a beginning after the
    declaring or long before it, for one that was merged, and where somebody else corrected it meanwhile."""
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged: correct the other one.")
    given = {name: _clean(name, value) for name, value in values.items() if name in WORDS}
    if not given.get("title", row.title):
        raise Refused("Say in a few words what is down.")
    began = given.get("began_at")
    fault = began_fault(began, row.at) if isinstance(began, datetime) else ""
    if fault:
        raise Refused(fault)
    new = {name: value for name, value in given.items() if getattr(row, name) != value}
    if not new:
        return False
    if seen and seen != seen_of(row):
        raise Refused(meanwhile("; ".join(_told(row, name, getattr(row, name)) for name in new)))
    text = "\n\n".join(_told(row, name, value) for name, value in new.items())
    for name, value in new.items():
        setattr(row, name, value)
    row.save(update_fields=list(new))
    said = [WORDS[name] for name in WORDS if name in new]
    record(What.CHANGED, incident=row, at=at, by=by, words=f"Corrected: {', '.join(said)}", text=text)
    reword_pages(incident=row, by=by, at=at)
    return True


def seen_of(row: Incident) -> str:
    """What somebody saw who corrects what is known."""
    return mark(*(getattr(row, name) for name in WORDS))


def _clean(name: str, value: object) -> object:
    if isinstance(value, str):
        return clean_text(value) if name == "known" else clean_line(value, 500 if name == "bridge" else 200)
    return value


def _told(row: Incident, name: str, value: object) -> str:
    """A field as it is now. What it was before stands in the line that told it."""
    words = moment_words(value, row.zone) if isinstance(value, datetime) else str(value) or "nothing"
    return f"{WORDS[name].capitalize()}: {words}"


# ---- Whom it concerns -----------------------------------------------------------------


@transaction.atomic
def add_customer(*, incident: Incident, customer: Customer, by: Person, at: datetime) -> bool:
    """It concerns this customer too: they read what is published from now on, and nothing that was written for others
    before. Returns whether it did not before. Raises `Refused` for one that was merged."""
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged: add them to the other one.")
    _, made = IncidentCustomer.objects.get_or_create(incident=row, customer=customer,
                                                     defaults={"at": at, "told_after": row.updates})
    if made:
        lay_patch(incident=row, by=by, at=at, come=[customer.pk])
        record(What.CUSTOMER_ADDED, incident=row, at=at, by=by, words=f"Concerns {customer.name} too",
               text="They read the updates from now on: those before were written for others." if row.updates else "")
        reword_pages(incident=row, by=by, at=at)
    return made


@transaction.atomic
def remove_customer(*, incident: Incident, customer: Customer, by: Person, at: datetime) -> bool:
    """It does not concern them after all: nothing more reaches them, and their private page ends. Returns whether it
    did. Raises `Refused` for the last customer of an incident that is a customer's."""
    row = held(incident)
    rest = IncidentCustomer.objects.filter(incident=row).exclude(customer=customer)
    if row.kind == Kind.CUSTOMER and not rest.exists():
        raise Refused("It is this customer's production that is down: add the right one first.")
    gone = IncidentCustomer.objects.filter(incident=row, customer=customer).delete()[0] > 0
    if gone:
        same = Q(customer=customer) | Q(customer__merged=customer) | Q(customer__merged_into=customer)  # under any name
        theirs = Target.objects.filter(same, incident=row, removed_at__isnull=True)
        theirs.exclude(customer__incidents__incident=row).update(removed_at=at)
        _revoke(row, at, customer=customer)
        record(What.CUSTOMER_REMOVED, incident=row, at=at, by=by, from_value=customer.slug,
               words=f"Does not concern {customer.name} after all")
        reword_pages(incident=row, by=by, at=at)
    return gone


def _revoke(row: Incident, at: datetime, **which: object) -> None:
    StatusLink.objects.filter(incident=row, revoked_at__isnull=True, **which).update(revoked_at=at)


# ---- What hangs on it -----------------------------------------------------------------


@transaction.atomic
def link_ticket(*, incident: Incident, ticket: Ticket | None, by: Person | None, at: datetime) -> bool:
    """The ticket under which the fix is made; None takes it off. Returns whether it changed."""
    row = held(incident)
    if row.ticket_id == (ticket.pk if ticket else None):
        return False
    old = Ticket.objects.filter(pk=row.ticket_id or 0).values_list("key", flat=True).first() or ""
    row.ticket = ticket
    row.save(update_fields=["ticket"])
    words = f"{ticket.key} is its ticket: {ticket.summary}" if ticket else f"{old} is not its ticket any more"
    record(What.TICKET, incident=row, at=at, by=by, from_value=old, words=clean_line(words))
    return True


@transaction.atomic
def link_escalation(*, incident: Incident, escalation: Escalation | None, by: Person, at: datetime) -> bool:
    """The escalation from which it comes; None takes it off. Returns whether it changed."""
    row = held(incident)
    if row.escalation_id == (escalation.pk if escalation else None):
        return False
    old = f"E-{row.escalation_id}" if row.escalation_id else ""
    row.escalation = escalation
    row.save(update_fields=["escalation"])
    words = f"{escalation} is its escalation" if escalation else f"{old} is not its escalation any more"
    record(What.CHANGED, incident=row, at=at, by=by, from_value=old, words=words)
    return True


@transaction.atomic
def decide(
    *, incident: Incident, decision: Decision, reason: str, by: Person, at: datetime, seen: str = ""
) -> bool:
    """Whether our own server is fixed, or the change taken back. `seen`: `decided_of` what was on the form; "" where
    nobody was shown anything. Returns whether that is new. Raises `Refused` without a reason, for a customer's
    incident: what runs there, they decide; and where somebody else decided meanwhile."""
    row, reason = held(incident), clean_line(reason, LONGEST_REASON)
    if row.kind != Kind.COMMUNITY:
        raise Refused("Only for our own server is it decided whether to fix or to revert.")
    if not reason:
        raise Refused("Say why: the decision is looked at again afterwards.")
    if (row.decision, row.decision_reason) == (decision.value, reason):
        return False
    if seen and seen != decided_of(row):
        raise Refused(meanwhile(f"{row.get_decision_display()}: {row.decision_reason}"))
    old = row.get_decision_display()
    row.decision, row.decision_reason, row.decided_at = decision, reason, at
    row.save(update_fields=["decision", "decision_reason", "decided_at"])
    record(What.DECIDED, incident=row, at=at, by=by, text=reason, from_value=old, words=f"Decided: {decision.label}")
    return True


def decided_of(row: Incident) -> str:
    """What somebody saw who decides."""
    return mark(row.decision, row.decision_reason)


@transaction.atomic
def set_drill(*, incident: Incident, drill: bool, by: Person, at: datetime) -> bool:
    """Mark it as a drill, or not as one. Nothing of a drill reaches a customer from then on, and nobody more is woken
    for it; one that is none after all pages as any other. Returns whether it changed. Raises `Refused` once an update
    was published: what was real stays real, and the other way round."""
    row = held(incident)
    if row.drill == drill:
        return False
    if row.updates:
        raise Refused("An update was published already: it stays what it is. Declare another one.")
    row.drill = drill
    row.save(update_fields=["drill"])
    if drill:
        end_own_page(incident=row, by=by, at=at)
    targets = Target.objects.filter(incident=row, reading=Reading.CUSTOMER)
    if drill:
        targets.filter(removed_at__isnull=True).update(removed_at=at)
        _revoke(row, at)
    else:  # those that the mark took off, and none that somebody took off
        marks = IncidentEvent.objects.filter(incident=row, what=What.CHANGED, to_value=A_DRILL)
        targets.filter(removed_at__in=marks.values("at")).update(removed_at=None)
    record(What.CHANGED, incident=row, at=at, by=by, tone="amber", words=A_DRILL if drill else "This is no drill")
    if row.state == State.OPEN:
        page_for(incident=row, by=by, at=at)
    return True
