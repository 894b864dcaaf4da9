""" "This customer too": whom else an escalation concerns, and whom to tell when the fix is out."""

from datetime import datetime

from django.db import transaction

from customers.models import Customer
from escalations.actions.base import Refused, held, record
from escalations.actions.clocks import settle_clocks
from escalations.choices import OPEN, What
from escalations.models import Affected, Escalation
from people.models import Person


@transaction.atomic
def add_customer(
    *, escalation: Escalation, customer: Customer, reporter: Person | None, reporter_name: str, by: Person | None,
    at: datetime, reporter_email: str = "", support_ticket: str = "", support_mail: str = "",
) -> tuple[Affected, bool]:
    """Add a customer to an open escalation; whoever asks for it will be told as the first one is. Returns the row, and
    whether it is new: the same customer again changes nothing. Raises `Refused` for one that is over."""
    row = held(escalation)
    if row.status not in OPEN or row.merged_into_id is not None:
        raise Refused(f"E-{row.pk} is over. Raise it anew, and name E-{row.pk} in what happens.")
    affected, new = Affected.objects.get_or_create(
        escalation=row, customer=customer,
        defaults={"reporter": reporter, "reporter_name": reporter_name, "reporter_email": reporter_email,
                  "support_ticket": support_ticket, "support_mail": support_mail, "added_by": by, "at": at},
    )
    if new:
        count_affected(row)
        record(What.CUSTOMER_ADDED, escalation=row, at=at, by=by, to_value=customer.name)
        settle_clocks(escalation=row, at=at)
    return affected, new


@transaction.atomic
def remove_customer(*, affected: Affected, by: Person | None, at: datetime) -> Escalation:
    """Take a customer off again. Raises `Refused` for the escalation's own, and for one that was told."""
    row = held(affected.escalation)
    found = Affected.objects.select_related("customer").filter(pk=affected.pk).first()
    if found is None:
        return row
    if found.customer_id == row.customer_id:
        raise Refused("The escalation is about this customer: it cannot be taken off.")
    if found.told_at is not None or found.messages.exists():
        raise Refused(f"{found.customer.name} was answered already and stays.")
    found.delete()
    count_affected(row)
    record(What.CUSTOMER_CHANGED, escalation=row, at=at, by=by, from_value=found.customer.name)
    settle_clocks(escalation=row, at=at)
    return row


def count_affected(row: Escalation) -> None:
    """Keep on a held row how many customers it affects."""
    row.customers = Affected.objects.filter(escalation=row).count()
    row.save(update_fields=["customers"])
