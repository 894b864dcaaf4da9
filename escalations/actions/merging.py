"""Two customers turned out to be one: what either of them asked is the one's that remains."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from customers.models import Customer
from escalations.actions.affected import count_affected
from escalations.actions.base import held, record
from escalations.actions.clocks import settle_clocks
from escalations.choices import OwedState, What
from escalations.models import Affected, Escalation, FormLink, Message, OwedReply, Rating
from people.models import Person

ONE = "the two customers are one"


@transaction.atomic
def give_escalations(*, gone: Customer, stays: Customer, by: Person | None, at: datetime) -> int:
    """Give the one that remains what the other one asked or is affected by. Returns how many escalations changed."""
    FormLink.objects.filter(customer=gone).update(customer=stays)
    found = Escalation.objects.filter(Q(customer=gone) | Q(affected__customer=gone)).distinct().order_by("pk")
    for escalation in found:
        row = held(escalation)
        _join(row, gone, stays, by, at)
        if row.customer_id == gone.pk:
            row.customer = stays
            row.save(update_fields=["customer"])
        count_affected(row)
        record(What.CUSTOMER_CHANGED, escalation=row, at=at, by=by, from_value=gone.name, to_value=stays.name)
        settle_clocks(escalation=row, at=at)
    return len(found)


def _join(row: Escalation, gone: Customer, stays: Customer, by: Person | None, at: datetime) -> None:
    """The row of the one that is gone becomes the other's; where both are affected, what was said goes along."""
    old = Affected.objects.filter(escalation=row, customer=gone).first()
    if old is None:
        return
    kept = Affected.objects.filter(escalation=row, customer=stays).first()
    if kept is None:
        Affected.objects.filter(pk=old.pk).update(customer=stays)
        return
    waiting = OwedReply.objects.filter(affected=old, state=OwedState.WAITING)
    waiting.update(state=OwedState.SKIPPED, settled_at=at, settled_by=by, note=ONE)
    OwedReply.objects.filter(affected=old).update(affected=kept)
    Message.objects.filter(affected=old).update(affected=kept)
    if not Rating.objects.filter(affected=kept).exists():
        Rating.objects.filter(affected=old).update(affected=kept)
    if row.customer_id == gone.pk:  # the first one asked: who it was is kept with what remains
        Affected.objects.filter(pk=kept.pk).update(
            reporter=old.reporter, reporter_name=old.reporter_name, reporter_email=old.reporter_email,
            support_ticket=old.support_ticket, support_mail=old.support_mail,
        )
    old.delete()
