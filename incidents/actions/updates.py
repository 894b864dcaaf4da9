"""Publishing a status update, and correcting one. What leaves to whom is put on its way by portal.flows.incidents."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from incidents.actions import approvals
from incidents.actions.base import Refused, held, record
from incidents.actions.drafts import drop_draft, key_of, storable
from incidents.actions.promises import customer_knows, promise, promise_where_none, settle_promise
from incidents.actions.states import ENDED, set_status
from incidents.actions.steps import settle_replies
from incidents.choices import LIVE, PromiseState, Reading, State, StepKind, What
from incidents.models import Incident, IncidentStatus, IncidentStep, Promise, Update, UpdateVersion
from incidents.queries.promises import got
from incidents.queries.settings import cadence
from incidents.queries.updates import facts_again, facts_of, thread_of
from incidents.rules.promises import length_words, promise_fault
from incidents.rules.updates.bodies import body, tidy
from incidents.rules.updates.form import CHOICES, TEXTS, Entry, Facts, leaving, render, too_long
from incidents.rules.updates.promised import usual
from incidents.rules.words import clean_line, clean_text
from people.models import Person


class Overtaken(Refused):
    """Somebody else was faster: what they published is shown first, and nothing that was typed is lost."""

    def __init__(self, update: Update) -> None:
        who = update.by.name if update.by else "Somebody"
        super().__init__(f"{who} has published update {update.number} meanwhile. Read it, then send yours as the next.")
        self.update = update


@dataclass(frozen=True)
class Given:
    """An update as its writer gives it. `status`: by its slug. `next_at`: what is promised, None for the cadence;
    `stop`: no further one is promised. `reason`: why it is later than the cadence has it. `reply`: the step of the
    playbook that it answers. `seen`: the number of the last update that the writer knows (of a correction: of the last
    version). `key`: of the form. `customer`: it goes to the customer too, once `approver` (None: anybody) has read it,
    or at once, for the reason `override`."""

    entry: Entry
    status: str
    key: str
    seen: int = 0
    next_at: datetime | None = None
    stop: bool = False
    reason: str = ""
    reply: str = ""
    customer: bool = True
    approver: Person | None = None
    override: str = ""
    more: dict[str, Any] = field(default_factory=dict)  # further values of the composer's, kept with the version


@transaction.atomic
def publish(*, incident: Incident, given: Given, by: Person, at: datetime) -> Update:
    """Publish the next update: numbered, its three readings rendered and kept, the promise kept and the next one made,
    the status set, the reply's step done, the second person asked. The same form again is the same update.

    Raises `Overtaken` where the writer does not know the last update, or sends a form again with other words; and
    `Refused` for one that is over, without a summary, for what fits into no post, for a promise in the past or too far
    ahead without a reason, and where a stage asks for an expected resolution that is not given.
    """
    row, key = held(incident), key_of(incident, given.key)
    found = Update.objects.select_related("by").filter(key=key).first()
    if found is not None:
        return _again(found, given)
    _refuse(row, given)
    if row.updates and given.seen != row.updates:
        raise Overtaken(Update.objects.select_related("by").filter(incident=row).latest("number"))
    status = _status(given, row, row.status)
    next_at = next_of(row, given, status, at)
    set_status(incident=row, status=status, by=by, at=at)
    update = Update.objects.create(incident=row, number=row.updates + 1, at=at, by=by, status=status, next_at=next_at,
                                   key=key)
    version = _version(update, given, facts_of(row, status=status.name, at=at, next_at=next_at), by, at)
    row.updates, row.expected = update.number, clean_line(given.entry.expected)
    row.save(update_fields=["updates", "expected"])
    _promised(row, update, given, by, at)
    settle_replies(incident=row, update=update, by=by, at=at, reply=given.reply, told=given.customer or row.drill,
                   expected=bool(tidy(given.entry.expected)))
    drop_draft(incident=row, person=by)
    _ask(version, given, by, at)
    return update


@transaction.atomic
def correct(*, update: Update, given: Given, reason: str, by: Person, at: datetime) -> Update:
    """Publish another version of an update: it says the same hour and what was so in it, and what it went to is
    corrected. The newest update's status and promise are corrected with it; those of an older one, and of an incident
    that is closed, are history: its words alone change, and nothing is promised (where customers never got it, it says
    so). Returns the update.

    Raises as `publish` does, `Overtaken` where somebody has corrected it meanwhile, and `Refused` without a reason or
    where nothing is changed.
    """
    row, why = held(update.incident), clean_line(reason)
    update = Update.objects.select_related("by", "status").get(pk=update.pk)
    before = update.versions.get(number=update.version)
    if before.values.get("key") == given.key:
        return update
    if given.seen != update.version:
        raise Overtaken(update)
    _refuse(row, given, corrects=True)
    if not why:
        raise Refused("Say what was wrong: it stands with the correction.")
    newest, before_status = update.number == row.updates and row.state in LIVE, update.status
    # What nobody waits for, and no customer was told, is not promised to them any more.
    unheard = given.customer and row.state not in LIVE and update.number == row.updates and not _got(update)
    if not newest:
        given = replace(given, status=before_status.slug, stop=update.next_at is None or unheard)
    status = _status(given, row, before_status) if newest else before_status
    next_at = _corrected_next(row, update, given, status, at) if newest else None if unheard else update.next_at
    facts = facts_again(before, status=status, next_at=next_at)
    if _same(before, given.entry, facts):
        raise Refused("Nothing is changed.")
    update.version, update.status, moved = update.version + 1, status, next_at != update.next_at
    update.next_at = next_at
    update.save(update_fields=["version", "status", "next_at"])
    version = _version(update, given, facts, by, at, reason=why)
    record(What.CORRECTED, incident=row, at=at, by=by, update=update, tone="amber", text=why,
           words=f"Update {update.number} corrected")
    if newest and status.pk != before_status.pk:  # else the incident may have moved on since, and stays where it is
        set_status(incident=row, status=status, by=by, at=at)
    if newest:
        _move(row, update, given, by, at, moved=moved)
    approvals.overtake(update=update)
    _ask(version, given, by, at)
    return update


def _got(update: Update) -> bool:
    return got().filter(of=update).exists()


def _move(row: Incident, update: Update, given: Given, by: Person, at: datetime, *, moved: bool) -> None:
    """The promise that a correction makes takes the place of the old one: one that customers know of rests until they
    get the correction, or what comes after it. Under a status that asks for updates one is promised where none is."""
    old = Promise.objects.filter(incident=row, state=PromiseState.OPEN).first()
    owed = row.state == State.OPEN and not update.status.stops
    if moved or (old is None and owed and update.next_at is not None and update.next_at > at):
        settle_promise(incident=row, at=at, update=update if old is not None and customer_knows(old, at) else None)
        _make(row, update, given, by, at)
    if owed:
        promise_where_none(incident=row, at=at)


def _again(update: Update, given: Given) -> Update:
    """The same form once more is the same update; one that was gone back to and changed would be lost by that."""
    if Entry.of(update.versions.get(number=1).values) != Entry.of(storable(vars(given.entry))):
        raise Overtaken(update)
    return update


def next_of(incident: Incident, given: Given, status: IncidentStatus, at: datetime) -> datetime | None:
    """When the next update will be shared: as given, or by the severity's cadence; None when none is promised. Raises
    `Refused` for a past one, for one too far ahead without a reason, and for none under a status that asks for one."""
    if given.stop:
        if not status.stops and incident.state in LIVE:
            raise Refused(f"Under “{status.name}” a next update is owed: say when.")
        return None
    bounds = cadence(incident.severity)
    if given.next_at is None:
        return usual(at, bounds.then)
    fault = promise_fault(due_at=given.next_at, at=at, longest=bounds.longest, reason=clean_line(given.reason))
    if fault:
        raise Refused(fault)
    return given.next_at


def _corrected_next(
    row: Incident, update: Update, given: Given, status: IncidentStatus, at: datetime
) -> datetime | None:
    """What was promised stays where nobody changes it, also when it has passed by now."""
    unchanged = not given.stop and given.next_at in (None, update.next_at) and update.next_at is not None
    return update.next_at if unchanged else next_of(row, given, status, at)


def _refuse(row: Incident, given: Given, *, corrects: bool = False) -> None:
    if row.state in ENDED and not (corrects and row.state == State.CLOSED):
        raise Refused(ENDED[State(row.state)])
    if not clean_text(given.entry.summary):
        raise Refused("Write a summary: it is what everybody reads.")
    thread = tidy(given.entry.thread)
    if thread and (not thread.startswith(("https://", "http://")) or len(thread.split()) > 1):
        raise Refused("The thread's link begins with https:// and has no spaces.")
    step = IncidentStep.objects.select_related("stage").filter(
        incident=row, key=given.reply, kind=StepKind.REPLY).first() if given.reply else None
    if step is not None and step.stage.timeline and not tidy(given.entry.expected):
        raise Refused(f"In stage {step.stage.number}, {step.stage.title}, the reply says when it is expected to be "
                      "resolved; “not known yet” is an answer too.")


def _status(given: Given, row: Incident, before: IncidentStatus) -> IncidentStatus:
    found = IncidentStatus.objects.filter(slug=given.status).first()
    if found is None or (found.archived and found.pk not in (row.status_id, before.pk)):
        raise Refused("Choose a status: that one is not there any more.")
    return found


def readings_of(entry: Entry, facts: Facts, *, drill: bool = False) -> dict[Reading, str]:
    """The three texts of an entry. Raises `Refused` for one that fits into no post, and says by how much."""
    texts = {reading: render(entry, facts, reading) for reading in Reading}
    over = max(too_long(leaving(text, drill=drill)) for text in texts.values())
    if over:
        raise Refused(f"It is {over:,} {'character' if over == 1 else 'characters'} too long for one post.")
    return texts


def _version(
    update: Update, given: Given, facts: Facts, by: Person, at: datetime, *, reason: str = ""
) -> UpdateVersion:
    entry = _threaded(given.entry, update.incident)
    texts = readings_of(entry, facts, drill=update.incident.drill)
    values = {name: getattr(given.entry, name) for name in (*TEXTS, *CHOICES)}  # a thread that was not given may change
    return UpdateVersion.objects.create(
        of=update, number=update.version, at=at, by=by, reason=reason, status_name=facts.status,
        values=storable(given.more | values | {
            "status": given.status, "stop": given.stop, "reason": given.reason, "reply": given.reply,
            "key": given.key, "facts": facts.kept(),
        }),
        internal=texts[Reading.INTERNAL], executive=texts[Reading.EXECUTIVE], customer=texts[Reading.CUSTOMER],
    )


def _threaded(entry: Entry, incident: Incident) -> Entry:
    """With the thread's link, which is the last line: the incident's own where no other was given."""
    return entry if tidy(entry.thread) else Entry(**{**vars(entry), "thread": thread_of(incident)})


def _same(before: UpdateVersion, entry: Entry, facts: Facts) -> bool:
    entry = _threaded(entry, before.of.incident)
    return all(render(entry, facts, reading) == before.reading(reading) for reading in Reading)


def _promised(row: Incident, update: Update, given: Given, by: Person, at: datetime) -> None:
    late = settle_promise(incident=row, update=update, at=at, customer=given.customer and not row.drill)
    Update.objects.filter(pk=update.pk).update(late_by=late)
    update.late_by = late
    minutes = late // 60
    record(What.UPDATE, incident=row, at=at, by=by, update=update, tone="red" if minutes else "",
           text=body(given.entry.summary),
           words=f"Update {update.number} sent" + (f", {length_words(late)} late" if minutes else ""))
    _make(row, update, given, by, at)


def _make(row: Incident, update: Update, given: Given, by: Person, at: datetime) -> None:
    if update.next_at is not None:
        promise(incident=row, due_at=update.next_at, at=at, by=by, update=update, reason=clean_line(given.reason))
    else:
        record(What.STOPPED, incident=row, at=at, by=by, update=update,
               words=f"No further update is promised: {update.status.name}")


def _ask(version: UpdateVersion, given: Given, by: Person, at: datetime) -> None:
    update = version.of
    # Also by one that goes to us alone: the older text is not how it stands any more, nor what is promised. Nothing of
    # a later one, where an older is corrected.
    if approvals.overtake(update=update, older=True) and not given.customer:
        record(What.FAILED, incident=update.incident, at=at, by=by, update=update, tone="red",
               words=f"What waited for its reader does not reach the customer: update {update.number}, which goes to "
                     "us alone, has overtaken it")
    if given.customer and not update.incident.drill:
        approvals.ask(version=version, of=given.approver, by=by, at=at, override=given.override)
