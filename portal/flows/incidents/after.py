"""After an incident: its watch is over, its dates come, and the customer's edition leaves."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from customers.models import Contact
from escalations.actions.base import Refused as ThreadRefused
from escalations.rules.ways import Way
from incidents.actions.after import DEADLINE, WATCHED, note_watched
from incidents.actions.base import Refused
from incidents.actions.followups import REMIND, path_of
from incidents.actions.reminding import remind_of_action, remind_of_dates
from incidents.actions.retrospective import locked, note_sent, refuse_to_send
from incidents.models import Incident, Retrospective
from incidents.paper import NoPaper, as_pdf
from incidents.queries.editions import edition_for
from incidents.queries.retrospective import SENT_FOR, thread_is_theirs
from incidents.rules.documents import Document, as_markdown, as_plain
from incidents.rules.updates.times import zone_of
from integrations.outbox import actions as outbox
from people.models import Person
from portal.flows.delivery import queue_delivery
from portal.flows.escalations.sending import Reply, reply


def watch_over(key: str, at: datetime) -> None:
    """A day has passed since the resolution."""
    row = Incident.objects.filter(pk=int(key)).first()
    if row is not None:
        note_watched(incident=row, at=at)


def date_come(key: str, at: datetime) -> None:
    """It is the morning of one of the retrospective's dates."""
    remind_of_dates(incident_id=int(key), at=at)


def action_come(key: str, at: datetime) -> None:
    """It is the morning on which an action is due."""
    remind_of_action(action_id=int(key), at=at)


@dataclass(frozen=True)
class To:
    """Whom the customer's edition goes to. `thread`: into the escalation's conversation too."""

    contacts: Sequence[Contact] = ()
    thread: bool = False


@transaction.atomic
def send_retro(*, incident: Incident, to: To, seen: int, by: Person, at: datetime) -> Retrospective:
    """Put the reviewed customer's edition on its way: by mail to these people of its customers, each a mail of their
    own, and into the escalation's thread if that is theirs. Pressed twice it leaves once. Raises `Refused` for one
    that may not leave (`actions.retrospective.refuse_to_send`), one that changed since the sender looked, and to
    nobody."""
    row, retro = locked(incident)
    if retro.version != seen:
        raise Refused("It changed since you looked: look again, then send it.")
    refuse_to_send(row, retro)
    mine = set(row.customers.values_list("customer_id", flat=True))
    contacts = [one for one in to.contacts if one.customer_id in mine and one.email and one.removed_at is None]
    thread = to.thread and thread_is_theirs(row, mine)
    if not contacts and not thread:
        raise Refused("Choose whom it goes to.")
    letters = {one.customer_id: _letter(row, retro, one) for one in {one.customer_id: one for one in contacts}.values()}
    for contact in contacts:
        _mail(row, retro, contact, letters[contact.customer_id], by, at)
    if thread:
        _into_thread(row, retro, by, at)
    bare = any(not letter["files"] for letter in letters.values())
    names = [contact.name for contact in contacts] + ([f"the thread of {row.escalation}"] if thread else [])
    names[-1] += " (without the PDF, which cannot be made now)" if bare else ""
    note_sent(row=row, retro=retro, to=", ".join(names), by=by, at=at)
    return retro


def _letter(row: Incident, retro: Retrospective, contact: Contact) -> dict[str, object]:
    """What everybody of one customer gets: drawing a PDF takes a while, once."""
    document = edition_for(row, retro, contact.customer)
    return {"subject": document.title, "text": as_plain(document), "files": _pdf(row, document)}


def _mail(
    row: Incident, retro: Retrospective, contact: Contact, letter: Mapping[str, object], by: Person, at: datetime
) -> None:
    queue_delivery(outbox.enqueue(
        topic="mail.send", scope=f"mail:retro:{row.pk}:{contact.pk}", at=at, by=by, path=path_of(row),
        key=f"retro-{row.pk}-{retro.version}-{contact.pk}", purpose=SENT_FOR,
        title=f"Retrospective of {row} to {contact.name}",
        payload={"to": contact.email, "reply_to": by.email, **letter},
    ))


def _pdf(row: Incident, document: Document) -> list[dict[str, str]]:
    """The same as PDF, where one can be made now: the mail says all of it, and waits for no library."""
    try:
        made = as_pdf(document)
    except NoPaper:
        return []
    name = f"incident-report-{row.began_at.astimezone(zone_of(row.zone)):%Y-%m-%d}.pdf"
    return [{"name": name, "kind": "application/pdf", "base64": b64encode(made).decode()}]


def _into_thread(row: Incident, retro: Retrospective, by: Person, at: datetime) -> None:
    if row.escalation is None:
        return
    text = as_markdown(edition_for(row, retro, row.escalation.customer))
    try:
        reply(escalation=row.escalation, at=at, by=by,
              given=Reply(text=text, key=f"retro-{row.pk}-{retro.version}", ways=(Way.SUPPORT, Way.MAIL)))
    except ThreadRefused as refused:
        raise Refused(f"{row.escalation} does not take it: {refused}") from refused


TIMERS: dict[str, Callable[[str, datetime], None]] = {
    WATCHED: watch_over, DEADLINE: date_come, REMIND: action_come,
}
