"""A text that waits for its reader, or for its author since it was sent back, is told of again until somebody acts."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from incidents.actions.base import held, record
from incidents.choices import HELD_BACK, ApprovalState, Ring, State, What
from incidents.models import Approval, Incident, IncidentRole
from incidents.queries.heard import heard
from incidents.rules.promises import length_words
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.telling import tell

UNREAD = "incident.unread"  # the timer's kind; its key is the approval's id
AGAIN = timedelta(minutes=5)  # a text that nobody has read, or corrected, by then is told of again …
TO_ALL = timedelta(minutes=10)  # … and by then to all who have a part, and the SET lead


@transaction.atomic
def ring_unread(*, approval_id: int, at: datetime) -> int:
    """Nobody has read the customer's text yet: its reader is told again, with its author and whoever leads; later all
    who have a part, and the SET lead. Of one that was sent back and is not corrected its author, commander and deputy,
    and later the same. Nothing for one that is settled. Returns how many people were told. Begun twice it tells once,
    by the source of its line.
    """
    row = Incident.objects.filter(published__versions__approval=approval_id).first()
    if row is None:
        return 0
    held(row)
    rows = Approval.objects.select_related("version__of__incident", "version__by", "asked_of")
    approval = rows.filter(pk=approval_id, state__in=HELD_BACK).first()
    if approval is None or (_is_back(approval) and row.state in (State.CLOSED, State.MERGED)):
        return 0
    waited = at - _since(approval)
    if waited < TO_ALL:
        set_timer(kind=UNREAD, key=str(approval_id), due_at=_since(approval) + (TO_ALL if waited >= AGAIN else AGAIN))
    return _tell_unread(approval, waited, at) if waited >= AGAIN else 0


def _is_back(approval: Approval) -> bool:
    return approval.state == ApprovalState.SENT_BACK


def _since(approval: Approval) -> datetime:
    """Since when it waits: for its reader, or for who corrects it."""
    return approval.decided_at if _is_back(approval) and approval.decided_at else approval.asked_at


def _tell_unread(approval: Approval, waited: timedelta, at: datetime) -> int:
    update, people, back = approval.version.of, _who_helps(approval, at, everybody=waited >= TO_ALL), _is_back(approval)
    length = length_words(waited.total_seconds() // 60 * 60)
    which = f"unread-{approval.pk}-{_since(approval):%d%H%M%S}-{'all' if waited >= TO_ALL else 'again'}"
    how = f"was sent back {length} ago and is not corrected" if back else f"has waited {length} for its reader"
    event = record(What.SENT_BACK if back else What.APPROVAL_ASKED, incident=update.incident, at=at, by=None,
                   update=update, source=which, tone="red" if waited >= TO_ALL else "amber",
                   words=f"The customer's text of update {update.number} {how}. Told: "
                         + (", ".join(one.name for one in people) or "nobody, for nobody is there"))
    if event is None:
        return 0
    for person in people:
        tell(person, key=f"inc-{which}-{person.pk}", at=at, purpose="incident",
             subject=f"{update.incident.called}: the customer waits for update {update.number}",
             text=f"It {how}: {approval.reason}. Anybody who works on the incident may correct it." if back else
                  f"Nobody has read the customer's text for {length}. It leaves when somebody other than its author "
                  "approves it; somebody else can be asked.",
             path=reverse(f"incidents:{'correct' if back else 'approve'}", args=[update.incident_id, update.number]))
    return len(people)


def _who_helps(approval: Approval, at: datetime, *, everybody: bool) -> list[Person]:
    """Its reader, its author and whoever leads, each once; of one that was sent back author, commander and deputy. Or
    everybody who may read it, and the SET lead besides."""
    number = approval.version.of.incident_id
    told, others = heard(at, [number]), its_people(approval)
    if _is_back(approval):
        people = [approval.version.by, *told.of(number, [Ring.DUE])]
    else:
        people = [*([approval.asked_of] if approval.asked_of else others), approval.version.by, *told.commander(number)]
    if everybody:
        people += [*others, *told.of(number, [Ring.TEN_AFTER])]
    return list({one.pk: one for one in people if one is not None and one.is_active}.values())


def its_people(approval: Approval) -> list[Person]:
    """Those with a part in the incident, without the author: where nobody is asked by name, all of them are."""
    held = IncidentRole.objects.filter(incident=approval.version.of.incident, ends_at=None).select_related("person")
    people = {row.person_id: row.person for row in held if row.person_id != approval.version.by_id}
    return list(people.values())
