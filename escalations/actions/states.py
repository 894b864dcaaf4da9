"""An escalation's status, one legal move at a time."""

from datetime import datetime

from django.db import transaction

from escalations.actions.base import Refused, held, record
from escalations.actions.clocks import settle_clocks
from escalations.choices import Outcome, Status, What
from escalations.models import Escalation
from escalations.rules.states import may_move, why_not
from people.models import Person

SETTLED = (Status.SOLVED, Status.CLOSED)


@transaction.atomic
def move(
    *, escalation: Escalation, to: Status, by: Person | None, at: datetime, why: str = "",
    outcome: Outcome | None = None,
) -> Escalation:
    """Move it to another status, and settle its clocks. `outcome`: what it turned out to be, for one that is solved.

    Returns the row as it is then. Raises `Refused` for a move that is not legal.
    """
    row = held(escalation)
    old = Status(row.status)
    if not may_move(old, to):
        raise Refused(why_not(old, to))
    return change_status(row, to, by=by, at=at, why=why, outcome=outcome)


def change_status(
    row: Escalation, to: Status, *, by: Person | None, at: datetime, why: str = "", outcome: Outcome | None = None,
    what: What = What.MOVED,
) -> Escalation:
    """Write a status to a held row, without asking whether it is legal: for `move`, and for a merge."""
    old = Status(row.status)
    row.status, row.status_since, row.updated_at = to, at, at
    if outcome is not None:
        row.outcome = outcome
    if to in SETTLED:
        row.solved_at = row.solved_at or at
        row.closed_at = at if to == Status.CLOSED else None
    else:
        row.solved_at = row.closed_at = None
    row.save(update_fields=["status", "status_since", "updated_at", "outcome", "solved_at", "closed_at"])
    record(what, escalation=row, at=at, by=by, from_value=old.label, to_value=f"{to.label}: {why}" if why else to.label)
    settle_clocks(escalation=row, at=at)
    return row
