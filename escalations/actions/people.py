"""Who has to do with an escalation: its owner, those who follow it, and those who may see it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from escalations.actions.base import Refused, held, record
from escalations.actions.tickets import veil_ticket
from escalations.choices import Author, What
from escalations.models import Affected, Escalation, Follower, KnowledgeNote, Message
from people import access, rules
from people.choices import Right
from people.models import Person
from people.queries import with_roles
from set_rotation.actions.telling import tell
from set_rotation.choices import Seat
from set_rotation.queries.on_now import on_now

PURPOSE = "escalation.told"
SHOWN = 500  # characters of a message that a notice quotes


@transaction.atomic
def set_owner(*, escalation: Escalation, owner: Person | None, by: Person | None, at: datetime) -> Escalation:
    """Give it to somebody who works on escalations, or to nobody. The same again changes nothing. Raises `Refused`."""
    row = held(escalation)
    if row.owner_id == (owner.pk if owner else None):
        return row
    if owner is not None and not may_own(owner, at):
        raise Refused(f"{owner.name} does not work on escalations: somebody who does has to own it.")
    old = row.owner.name if row.owner else "nobody"
    row.owner = owner
    row.save(update_fields=["owner"])
    record(What.OWNER, escalation=row, at=at, by=by, from_value=old, to_value=owner.name if owner else "nobody")
    if owner is not None:
        tell_owner(row, owner, by=by, at=at)
    return row


def tell_owner(row: Escalation, owner: Person, *, by: Person | None, at: datetime) -> None:
    """Tell somebody that it is theirs now, unless they took it themselves."""
    if owner != by:
        tell(owner, key=f"esc-own-{row.pk}-{owner.pk}-{at:%y%m%d%H%M%S}", subject=f"{row} is yours now", text=row.title,
             path=path_of(row), at=at, by=by, purpose=PURPOSE)


def may_own(person: Person, at: datetime) -> bool:
    """Whether somebody works on escalations, and is here."""
    return person.is_active and Right.WORK_ESCALATIONS in rights_at(person, at)


def rights_at(person: Person, at: datetime) -> frozenset[Right]:
    """What somebody may at a moment, whoever asks."""
    found = with_roles(Person.objects.filter(pk=person.pk), at).get()
    return rules.rights_of(access.roles(found))


@transaction.atomic
def follow(*, escalation: Escalation, person: Person, by: Person, at: datetime) -> bool:
    """Somebody hears of it from now on, and sees it though it is confidential. False: they follow it already. Raises
    `Refused` for somebody who has left, or whose roles see no escalations."""
    row = held(escalation)
    sees = {Right.RAISE_ESCALATIONS, Right.SEE_ESCALATIONS, Right.WORK_ESCALATIONS}
    if not person.is_active or not sees & rights_at(person, at):
        raise Refused(f"{person.name} cannot see escalations, and so cannot follow one.")
    made = Follower.objects.get_or_create(escalation=row, person=person, defaults={"at": at})[1]
    if made:
        record(What.FOLLOWED, escalation=row, at=at, by=by, to_value="" if person == by else person.name)
        if person != by:
            tell(person, key=f"esc-follow-{row.pk}-{person.pk}-{at:%y%m%d%H%M%S}", at=at, by=by, purpose=PURPOSE,
                 subject=f"You follow {row} now", text=f"{by.name} added you: {row.title}", path=path_of(row))
    return made


@transaction.atomic
def unfollow(*, escalation: Escalation, person: Person, by: Person, at: datetime) -> bool:
    """Somebody hears of it no longer. False: they did not follow it."""
    row = held(escalation)
    gone = bool(Follower.objects.filter(escalation=row, person=person).delete()[0])
    if gone:
        record(What.UNFOLLOWED, escalation=row, at=at, by=by, to_value="" if person == by else person.name)
    return gone


@transaction.atomic
def set_confidential(*, escalation: Escalation, confidential: bool, by: Person, at: datetime) -> Escalation:
    """Keep it to its people, to those who lead and to whoever is on duty, or no longer. The same again changes
    nothing."""
    row = held(escalation)
    if row.confidential != confidential:
        row.confidential = confidential
        row.save(update_fields=["confidential"])
        told = "its people, leads and who is on duty" if confidential else "everybody who sees escalations"
        if confidential:
            veil_ticket(row=row, by=by, at=at)
            # Everybody reads notes: what was learnt of it is set aside, and comes back by hand without names.
            KnowledgeNote.objects.filter(escalation=row, archived_at=None).update(archived_at=at)
        record(What.CONFIDENTIAL, escalation=row, at=at, by=by, to_value=told)
    return row


def tell_said(*, message: Message, at: datetime) -> int:
    """Tell those whom a public message concerns, but for its writer: of the reporter's the owner (without one whoever
    is on SET) and those who follow; of ours those who follow. Returns how many."""
    row = message.escalation
    if not message.public:
        return 0
    found: set[int | None] = set(Follower.objects.filter(escalation=row).values_list("person", flat=True))
    if message.author == Author.REPORTER:
        found |= {row.owner_id} if row.owner_id else primary(at)
    elif message.affected is not None and message.affected.customer_id != row.customer_id:
        found = _who_reads(message.affected, found, at)
    text = message.text if len(message.text) <= SHOWN else message.text[: SHOWN - 1].rstrip() + "…"
    people = Person.objects.active().filter(pk__in=[pk for pk in found if pk and pk != message.by_id])
    subject = entitled(f"{message.by_name} wrote in {row}", row)
    return tell_all(people, row, key=f"esc-said-{message.pk}", subject=subject, text=text, by=message.by, at=at)


def _who_reads(affected: Affected, people: Iterable[int | None], at: datetime) -> set[int | None]:
    """Those of these people who read what was written to another affected customer: who works on escalations, and
    whoever asked for that one (see `queries.thread.readable`)."""
    found = with_roles(Person.objects.filter(pk__in=[pk for pk in people if pk]), at)
    works = {one.pk for one in found if Right.WORK_ESCALATIONS in rules.rights_of(access.roles(one))}
    return {pk for pk in people if pk in works or pk == affected.reporter_id}


def entitled(words: str, row: Escalation) -> str:
    """A subject with the title; of a confidential one without: who looks after the outbox reads subjects."""
    return words if row.confidential else f"{words}: {row.title}"


def primary(at: datetime) -> set[int | None]:
    """Whoever is primary now."""
    return {seat.person for seat in on_now(at).seats if seat.seat == Seat.PRIMARY}


def tell_all(
    people: Iterable[Person], row: Escalation, *, key: str, subject: str, text: str, by: Person | None, at: datetime
) -> int:
    """Tell each of them, by the ways they chose; `key` (45 characters at most) names what they are told of. Returns how
    many."""
    return sum(1 for person in people if tell(
        person, key=f"{key}-{person.pk}", subject=subject[:200], text=text, path=path_of(row), at=at, by=by,
        purpose=PURPOSE,
    ))


def path_of(row: Escalation) -> str:
    """The page of an escalation."""
    return reverse("escalations:escalation", args=[row.pk])
