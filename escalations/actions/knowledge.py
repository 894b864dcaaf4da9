"""What was learnt: knowledge notes, and training sessions for support."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from escalations.actions.base import Refused, held, record
from escalations.choices import Author, Status, What
from escalations.models import Escalation, KnowledgeNote, Message, TrainingSession
from escalations.rules.notes import Said, first_answer
from people.models import Person

SOLVED = (Status.SOLVED, Status.CLOSED, Status.REPLY_OWED)


@dataclass(frozen=True)
class Note:
    """What a note says: Markdown in `answer`; `deficient`: which docs should have said it, and what is wrong there."""

    question: str
    answer: str
    category: str = ""
    docs_url: str = ""
    deficient: str = ""


@transaction.atomic
def note_from(*, escalation: Escalation, by: Person, at: datetime) -> tuple[KnowledgeNote, bool]:
    """Make a note of what was solved: its title asks, the last reply answers. The same again returns the one that is
    there. Raises `Refused` for one that is not solved, and for a confidential one: everybody reads notes."""
    row = held(escalation)
    there = KnowledgeNote.objects.filter(escalation=row).first()
    if there is not None:
        return there, False
    if row.status not in SOLVED:
        raise Refused("A note is made of what is solved: answer it first.")
    if row.confidential:
        raise Refused("It is confidential and everybody reads notes: write one that names nobody, under Knowledge.")
    theirs = Q(affected__isnull=True) | Q(affected__customer=row.customer_id)  # no letter to another customer
    said = Message.objects.filter(theirs, escalation=row).order_by("at", "pk").values_list("text", "author", "public")
    answer = first_answer(Said(text, author == Author.US, public) for text, author, public in said)
    note = KnowledgeNote.objects.create(escalation=row, question=row.title, answer=answer, category=row.category, by=by,
                                        at=at, updated_at=at)
    record(What.NOTED, escalation=row, at=at, by=by, to_value=note.question, internal=True)
    return note, True


def add_note(*, note: Note, by: Person, at: datetime) -> KnowledgeNote:
    """Add a note that was made of no escalation."""
    return KnowledgeNote.objects.create(**vars(note), by=by, at=at, updated_at=at)


def edit_note(*, row: KnowledgeNote, note: Note, at: datetime, seen: str) -> KnowledgeNote:
    """Change what a note says. `seen`: its `updated_at` as it was when the form was drawn; raises `Refused` when
    somebody else has changed it since."""
    with transaction.atomic():
        there = KnowledgeNote.objects.select_for_update().get(pk=row.pk)
        if seen and there.updated_at.isoformat() != seen:
            raise Refused("Somebody else has changed it meanwhile. Copy your words, and look at theirs.")
        for name, value in vars(note).items():
            setattr(there, name, value)
        there.updated_at = at
        there.save()
    return there


def archive_note(*, row: KnowledgeNote, at: datetime) -> bool:
    """Set a note aside: it is found no longer. False: it was."""
    return bool(KnowledgeNote.objects.filter(pk=row.pk, archived_at__isnull=True).update(archived_at=at))


def bring_back_note(*, row: KnowledgeNote) -> bool:
    """Bring a note back that was set aside. False: it is there."""
    return bool(KnowledgeNote.objects.filter(pk=row.pk, archived_at__isnull=False).update(archived_at=None))


def docs_mended(*, row: KnowledgeNote, at: datetime) -> bool:
    """The docs say it now: nothing is deficient any more. False: nothing was."""
    return bool(KnowledgeNote.objects.filter(pk=row.pk).exclude(deficient="").update(deficient="", updated_at=at))


@dataclass(frozen=True)
class Session:
    """An hour in which SET showed support something; `text` is Markdown, `link` leads to the recording."""

    title: str
    starts_at: datetime
    link: str
    text: str
    notes: Collection[KnowledgeNote]


@transaction.atomic
def save_session(*, row: TrainingSession | None, session: Session, by: Person, at: datetime) -> TrainingSession:
    """Add a session, or (`row`) change one; whoever added it stays its author."""
    kept = row or TrainingSession(by=by, at=at)
    kept.title, kept.starts_at, kept.link, kept.text = session.title, session.starts_at, session.link, session.text
    kept.save()
    kept.notes.set(session.notes)
    return kept


def remove_session(*, row: TrainingSession) -> None:
    """Take a session off the list for good."""
    row.delete()
