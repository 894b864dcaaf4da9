"""A second person reads what the customer is to get: asked, approved, sent back; or gone without, for a reason."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from customers.models import Customer
from incidents.actions.base import Refused, held, record
from incidents.actions.promises import keep_for_customer
from incidents.actions.sending import release
from incidents.actions.steps import settle_sent_back
from incidents.actions.unread import AGAIN, UNREAD, its_people
from incidents.choices import HELD_BACK, LIVE, READ, ApprovalState, PromiseState, Reading, State, What
from incidents.models import Approval, Incident, Promise, Update, UpdateDelivery, UpdateVersion
from incidents.queries.promises import SAYS, got
from incidents.queries.updates import text_for
from incidents.rules.promises import length_words, moment_in
from incidents.rules.words import clean_line
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.telling import tell

NOBODY = ", and nobody gets it: what it was to go to was taken off"
SETTLED = {
    ApprovalState.APPROVED: "It is approved already.", ApprovalState.OVERRIDDEN: "It was sent without a second person.",
    ApprovalState.SENT_BACK: "It was sent back: its author corrects it first.",
    ApprovalState.OVERTAKEN: "Something newer has taken its place: it does not leave any more.",
}


def ask(
    *, version: UpdateVersion, of: Person | None, by: Person, at: datetime, override: str = ""
) -> Approval:
    """Have a new version's customer text read by a second person, None: by anybody of the incident's people. A text
    that was read before and is the same is read. `override`: it goes without one, for this reason. In the caller's
    transaction. Raises `Refused` when the author is to be the second person, and for a text that cannot leave."""
    before = _read_before(version)
    if before is not None:
        return Approval.objects.create(
            version=version, state=before.state, asked_of=before.asked_of, asked_by=by, asked_at=at,
            decided_by=before.decided_by, decided_at=at, reason=before.reason,
        )
    if of is not None and of == by and not override:
        raise Refused("Ask somebody else: what a customer gets is read by a second person.")
    if fault := stale(version, at):
        raise Refused(fault)
    approval = Approval.objects.create(version=version, asked_of=of, asked_by=by, asked_at=at)
    if override.strip():
        _overridden(approval, override, by, at)
        keep_for_customer(update=version.of, at=at)
        _said_overridden(approval, by, at)
        settle_sent_back(update=version.of, back=False, by=by, at=at)
        return approval
    _tell(approval, at)
    set_timer(kind=UNREAD, key=str(approval.pk), due_at=at + AGAIN)
    who = of.name if of else "Somebody of its people"
    record(What.APPROVAL_ASKED, incident=version.of.incident, at=at, by=by, update=version.of, tone="amber",
           words=f"{who} is asked to read what the customer gets of update {version.of.number}")
    return approval


@transaction.atomic
def approve(*, approval: Approval, by: Person, at: datetime) -> bool:
    """The customer's text is good, and leaves. Returns whether anybody gets it: what it went to may have been taken off
    meanwhile. Raises `Refused` for its author, for a text that cannot leave any more (`stale`), and where it is settled
    already: of two who press at once one wins."""
    if by.pk == approval.version.by_id:
        raise Refused("You wrote it: somebody else reads it first.")
    held(approval.version.of.incident)  # before the approval: whoever corrects it now locks in this order too
    _still_true(approval, at)
    _settle(approval, ApprovalState.APPROVED, by, at)
    left = _leave(approval, by, at)
    late = keep_for_customer(update=approval.version.of, at=at) if left else 0
    behind = f", {length_words(late)} late" if late >= 60 else "" if left else NOBODY
    _told(What.APPROVED, approval, by, at, tone="red" if behind else "green",
          words=f"The customer's text of update {{}} was approved{behind}")
    return left


@transaction.atomic
def send_back(*, approval: Approval, reason: str, by: Person, at: datetime) -> Approval:
    """It is not good yet: its author hears why, and corrects it. Raises `Refused` without a reason."""
    why = clean_line(reason, 300)
    if not why:
        raise Refused("Say what is to be changed: its author reads it.")
    held(approval.version.of.incident)
    _settle(approval, ApprovalState.SENT_BACK, by, at, why)
    _told(What.SENT_BACK, approval, by, at, tone="amber", text=why,
          words="The customer's text of update {} was sent back")
    settle_sent_back(update=approval.version.of, back=True, by=by, at=at)
    set_timer(kind=UNREAD, key=str(approval.pk), due_at=at + AGAIN)
    update, author = approval.version.of, approval.version.by
    if author is not None and author != by:
        tell(author, key=f"inc-back-{approval.pk}", at=at, by=by, purpose="incident",
             subject=f"{update.incident.called}: the customer's text of update {update.number} was sent back",
             text=f"{by.name}: {why}", path=reverse("incidents:correct", args=[update.incident_id, update.number]))
    return approval


@transaction.atomic
def override(*, approval: Approval, reason: str, by: Person, at: datetime) -> bool:
    """An emergency: it goes to the customer without a second person, and the reason is kept. Returns as `approve` does.
    Raises `Refused` without a reason, for a text that cannot leave any more, and where it is settled already."""
    held(approval.version.of.incident)
    _still_true(approval, at)
    _overridden(approval, reason, by, at)
    left = _leave(approval, by, at)
    if left:
        keep_for_customer(update=approval.version.of, at=at)
    _said_overridden(approval, by, at, "" if left else NOBODY)
    return left


def _leave(approval: Approval, by: Person, at: datetime) -> bool:
    """It is read: it leaves, and what it answers is answered. Returns False where all of it was to go to what was taken
    off meanwhile."""
    waited = UpdateDelivery.objects.filter(version=approval.version, waits=True).exists()
    if not release(version=approval.version, at=at) and waited:
        return False
    settle_sent_back(update=approval.version.of, back=False, by=by, at=at)
    return True


@transaction.atomic
def ask_again(*, approval: Approval, of: Person, by: Person, at: datetime) -> Approval:
    """Ask somebody else. Raises `Refused` for its author, for a text that cannot leave any more, and where it is
    settled already."""
    if of.pk == approval.version.by_id:
        raise Refused("Ask somebody else: what a customer gets is read by a second person.")
    held(approval.version.of.incident)
    _still_true(approval, at)
    if not Approval.objects.filter(pk=approval.pk, state=ApprovalState.ASKED).update(asked_of=of, asked_at=at):
        approval.refresh_from_db()
        raise Refused(SETTLED[ApprovalState(approval.state)])
    approval.asked_of, approval.asked_at = of, at
    _tell(approval, at)
    set_timer(kind=UNREAD, key=str(approval.pk), due_at=at + AGAIN)
    _told(What.APPROVAL_ASKED, approval, by, at, tone="amber",
          words=f"{of.name} is asked to read what the customer gets of update {{}}")
    return approval


def stale(version: UpdateVersion, at: datetime) -> str:
    """Why what customers get of a version cannot leave any more, in words for whoever reads it; "" where it can: it
    promises what is owed, and is down or over as the incident is. What they have got of its update already may be
    corrected at any time: it says nothing that they do not know. Four queries at most."""
    update, row = version.of, Incident.objects.select_related("status").get(pk=version.of.incident_id)
    # {None}: they got one, which promises nothing.
    known = {*got().filter(of=update).annotate(says=SAYS).values_list("says", flat=True)}
    newest = Update.objects.filter(incident=row).order_by("-number").values_list("number", flat=True)[0]
    if update.number < newest and not known:
        return f"Update {newest} was sent since: what the customer is to know goes with the next one."
    if not known and update.status.resolves == (row.state == State.OPEN):
        then = "correct it first." if row.state in LIVE else "what the customer is to know goes with the next one."
        return f"It says “{update.status.name}”, and it is “{row.status.name}” by now: {then}"
    if update.next_at is None or update.next_at in known:
        return ""
    said = f"It promises an update for {moment_in(update.next_at, row.zone, at)}"
    if update.next_at <= at:
        return f"{said}, which has passed: correct it first."
    owed = Promise.objects.filter(incident=row, state=PromiseState.OPEN, due_at__lte=update.next_at).exists()
    return "" if owed else f"{said}, which nobody owes any more: correct it first, with another time or none."


def overtake(*, update: Update, older: bool = False) -> int:
    """What of an update still waits for its reader, or for its author since it was sent back, is not sent any more:
    something newer is. `older`: what of the updates before it waits neither. In the caller's transaction. Returns how
    many texts that were."""
    waiting = Approval.objects.filter(state__in=HELD_BACK)
    waiting = waiting.filter(
        version__of__incident=update.incident_id, version__of__number__lte=update.number,
    ) if older else waiting.filter(version__of=update)
    versions = list(waiting.values_list("version", flat=True))
    if not versions:
        return 0
    UpdateDelivery.objects.filter(version__in=versions, waits=True).delete()
    return Approval.objects.filter(version__in=versions).update(state=ApprovalState.OVERTAKEN)


@transaction.atomic
def end_waiting(*, incident: Incident, at: datetime) -> int:
    """Nobody works on it any more: a text that waits for its reader and cannot leave as it is (`stale`) goes back to
    who wrote it; one that says that it is down goes nowhere, for no correction changes that. Returns how many these
    are."""
    row = held(incident)
    asked = Approval.objects.filter(state=ApprovalState.ASKED, version__of__incident=row)
    rows = [] if row.state in LIVE else list(asked.select_related("version__of__status"))
    back = [(one, fault) for one in rows if (fault := stale(one.version, at))]
    for approval, fault in back:
        update = approval.version.of
        if not update.status.resolves:
            overtake(update=update)
            record(What.FAILED, incident=row, at=at, by=None, update=update, tone="red", text=fault,
                   words=f"What waited for its reader does not reach the customer: the incident is over, and update "
                         f"{update.number} says “{update.status.name}”")
            continue
        asked.filter(pk=approval.pk).update(state=ApprovalState.SENT_BACK, decided_at=at, reason=fault[:300])
        record(What.SENT_BACK, incident=row, at=at, by=None, update=update, tone="red", text=fault,
               words=f"The customer's text of update {update.number} cannot leave as it is: the incident is over")
    return len(back)


def _still_true(approval: Approval, at: datetime) -> None:
    waits = Approval.objects.filter(pk=approval.pk, state=ApprovalState.ASKED).exists()
    if waits and (fault := stale(approval.version, at)):
        raise Refused(fault)


def _settle(approval: Approval, state: ApprovalState, by: Person, at: datetime, reason: str = "") -> None:
    changed = Approval.objects.filter(pk=approval.pk, state=ApprovalState.ASKED).update(
        state=state, decided_by=by, decided_at=at, reason=reason,
    )
    approval.refresh_from_db()
    if not changed:
        raise Refused(SETTLED[ApprovalState(approval.state)])


def _overridden(approval: Approval, reason: str, by: Person, at: datetime) -> None:
    why = clean_line(reason, 300)
    if len(why) < 3:
        raise Refused("Say why it goes without a second person: that is kept.")
    _settle(approval, ApprovalState.OVERRIDDEN, by, at, why)


def _said_overridden(approval: Approval, by: Person, at: datetime, more: str = "") -> None:
    _told(What.OVERRIDDEN, approval, by, at, tone="red", text=approval.reason,
          words=f"The customer's text of update {{}} goes without a second person{more}")


def _read_before(version: UpdateVersion) -> Approval | None:
    """The approval of an earlier version of the same update whose text was the same for each of its customers: what
    one of them does not read stands in another's. Some queries for each customer."""
    earlier = Approval.objects.filter(
        version__of=version.of, version__number__lt=version.number, version__customer=version.customer, state__in=READ,
    ).select_related("version__of__incident").order_by("-version__number").first()
    if earlier is None:
        return None
    theirs = Customer.objects.filter(incidents__incident=version.of.incident).select_related("merged_into")
    same = all(text_for(earlier.version, Reading.CUSTOMER, customer=one)
               == text_for(version, Reading.CUSTOMER, customer=one) for one in theirs)
    return earlier if same else None


def _tell(approval: Approval, at: datetime) -> None:
    version, update = approval.version, approval.version.of
    author = version.by.name if version.by else "Somebody"
    for person in [approval.asked_of] if approval.asked_of else its_people(approval):
        tell(person, key=f"inc-read-{approval.pk}-{at:%d%H%M%S}-{person.pk}", at=at, by=version.by, purpose="incident",
             subject=f"{update.incident.called}: read what the customer gets",
             text=f"{author} has written update {update.number}, and asks you to read the customer's text. "
                  "It leaves when you approve it.",
             path=reverse("incidents:approve", args=[update.incident_id, update.number]))


def _told(what: What, approval: Approval, by: Person, at: datetime, *, tone: str, words: str, text: str = "") -> None:
    update = approval.version.of
    record(what, incident=update.incident, at=at, by=by, update=update, tone=tone, text=text,
           words=words.format(update.number))
