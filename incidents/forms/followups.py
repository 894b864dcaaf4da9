"""What forms say of an action, and of a day."""

from datetime import date

from django.http import QueryDict

from incidents.actions.base import Refused
from incidents.actions.followups import Given
from people.models import Person


def given_action(values: QueryDict) -> Given:
    """An action as it was typed. Raises `Refused` for a day or an owner that is none."""
    due = values.get("due_on", "").strip()
    return Given(title=values.get("title", ""), details=values.get("details", ""),
                 owner=_owner(values.get("owner", "")), due_on=day_of(due) if due else None)


def _owner(text: str) -> Person | None:
    if not text:
        return None
    found = Person.objects.filter(pk=int(text), is_active=True).first() if text.isascii() and text.isdigit() and len(
        text) < 10 else None
    if found is None:
        raise Refused("Choose the owner from the list.")
    return found


def day_of(text: str) -> date:
    """A day as a date field sends it. Raises `Refused` for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as fault:
        raise Refused("Write the day as 2026-11-30.") from fault
