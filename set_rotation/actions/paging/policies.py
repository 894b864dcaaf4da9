"""Editing a paging policy. Pages that are under way keep theirs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from people.models import Person
from set_rotation.actions.base import Refused, record
from set_rotation.choices import Seat, Urgency, What
from set_rotation.models import PagePolicy
from set_rotation.rules.paging import faults


@transaction.atomic
def save_policy(
    *, urgency: Urgency, steps: Sequence[Mapping[str, Any]], again: int, rounds: int, stale: int, by: Person | None,
    at: datetime,
) -> PagePolicy:
    """Change the policy that new pages of this urgency follow. `steps`: {"seat", "minutes"} in their order.

    Raises `Refused` with what is wrong, such as no step, or minutes beyond 240.
    """
    wrong = faults(steps=steps, again=again, rounds=rounds, stale=stale)
    if wrong:
        raise Refused(" ".join(wrong))
    row = PagePolicy.objects.select_for_update().filter(urgency=urgency).first() or PagePolicy(urgency=urgency)
    before = policy_words(row.steps, row.again, row.rounds, row.stale) if row.pk else ""
    row.steps = [{"seat": str(step["seat"]), "minutes": step["minutes"]} for step in steps]
    row.again, row.rounds, row.stale, row.edited = again, rounds, stale, True
    after = policy_words(row.steps, again, rounds, stale)
    if after != before:
        row.save()
        record(What.POLICY_CHANGED, at=at, by=by, from_value=f"{urgency.label}: {before}",
               to_value=f"{urgency.label}: {after}")
    return row


def policy_words(steps: Sequence[Mapping[str, Any]], again: int, rounds: int, stale: int) -> str:
    """A policy in one line: "primary at once, backup after 5 min; again after 10 min, 3 rounds; stale after 30 min"."""
    each = [f"{Seat(step['seat']).label.lower()} {_after(step['minutes'])}" for step in steps]
    many = "1 round" if rounds == 1 else f"{rounds} rounds"
    quiet = f"stale after {stale} min" if stale else "never stale"
    return f"{', '.join(each)}; again after {again} min, {many}; {quiet}"


def _after(minutes: float) -> str:
    return f"after {minutes} min" if minutes else "at once"
