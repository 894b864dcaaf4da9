"""A form that is checked becomes an escalation: with its customer, its files and its ticket, in one transaction."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.actions.base import Refused as NoCustomer
from customers.actions.customers import add_unconfirmed
from customers.models import Customer
from escalations.actions.base import Refused, record
from escalations.actions.files.receiving import claim_files
from escalations.actions.intake import Asked, raise_escalation
from escalations.choices import TicketState, What
from escalations.models import Escalation, IntakeDraft
from people.models import Person
from tickets.models import Ticket


@dataclass(frozen=True)
class Form:
    """A valid form. `customer`: the row, or the name that was typed; `values`: `IntakeForm.asked_values`."""

    customer: Customer | str
    values: Mapping[str, Any]
    submission: uuid.UUID
    reporter: Person | None
    reporter_name: str
    reporter_email: str = ""
    ticket: Ticket | None = None


@transaction.atomic
def file_form(*, form: Form, at: datetime) -> tuple[Escalation, bool]:
    """Raise what a form says. Returns it, and whether it is new: the same `submission` again is what is there. Raises
    `Refused` where the submission is somebody else's, or the customer's name is none."""
    customer = customer_of(form.customer, by=form.reporter, at=at)
    linked = {"ticket": form.ticket, "ticket_state": TicketState.LINKED} if form.ticket else {}
    row, new = raise_escalation(asked=Asked(
        customer=customer, values={**form.values, **linked}, reporter=form.reporter, reporter_name=form.reporter_name,
        reporter_email=form.reporter_email, submission=form.submission,
    ), at=at)
    if not new:
        return _own(row, form), False
    if form.ticket is not None:
        record(What.TICKET_LINKED, escalation=row, at=at, by=form.reporter, to_value=form.ticket.key)
    draft = IntakeDraft.objects.select_for_update(of=("self",)).filter(key=form.submission).first()
    if draft is not None:
        claim_files(draft=draft, escalation=row, by=form.reporter, at=at)
        draft.delete()
    return row, True


def customer_of(customer: Customer | str, *, by: Person | None, at: datetime) -> Customer:
    """The customer, by name or alias if need be; one that nobody knows is added as unconfirmed."""
    if isinstance(customer, Customer):
        return customer
    try:
        return add_unconfirmed(name=customer, by=by, at=at)
    except NoCustomer as refused:
        raise Refused(str(refused)) from refused


def _own(row: Escalation, form: Form) -> Escalation:
    mine = row.reporter_id == (form.reporter.pk if form.reporter else None)
    if not mine or (form.reporter is None and row.reporter_email != form.reporter_email):
        raise Refused("This form was sent by somebody else. Open a new one.")
    return row
