"""The hand-over: drafted, written together, given, read. Once it is given nothing of it changes; notes are added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from people.models import Person
from set_rotation.actions.base import Refused, record
from set_rotation.actions.cycle import tell_pages, tick_item
from set_rotation.actions.telling import tell
from set_rotation.choices import CyclePhase, What
from set_rotation.models import ChecklistItem, HandOver, HandOverTaken, HandOverTicket, Rotation
from set_rotation.queries.hand_over import crews

LONGEST = 20_000  # characters of the text, and of a note
SHORT = 300  # characters of what somebody says when they take over
ALREADY = 0  # `HandOverTicket.write` of a ticket that was with its new owner anyway
GIVEN = "It was handed over already. Add a note instead."


class Newer(Exception):
    """Somebody saved another text meanwhile: `theirs` is the hand-over as it stands now."""

    def __init__(self, theirs: HandOver) -> None:
        super().__init__("Somebody saved another text meanwhile.")
        self.theirs = theirs


@dataclass(frozen=True)
class Proposed:
    """A ticket of a draft, and to whom it is to go."""

    ticket: int
    key: str
    was_with: str
    person: int | None
    why: str


@transaction.atomic
def draft_hand_over(
    *, rotation: Rotation, draft: Mapping[str, Any], tickets: Sequence[Proposed], due_at: datetime, by: Person | None,
    at: datetime,
) -> HandOver:
    """Keep what the portal found at this moment. Drafted again, people's words and choices stay, and so does a ticket
    that is on its way to Jira. Raises `Refused` once it was given."""
    HandOver.objects.get_or_create(rotation=rotation, defaults={
        "draft": dict(draft), "due_at": due_at, "drafted_at": at, "changed_at": at,
    })
    held = HandOver.objects.select_for_update().get(rotation=rotation)
    if held.given_at is not None:
        raise Refused(GIVEN)
    held.draft, held.due_at, held.drafted_at = dict(draft), due_at, at
    held.save(update_fields=["draft", "due_at", "drafted_at"])
    _keep_tickets(held, tickets)
    record(What.HAND_OVER_DRAFTED, at=at, by=by, rotation=rotation, to_value=f"{len(tickets)} tickets")
    tell_pages()
    return held


def _keep_tickets(hand_over: HandOver, tickets: Sequence[Proposed]) -> None:
    # Whoever writes them to Jira at this moment is waited for: a row written over would be written to Jira twice.
    rows = HandOverTicket.objects.filter(hand_over=hand_over).select_for_update(of=("self",)).order_by("ticket")
    known = {row.ticket: row for row in rows}
    for one in tickets:
        row = known.pop(one.ticket, None) or HandOverTicket(hand_over=hand_over, ticket=one.ticket)
        row.key = one.key
        if row.write is None:
            row.was_with = one.was_with
        if row.write is None and not row.chosen:
            row.goes_to_id, row.why = one.person, one.why
        row.save()
    gone = [row.pk for row in known.values() if row.write is None]
    HandOverTicket.objects.filter(pk__in=gone).delete()


@transaction.atomic
def save_text(*, hand_over: HandOver, text: str, seen: int, by: Person, at: datetime) -> bool:
    """Save what is not written down anywhere else. False: it is the same text.

    `seen`: the version that was edited. Raises `Newer` where somebody saved another one meanwhile, and `Refused` for a
    text that is too long and once it was given.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "").rstrip()
    if len(text) > LONGEST:
        raise Refused(f"The text has {len(text)} characters; {LONGEST} are the most.")
    held = HandOver.objects.select_for_update().get(pk=hand_over.pk)
    if held.given_at is not None:
        raise Refused(GIVEN)
    if held.text == text:
        return False
    if held.version != seen:
        raise Newer(held)
    before, held.text = held.text, text
    held.version, held.changed_at = held.version + 1, at
    held.save(update_fields=["text", "version", "changed_at"])
    record(What.HAND_OVER_CHANGED, at=at, by=by, rotation=held.rotation, from_value=before, to_value=text)
    tell_pages()
    return True


@transaction.atomic
def choose_owner(
    *, hand_over: HandOver, ticket: int, person: Person | None, by: Person, at: datetime
) -> HandOverTicket | None:
    """Say who takes a ticket over; None leaves it with whoever has it. None is returned where it stood so already.

    Raises `Refused` for somebody who is not of the next crew, a ticket that is not on the list, one that is on its way
    to Jira, and once it was given.
    """
    held = HandOver.objects.select_for_update().get(pk=hand_over.pk)
    if held.given_at is not None:
        raise Refused("It was handed over already. Give the ticket to somebody on the board.")
    row = HandOverTicket.objects.select_for_update().prefetch_related("goes_to").filter(
        hand_over=held, ticket=ticket
    ).first()
    if row is None:
        raise Refused("That ticket is no longer on the list: it was drafted again meanwhile.")
    if row.write is not None:
        raise Refused(f"{row.key} is on its way to Jira already. Give it to somebody else on the board.")
    if person is not None and person not in crews(held.rotation).taking:
        raise Refused(f"{person.name} is not of the next crew.")
    before, row.goes_to = row.goes_to, person
    if before == person:
        return None
    row.chosen, row.why = True, f"chosen by {by.name}"[:200]
    row.save(update_fields=["goes_to", "chosen", "why"])
    record(What.HAND_OVER_CHANGED, at=at, by=by, rotation=held.rotation, person=person or before,
           from_value=f"{row.key}: {_name(before)}", to_value=f"{row.key}: {_name(person)}")
    tell_pages()
    return row


def _name(person: Person | None) -> str:
    return person.name if person else "as it is"


@transaction.atomic
def give_hand_over(*, hand_over: HandOver, by: Person, at: datetime) -> bool:
    """Hand over: from now on nothing of it changes, and everybody who takes over is told. False: it was given already.

    Raises `Refused` where nobody is planned for the next rotation: there is nobody to hand over to.
    """
    both = crews(hand_over.rotation)
    if not both.taking:
        raise Refused("Nobody is planned for the next rotation yet, so there is nobody to hand over to.")
    given = HandOver.objects.filter(pk=hand_over.pk, given_at__isnull=True).update(given_at=at, given_by=by)
    if not given:
        return False
    rotation, path = hand_over.rotation, reverse("hand_over", args=[hand_over.rotation.number])
    record(What.HAND_OVER_GIVEN, at=at, by=by, rotation=rotation)
    # Whoever hands over says with it that all of the hand-over is done: nothing of it stays overdue.
    for item in ChecklistItem.objects.filter(phase=CyclePhase.HAND_OVER, each=False, retired=False):
        tick_item(item=item, rotation=rotation, person=None, by=by, at=at)
    for person in both.taking:
        tell(person, key=f"hand-over-{hand_over.pk}-{person.pk}", subject=f"{rotation} hands over to you",
             text=f"{by.name} has handed over. Read it, and say on its page that you have.", path=path, at=at, by=by)
    tell_pages()
    return True


@transaction.atomic
def take_hand_over(*, hand_over: HandOver, person: Person, words: str, at: datetime) -> bool:
    """An incoming person has read it. False: they said so already. Raises `Refused` before it was given, and for
    anybody else."""
    held = HandOver.objects.select_related("rotation").get(pk=hand_over.pk)
    if held.given_at is None:
        raise Refused("It is not handed over yet: what you read may still change.")
    if person not in crews(held.rotation).taking:
        raise Refused("Only who is on SET next takes over.")
    words = " ".join(words.replace("\x00", "").split())
    if len(words) > SHORT:
        raise Refused(f"At most {SHORT} characters; more of it makes a note.")
    _, made = HandOverTaken.objects.get_or_create(hand_over=held, person=person, defaults={"at": at, "words": words})
    if made:
        record(What.HAND_OVER_TAKEN, at=at, by=person, rotation=held.rotation, person=person, to_value=words)
        tell_pages()
    return made


@transaction.atomic
def add_note(*, hand_over: HandOver, text: str, by: Person, at: datetime) -> None:
    """Add something after it was given. Raises `Refused` before that, and for no text or too much of it."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not 1 <= len(text) <= LONGEST:
        raise Refused("Write the note." if not text else f"A note has at most {LONGEST} characters.")
    held = HandOver.objects.select_related("rotation").get(pk=hand_over.pk)
    if held.given_at is None:
        raise Refused("It is not handed over yet: edit its text instead.")
    record(What.HAND_OVER_NOTED, at=at, by=by, rotation=held.rotation, to_value=text)
    tell_pages()
