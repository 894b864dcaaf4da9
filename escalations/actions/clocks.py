"""The clocks of an escalation follow from what was promised and what was said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from escalations.actions.matrix import current_matrix
from escalations.choices import ClockState
from escalations.models import Clock, Escalation
from escalations.queries.clock_facts import facts_of, open_clocks, terms_of
from escalations.rules.clocks.clock import OPEN, ClockFact
from escalations.rules.clocks.promises import office_to_json
from escalations.rules.clocks.settling import settled

CHANGING = [
    "state", "stage", "runs_since", "due_at", "left", "paused_at", "met_at", "missed_at", "ended_at",
    "next_at",
]


def settle_clocks(*, escalation: Escalation, at: datetime) -> None:
    """Begin, pause, resume, meet and end this escalation's clocks, by what it is now; the same again changes nothing.

    Called last by every verb that changes status, level, customer or what was said, in its transaction, with the row
    held. One query where nothing changes; two while a reply is owed, or after one that was sent while it waits for the
    reporter. Keeps `next_due_at` and `paused` of the row, in the database and as handed in.
    """
    clocks = open_clocks(escalation)
    changed = settled(facts_of(escalation), clocks, terms_of(escalation, at, current_matrix), at)
    # Those that are over first: one clock of a kind is open.
    for fact in changed:
        if fact.pk is None:
            continue
        Clock.objects.filter(pk=fact.pk).update(**_changing(fact))
    Clock.objects.bulk_create([_row(escalation, fact) for fact in changed if fact.pk is None])
    touched = {fact.pk for fact in changed}
    _keep(escalation, [*changed, *(fact for fact in clocks if fact.pk not in touched)])


def _row(escalation: Escalation, fact: ClockFact) -> Clock:
    terms = fact.terms
    return Clock(
        escalation=escalation, kind=fact.kind, matrix_id=terms.matrix, level=terms.level, plan=terms.plan,
        amount=terms.promise.amount, unit=terms.promise.unit, hours=office_to_json(terms.office),
        lead_after=terms.lead_after, started_at=fact.started_at,
        **_changing(fact),
    )


def _changing(fact: ClockFact) -> dict[str, Any]:
    """What of a clock changes while it is there, as it is stored."""
    return {name: getattr(fact, name) for name in CHANGING} | {
        "pauses": [[moment.isoformat() for moment in pause] for pause in fact.pauses]
    }


def _keep(escalation: Escalation, clocks: Sequence[ClockFact]) -> None:
    """What lists sort by: the soonest running clock, and whether one stands still."""
    due = min((clock.due_at for clock in clocks if clock.due_at and clock.state == ClockState.RUNNING), default=None)
    stands = any(clock.state == ClockState.PAUSED for clock in clocks if clock.state in OPEN)
    if (escalation.next_due_at, escalation.paused) == (due, stands):
        return
    escalation.next_due_at, escalation.paused = due, stands
    Escalation.objects.filter(pk=escalation.pk).update(next_due_at=due, paused=stands)
