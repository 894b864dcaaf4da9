"""An escalation is raised: by the form, the API or a partner's link. The same submission twice is one escalation."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.models import Customer
from escalations.actions.base import record
from escalations.actions.clocks import settle_clocks
from escalations.choices import What
from escalations.models import Affected, Escalation
from escalations.rules.pasted import mask_values
from people.models import Person


@dataclass(frozen=True)
class Asked:
    """What is asked, already checked (`rules.intake`). `values`: the fields of `Escalation` that the form fills: title,
    level, kind, category, source, support_ticket, support_mail, versions, happened, …"""

    customer: Customer
    values: Mapping[str, Any]
    reporter: Person | None
    reporter_name: str
    reporter_email: str = ""
    submission: uuid.UUID = field(default_factory=uuid.uuid4)


@transaction.atomic
def raise_escalation(*, asked: Asked, at: datetime) -> tuple[Escalation, bool]:
    """Raise it: the row, its first affected customer, its event, its clocks; secrets in its texts are masked. Returns
    it, and whether it is new: the same `submission` again returns what is there and changes nothing."""
    row, new = Escalation.objects.get_or_create(
        submission=asked.submission,
        defaults={
            **mask_values(asked.values)[0], "customer": asked.customer, "reporter": asked.reporter,
            "reporter_name": asked.reporter_name, "reporter_email": asked.reporter_email, "at": at,
            "status_since": at, "last_asked_at": at, "updated_at": at,
        },
    )
    if not new:
        return row, False
    Affected.objects.create(
        escalation=row, customer=asked.customer, reporter=asked.reporter, reporter_name=asked.reporter_name,
        reporter_email=asked.reporter_email, support_ticket=row.support_ticket, support_mail=row.support_mail,
        added_by=asked.reporter, at=at,
    )
    record(What.RAISED, escalation=row, at=at, by=asked.reporter, to_value=row.title)
    settle_clocks(escalation=row, at=at)
    return row, True
