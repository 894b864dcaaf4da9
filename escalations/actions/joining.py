""" "This customer too": what was said and sent of another customer goes along, for those who work on it alone."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from escalations.actions.base import look_again
from escalations.actions.thread import write
from escalations.choices import Author
from escalations.models import Affected, Escalation, EscalationFile, IntakeDraft, Message
from people.models import Person

# What of a form is of use beside what is known: its fields, with their words.
SAID = {
    "title": "In one sentence", "happened": "What happens", "expected": "Expected", "steps": "Steps", "tried": "Tried",
    "server_version": "Server", "hosting": "Set up", "affected_people": "People affected", "logs": "Log",
}


@transaction.atomic
def give_along(
    *, affected: Affected, values: Mapping[str, object], draft: IntakeDraft | None, by: Person, at: datetime
) -> None:
    """Keep what the form of a customer that was added says as an internal note, and its files as internal files: the
    other customers' people read neither. Taken back with `take_back_along`."""
    told = [f"**{words}:** {values[name]}" for name, words in SAID.items() if values.get(name)]
    if told:
        text = "\n\n".join([f"{affected.customer.name} too:", *told])
        write(escalation=affected.escalation, author=Author.NOTE, by=by, by_name=by.name, text=text, public=False,
              key=_key(affected.pk), at=at)
    if draft is not None:
        EscalationFile.objects.filter(draft=draft, escalation=None).update(
            escalation=affected.escalation, public=False
        )
        look_again(affected.escalation)


@transaction.atomic
def take_back_along(*, affected_id: int, escalation: Escalation, draft: IntakeDraft) -> None:
    """The customer was taken off again, and the form is here again: the note goes, and the files are the form's."""
    Message.objects.filter(key=_key(affected_id), escalation=escalation).delete()
    EscalationFile.objects.filter(draft=draft, escalation=escalation).update(escalation=None, public=True)
    look_again(escalation)


def _key(affected_id: int) -> str:
    return f"too-{affected_id}"
