"""A second person reads what the customer is to get: asked, approved, sent back; or gone without, for a reason."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from customers.models import Customer
from incidents.actions.base import Refused, held, record
from incidents.actions.promises import keep_for_customer
from incidents.actions.sending import release
from incidents.actions.steps import settle_sent_back
from incidents.choices import READ, ApprovalState, Reading, Ring, What
from incidents.models import Approval, Incident, IncidentRole, Update, UpdateDelivery, UpdateVersion
from incidents.queries.heard import heard
from incidents.queries.updates import text_for
from incidents.rules.promises import length_words, moment_in
from incidents.rules.updates.form import Facts
from incidents.rules.words import clean_line
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.telling import tell

UNREAD = "incident.unread"  # the timer's kind; its key is the approval's id
AGAIN = timedelta(minutes=5)  # a text that nobody has read by then is told of again …
TO_ALL = timedelta(minutes=10)  # … and by then to all who have a part, and the SET lead
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
        return _overridden(approval, override, by, at)
    _tell(approval, at)
    set_timer(kind=UNREAD, key=str(approval.pk), due_at=at + AGAIN)
    who = of.name if of else "Somebody of its people"
    record(What.APPROVAL_ASKED, incident=version.of.incident, at=at, by=by, update=version.of, tone="amber",
           words=f"{who} is asked to read what the customer gets of update {version.of.number}")
    return approval


@transaction.atomic
def approve(*, approval: Approval, by: Person, at: datetime) -> Approval:
    """The customer's text is good, and leaves. Raises `Refused` for its author, for a text that cannot leave any more
    (`stale`), and where it is settled already: of two who press at once one wins."""
    if by.pk == approval.version.by_id:
        raise Refused("You wrote it: somebody else reads it first.")
    held(approval.version.of.incident)  # before the approval: whoever corrects it now locks in this order too
    _still_true(approval, at)
    _settle(approval, ApprovalState.APPROVED, by, at)
    late = keep_for_customer(update=approval.version.of, at=at)
    behind = f", {length_words(late)} late" if late >= 60 else ""
    _told(What.APPROVED, approval, by, at, tone="red" if behind else "green",
          words=f"The customer's text of update {{}} was approved{behind}")
    settle_sent_back(update=approval.version.of, back=False, by=by, at=at)
    release(version=approval.version, at=at)
    return approval


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
    update, author = approval.version.of, approval.version.by
    if author is not None and author != by:
        tell(author, key=f"inc-back-{approval.pk}", at=at, by=by, purpose="incident",
             subject=f"{update.incident.called}: the customer's text of update {update.number} was sent back",
             text=f"{by.name}: {why}", path=reverse("incidents:correct", args=[update.incident_id, update.number]))
    return approval


@transaction.atomic
def override(*, approval: Approval, reason: str, by: Person, at: datetime) -> Approval:
    """An emergency: it goes to the customer without a second person, and the reason is kept. Raises `Refused` without
    one, for a text that cannot leave any more, and where it is settled already."""
    held(approval.version.of.incident)
    _still_true(approval, at)
    _overridden(approval, reason, by, at)
    release(version=approval.version, at=at)
    return approval


@transaction.atomic
def ask_again(*, approval: Approval, of: Person, by: Person, at: datetime) -> Approval:
    """Ask somebody else. Raises `Refused` for its author, and where it is settled already."""
    if of.pk == approval.version.by_id:
        raise Refused("Ask somebody else: what a customer gets is read by a second person.")
    held(approval.version.of.incident)
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
    """Why what customers get of a version cannot leave any more, in words for whoever reads it; "" where it can. What
    they have got of its update already may be corrected at any time: it says nothing that they do not know. Two
    queries."""
    update, row = version.of, version.of.incident
    before = UpdateVersion.objects.filter(of=update, approval__state__in=READ).values_list("values", flat=True)
    known = [Facts.of(values["facts"]).next_at for values in before]
    newest = Update.objects.filter(incident=row).order_by("-number").values_list("number", flat=True)[0]
    if update.number < newest and not known:
        return f"Update {newest} was sent since: what the customer is to know goes with the next one."
    if update.next_at is None or update.next_at > at or update.next_at in known:
        return ""
    return f"It promises an update for {moment_in(update.next_at, row.zone, at)}, which has passed: correct it first."


@transaction.atomic
def ring_unread(*, approval_id: int, at: datetime) -> int:
    """Nobody has read the customer's text yet: its reader is told again, with its author and whoever leads; later all
    who have a part, and the SET lead. Nothing for one that is settled. Returns how many people were told. Begun twice
    it tells once, by the source of its line.
    """
    row = Incident.objects.filter(published__versions__approval=approval_id).first()
    if row is None:
        return 0
    held(row)
    rows = Approval.objects.select_related("version__of__incident", "version__by", "asked_of")
    approval = rows.filter(pk=approval_id, state=ApprovalState.ASKED).first()
    if approval is None:
        return 0
    waited = at - approval.asked_at
    if waited < TO_ALL:
        set_timer(kind=UNREAD, key=str(approval_id), due_at=approval.asked_at + (TO_ALL if waited >= AGAIN else AGAIN))
    return _tell_unread(approval, waited, at) if waited >= AGAIN else 0


def _tell_unread(approval: Approval, waited: timedelta, at: datetime) -> int:
    update, people = approval.version.of, _who_helps(approval, at, everybody=waited >= TO_ALL)
    length = length_words(waited.total_seconds() // 60 * 60)
    which = f"unread-{approval.pk}-{approval.asked_at:%d%H%M%S}-{'all' if waited >= TO_ALL else 'again'}"
    event = record(What.APPROVAL_ASKED, incident=update.incident, at=at, by=None, update=update, source=which,
                   tone="red" if waited >= TO_ALL else "amber",
                   words=f"The customer's text of update {update.number} has waited {length} for its reader. Told: "
                         + (", ".join(one.name for one in people) or "nobody, for nobody is there"))
    if event is None:
        return 0
    for person in people:
        tell(person, key=f"inc-{which}-{person.pk}", at=at, purpose="incident",
             subject=f"{update.incident.called}: the customer waits for update {update.number}",
             text=f"Nobody has read the customer's text for {length}. It leaves when somebody other than its author "
                  "approves it; somebody else can be asked.",
             path=reverse("incidents:approve", args=[update.incident_id, update.number]))
    return len(people)


def _who_helps(approval: Approval, at: datetime, *, everybody: bool) -> list[Person]:
    """Its reader, its author and whoever leads, each once; or everybody who may read it, and the SET lead besides."""
    number = approval.version.of.incident_id
    told, others = heard(at, [number]), _its_people(approval)
    people = [*([approval.asked_of] if approval.asked_of else others), approval.version.by, *told.commander(number)]
    if everybody:
        people += [*others, *told.of(number, [Ring.TEN_AFTER])]
    return list({one.pk: one for one in people if one is not None and one.is_active}.values())


def overtake(*, update: Update, older: bool = False) -> int:
    """What of an update still waits for its reader, or for its author since it was sent back, is not sent any more:
    something newer is. `older`: what of the updates before it waits neither. In the caller's transaction. Returns how
    many texts that were."""
    waiting = Approval.objects.filter(state__in=(ApprovalState.ASKED, ApprovalState.SENT_BACK))
    waiting = waiting.filter(
        version__of__incident=update.incident_id, version__of__number__lte=update.number,
    ) if older else waiting.filter(version__of=update)
    versions = list(waiting.values_list("version", flat=True))
    if not versions:
        return 0
    UpdateDelivery.objects.filter(version__in=versions, waits=True).delete()
    return Approval.objects.filter(version__in=versions).update(state=ApprovalState.OVERTAKEN)


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


def _overridden(approval: Approval, reason: str, by: Person, at: datetime) -> Approval:
    why = clean_line(reason, 300)
    if len(why) < 3:
        raise Refused("Say why it goes without a second person: that is kept.")
    _settle(approval, ApprovalState.OVERRIDDEN, by, at, why)
    keep_for_customer(update=approval.version.of, at=at)
    _told(What.OVERRIDDEN, approval, by, at, tone="red", text=why,
          words="The customer's text of update {} goes without a second person")
    settle_sent_back(update=approval.version.of, back=False, by=by, at=at)
    return approval


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
    for person in [approval.asked_of] if approval.asked_of else _its_people(approval):
        tell(person, key=f"inc-read-{approval.pk}-{person.pk}", at=at, by=version.by, purpose="incident",
             subject=f"{update.incident.called}: read what the customer gets",
             text=f"{author} has written update {update.number}, and asks you to read the customer's text. "
                  "It leaves when you approve it.",
             path=reverse("incidents:approve", args=[update.incident_id, update.number]))


def _its_people(approval: Approval) -> list[Person]:
    """Those with a part in the incident, without the author: where nobody is asked by name, all of them are."""
    held = IncidentRole.objects.filter(incident=approval.version.of.incident, ends_at=None).select_related("person")
    people = {row.person_id: row.person for row in held if row.person_id != approval.version.by_id}
    return list(people.values())


def _told(what: What, approval: Approval, by: Person, at: datetime, *, tone: str, words: str, text: str = "") -> None:
    update = approval.version.of
    record(what, incident=update.incident, at=at, by=by, update=update, tone=tone, text=text,
           words=words.format(update.number))
