"""The outbox at work: claim, send, note what became of it, tell who is concerned. One effect a row."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from escalations.actions.tickets import PURPOSE as ESCALATION_TICKET
from incidents.actions.followups import PURPOSE as INCIDENT_ACTION
from incidents.actions.sending import PURPOSE as INCIDENT_UPDATE
from incidents.actions.subscribing import PURPOSE as INCIDENT_FOLLOWER
from incidents.actions.subscribing import QUESTION as INCIDENT_FOLLOW
from incidents.actions.targets import CHANNEL as INCIDENT_CHANNEL
from integrations.faults import DoorFault
from integrations.jira import JiraFault
from integrations.outbox import actions as outbox
from integrations.outbox import rules
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.outbox.queries import next_of
from people.models import Person
from portal.common import clock, jobs, live, locks
from portal.flows import news
from portal.flows.escalations.comments import REPLY, tell_reply
from portal.flows.escalations.told import tell_ticket
from portal.flows.incidents.delivered import tell_channel, tell_update
from portal.flows.incidents.followers import needless_letter, needless_question, tell_letter
from portal.flows.incidents.told_of_actions import tell_action
from portal.flows.jira import apply_one
from portal.flows.paging import needless_page, tell_page
from portal.flows.reading import changed_facts, open_reader
from portal.flows.senders import SENDERS, Asks, ClaimLost, Sender
from set_rotation.actions.cycle import LIVE as HAND_OVER
from set_rotation.actions.paging import PURPOSE as PAGE
from set_rotation.queries.hand_over import concerns_hand_over
from tickets.actions.kanban import THREAD, note_thread
from tickets.actions.mirror import Told
from tickets.actions.weekly.updates import POST, note_reminded, settle_post
from tickets.actions.weekly.updates import PURPOSE as WEEKLY
from tickets.actions.writes import answers as ticket_answers
from tickets.actions.writes.over import BY_OWN_WRITE
from tickets.actions.writes.shown import settle_writes
from tickets.models import Ticket, TicketWrite, WeeklyUpdate
from tickets.queries.triage.decisions import concerns_triage

log = structlog.get_logger(__name__)
SEND = "portal.deliver"  # the task's name; it imports this module, so it cannot be imported here
OWN_FAULTS = 5
REMINDER = "weekly.reminder"  # the purpose of the mails that call a weekly update to mind
READ_AGAIN = {"jira.change", "jira.comment", "jira.link"}  # after these the issue itself is another


def deliver(*, delivery_id: int, at: datetime) -> Delivery | None:
    """Send a delivery that is due. None: it is not, or somebody else has it. Every outcome is a state of the row."""
    with locks.held(locks.DELIVERIES, delivery_id) as mine:
        delivery = outbox.claim(delivery_id=delivery_id, at=at) if mine else None
        if delivery is None:
            return None
        _send(delivery, at)
    delivered(delivery, clock.now())
    return delivery


def _send(delivery: Delivery, at: datetime) -> None:
    sender = SENDERS.get(delivery.topic)
    if sender is None:
        outbox.fail(delivery=delivery, words=f"Nothing here knows how to send {delivery.topic}.", detail="", at=at)
    else:
        _attempt(delivery, sender, at)


def _attempt(delivery: Delivery, sender: Sender, at: datetime) -> None:
    # What calls somebody at night may be there twice rather than a minute late; it is looked for all the same.
    rather_twice = sender.at_least_once or delivery.purpose == PAGE
    settle = timedelta() if rather_twice else timedelta(seconds=settings.ENV.outbox_settle)
    if delivery.unanswered_at is not None and not rules.may_look(
        unanswered_at=delivery.unanswered_at, settle=settle, at=at
    ):
        outbox.look_later(delivery=delivery, at=at, look_in=delivery.unanswered_at + settle - at, found_nothing=False)
        return
    looking = True
    try:
        found = sender.find(delivery) if delivery.unanswered_at is not None and sender.find else None
        if found is None and _search_again(delivery, sender):
            look_in = rules.next_look(looks=delivery.looks + 1, settle=settle)
            outbox.look_later(delivery=delivery, at=clock.now(), look_in=look_in, found_nothing=True)
            return
        looking = False
        if found is None and (words := _why_not(delivery)):
            outbox.withdraw(delivery=delivery, words=words, at=clock.now())
            return
        outcome = found or sender.send(delivery)
    except ClaimLost:
        log.info("a claim was lost before the write", delivery=delivery.id)
    except Asks as asks:
        outbox.ask(delivery=delivery, question=asks.question, words=asks.words, at=clock.now())
    except DoorFault as fault:
        _note_fault(delivery, fault, settle, looking=looking)
    except Exception as error:
        log.exception("delivery not sent", delivery=delivery.id, topic=delivery.topic)
        _note_own_fault(delivery, error, settle)
    else:
        outbox.sent(delivery=delivery, outcome=outcome, at=clock.now())


def _why_not(delivery: Delivery) -> str:
    """Why it is not to leave any more, right before it would; or ""."""
    needless = NEEDLESS.get(delivery.purpose)
    return needless(delivery) if needless else ""


def _search_again(delivery: Delivery, sender: Sender) -> bool:
    return delivery.unanswered_at is not None and sender.lags and delivery.looks + 1 < rules.SEARCHES


def _note_fault(delivery: Delivery, fault: DoorFault, settle: timedelta, *, looking: bool) -> None:
    """What a fault makes of a delivery. While one only looks, nothing new can have been done."""
    at = clock.now()
    until = max(fault.until or at, at + rules.pause(delivery.attempts))
    passing = fault.passing or fault.status == 401  # a wrong token is mended in the configuration, not a row at a time
    if looking and passing:
        outbox.look_later(delivery=delivery, at=at, look_in=until - at, found_nothing=False, words=fault.words)
    elif fault.unanswered:
        outbox.unanswered(delivery=delivery, words=fault.words, detail=fault.detail, since=at, at=at,
                          look_in=max(settle, until - at))
    elif passing:
        outbox.postpone(delivery=delivery, words=fault.words, detail=fault.detail, at=at, until=until)
    else:
        outbox.fail(delivery=delivery, words=fault.words, detail=fault.detail, at=at)
    if fault.until is not None and not fault.alone:
        outbox.hold_door(door=delivery.door, at=at, until=fault.until)


def _note_own_fault(delivery: Delivery, error: Exception, settle: timedelta) -> None:
    """A fault of ours: tried again a few times, as if the answer had been lost; then somebody has to look."""
    at, words = clock.now(), "The portal itself failed at this; it was logged."
    detail = f"{type(error).__name__}: {error}"
    if delivery.own_faults >= OWN_FAULTS:
        outbox.fail(delivery=delivery, words=words, detail=detail, at=at)
    else:
        look_in = max(settle, rules.pause(delivery.attempts))
        outbox.own_fault(delivery=delivery, words=words, detail=detail, at=at, look_in=look_in)


def queue_delivery(delivery: Delivery) -> None:
    """Have it sent as soon as this transaction is committed; the tick comes to it anyway."""
    transaction.on_commit(lambda: _start(delivery.id))


def _start(delivery_id: int) -> None:
    _queue(delivery_id)
    live.publish("outbox", "stale", "")


def _queue(delivery_id: int) -> None:
    jobs.queue(SEND, delivery_id, expires=30)


def delivered(delivery: Delivery, at: datetime) -> None:
    """A delivery's state has changed: whose it is learns of it, and the next of its scope goes on its way."""
    told = TOLD.get(delivery.purpose)
    if told is not None:
        told(delivery, at)
    if delivery.state not in (State.WAITING, State.SENDING, State.UNKNOWN):
        following = next_of(delivery.scope)
        if following is not None:
            _queue(following)
    outbox.told(delivery=delivery)
    live.publish("outbox", "stale", "")


def tell_the_untold(*, at: datetime) -> int:
    """Rooms learn what whoever changed a delivery could not tell them any more. Returns how many."""
    found = outbox.claim_untold(at=at)
    for delivery in found:
        try:
            delivered(delivery, at)
        except Exception:
            # It is told again after a while; the others must not wait for it.
            log.exception("not told", delivery=delivery.id)
    return len(found)


def _tell_tickets(delivery: Delivery, at: datetime) -> None:
    """Cards say what became of their write; what Jira made of it is read at once, by the issue's id."""
    with transaction.atomic():
        ids = settle_writes(delivery)
        decided = concerns_triage(ids)
    if decided:
        live.publish("triage", "stale", "")
    if concerns_hand_over(ids):
        live.publish(HAND_OVER, "stale", "")
    # What asks or was refused may stand on values that the mirror does not know, and half of a write may be through.
    if delivery.state in {State.SENT, State.ASKING, State.FAILED} and delivery.topic in READ_AGAIN:
        read_again(int(delivery.payload["issue"]), at)
    tell_cards(ids, at)


def read_again(issue: int, at: datetime) -> None:
    """Mirror an issue as Jira has it now; where Jira is away, its webhook or the next run does."""
    try:
        reader = open_reader(lately=True)
        try:
            found = reader.client.issue(issue, fields=reader.fields)
            facts = changed_facts(reader, [found])[0] if found else []
        finally:
            reader.client.close()
    except JiraFault as fault:
        log.info("not read again after a write", issue=issue, reason=fault.words)
        return
    apply_one(facts, at, via=BY_OWN_WRITE)


def tell_cards(
    ids: list[int], at: datetime, *, said: str = "", by: Person | None = None, offs: Mapping[int, int] | None = None
) -> list[str]:
    """Open boards draw these tickets anew. `said` is the line of news about the first one, which the person who did it
    is spared; `offs`: who is out of order, where it is known. Returns the events, for the answer to whoever did it."""
    rows = Ticket.objects.filter(id__in=ids).values_list("id", "key", "column")
    told = [Told(one, key, said if one == ids[0] else "", column, column) for one, key, column in rows]
    return news.tell_boards(told, at, by=(by.jira_account_id or f"person-{by.pk}") if by else "", offs=offs)


def answer_delivery(*, delivery: Delivery, by: Person, at: datetime, verb: str, anyway: bool = False) -> None:
    """The operator's Retry and Drop (`anyway`: though it may be there). Raises `outbox.NotOpen`."""
    if verb == "retry":
        outbox.retry(delivery=delivery, by=by, at=at)
        queue_delivery(delivery)
    else:
        write = TicketWrite.objects.filter(delivery=delivery).first()
        if write is not None:
            ticket_answers.drop_write(write=write, by=by, at=at, anyway=anyway)
        else:
            outbox.drop(delivery=delivery, by=by, at=at, anyway=anyway)
    delivery.refresh_from_db()
    delivered(delivery, at)


def _tell_thread(delivery: Delivery, at: datetime) -> None:
    """The post that starts a ticket's thread is there: the ticket links to it, here and in Jira."""
    if delivery.state != State.SENT:
        return
    ticket_id = note_thread(delivery_id=delivery.id, url=delivery.remote_url, post_id=delivery.remote_id)
    if ticket_id is not None:
        payload = {"issue": ticket_id, "identity": f"set-thread-{ticket_id}", "url": delivery.remote_url,
                   "title": "Thread in Mattermost"}
        outbox.enqueue(topic="jira.remote_link", scope=f"jira:issue:{ticket_id}", title="Link the thread in Jira",
                       payload=payload, at=at, path=delivery.path, key=f"thread-link-{delivery.key}"[:64])


def reminder_key(day: date) -> str:
    """How the keys of the reminders of a day's update begin; a person's id follows."""
    return f"weekly-reminder-{day.isoformat()}-"


def _tell_weekly(delivery: Delivery, at: datetime) -> None:
    """What became of an update's post. Once it is in the channel, a reminder that has not left yet would be wrong."""
    settle_post(delivery, at)
    if delivery.topic != POST or delivery.state != State.SENT:
        return
    day = date.fromisoformat(delivery.scope.removeprefix("weekly:"))
    for reminder in Delivery.objects.open().filter(purpose=REMINDER, key__startswith=reminder_key(day)):
        with contextlib.suppress(outbox.NotOpen):
            outbox.drop(delivery=reminder, by=None, at=at, words="the update is in the channel")


def _tell_reminded(delivery: Delivery, at: datetime) -> None:
    """A reminder has left: the update's history says so."""
    if delivery.state != State.SENT:
        return
    day, _, person = delivery.key.removeprefix("weekly-reminder-").rpartition("-")
    update = WeeklyUpdate.objects.filter(meeting_date=date.fromisoformat(day)).first()
    who = Person.objects.filter(pk=int(person)).first()
    if update is not None and who is not None:
        note_reminded(update=update, person=who, now=at)


def _tell_replied(delivery: Delivery, at: datetime) -> None:
    """A way by which a reply leaves; the reply may be an incident's update."""
    tell_reply(delivery, at)
    tell_update(delivery, at)


TOLD: dict[str, Callable[[Delivery, datetime], None]] = {
    "tickets": _tell_tickets, THREAD: _tell_thread, WEEKLY: _tell_weekly, REMINDER: _tell_reminded, PAGE: tell_page,
    INCIDENT_ACTION: tell_action, ESCALATION_TICKET: tell_ticket, REPLY: _tell_replied,
    INCIDENT_UPDATE: tell_update, INCIDENT_CHANNEL: tell_channel, INCIDENT_FOLLOWER: tell_letter,
    INCIDENT_FOLLOW: tell_letter,
}
NEEDLESS: dict[str, Callable[[Delivery], str]] = {
    PAGE: needless_page, INCIDENT_FOLLOWER: needless_letter, INCIDENT_FOLLOW: needless_question,
}
