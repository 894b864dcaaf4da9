"""A linked ticket has moved: when the fix is expected, that it is out, and who is to be told of it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from escalations.actions import owed as actions
from escalations.actions.base import Refused, record
from escalations.actions.level import set_release
from escalations.actions.ratings import ask_rating
from escalations.choices import OPEN, Kind, Outcome, OwedState, Status, TicketState, What
from escalations.models import Affected, Escalation, Message, OwedReply
from escalations.queries.fixes import release_by_hand, text_for, ticket_now
from escalations.queries.ways import places_of
from escalations.rules.placeholders import placeholders
from escalations.rules.tickets import Fate, TicketNow, fate, release_of, released_on, why_of
from escalations.rules.ways import Way
from people.models import Person
from portal.flows.escalations.sending import Reply, reply

BY_HAND = "Said by hand"  # how `why` begins where no ticket said so


def ticket_changed(*, escalation: Escalation, at: datetime) -> None:
    """What the ticket of an open escalation says now: its state for us, the expected release for all, and once it is
    done or released a reply owed to each affected customer; opened again, nothing is owed. The same again changes
    nothing."""
    row = Escalation.objects.select_related("ticket__status", "ticket__detail").get(pk=escalation.pk)
    if row.status not in OPEN or row.merged_into_id:
        return
    now = ticket_now(row.ticket) if row.ticket and row.ticket_state == TicketState.LINKED else None
    if now is not None:
        _note(row, now, at)
        _expect(row, now, at)
        row.refresh_from_db(fields=["expected_release", "expected_on"])
    if now is not None and fate(now) != Fate.OPEN:
        _owe(row, now, why_of(now), at)
    elif row.status == Status.REPLY_OWED and (row.released_at is None or _by_hand(row)):
        _owe(row, None, BY_HAND, at)
    elif row.released_at is not None and now is not None:
        actions.take_back(escalation=row, why=f"{now.key} was opened again: {now.status}", at=at)


def _by_hand(row: Escalation) -> bool:
    return row.owed.filter(why=BY_HAND).exists()


def _owe(row: Escalation, now: TicketNow | None, why: str, at: datetime) -> None:
    actions.owe_replies(
        escalation=row, why=why, outcome=_outcome(row, now), at=at,
        text_for=lambda affected: actions.Prefilled(*text_for(row, affected, now, at)),
    )


def _outcome(row: Escalation, now: TicketNow | None) -> Outcome | None:
    """What it turned out to be; None where the ticket ended without a fix, and SET has to say."""
    if now is not None and fate(now) == Fate.NOT_FIXED:
        return Outcome.DUPLICATE if now.resolution.casefold() == "duplicate" else None
    return Outcome.FEATURE if row.kind == Kind.FEATURE else Outcome.BUG


@transaction.atomic
def _note(row: Escalation, now: TicketNow, at: datetime) -> None:
    """An internal line of the thread for each state of the ticket."""
    words = f"{now.key} is {now.status}" if now.status else now.key
    words += f" ({now.resolution})" if now.done and now.resolution else ""
    words += f", for {release_of(now)}" if now.versions else ""
    last = row.events.filter(what=What.TICKET_CHANGED, to_value__startswith=f"{now.key} ").order_by("-at", "-pk")
    if last.values_list("to_value", flat=True).first() != words:
        record(What.TICKET_CHANGED, escalation=row, at=at, by=None, to_value=words, internal=True)


def _expect(row: Escalation, now: TicketNow, at: datetime) -> None:
    """The expected release follows from the fix version, unless somebody said it by hand."""
    if now.versions and not release_by_hand(row):
        set_release(escalation=row, release=release_of(now), on=released_on(now) or row.expected_on, by=None, at=at)


# ---- Telling them ---------------------------------------------------------------------


def send_owed(*, owed: OwedReply, text: str, ways: Iterable[Way], by: Person, at: datetime) -> Message:
    """Send an owed reply: a message of the thread, on its way by these ways; the customer was told, and the escalation
    closes once all were. It cannot be taken back. Raises `Refused`: settled meanwhile, a placeholder is open, nobody
    can be reached."""
    open_ = [one.name for one in placeholders(text)]
    if open_:
        raise Refused(f"Fill in first: {', '.join(open_)}.")
    with transaction.atomic():
        row = actions.held_reply(owed)
        _refuse_unreachable(row.escalation, row.affected)
        message = reply(
            escalation=row.escalation, by=by, at=at,
            given=Reply(text=text, key=f"owed-{row.pk}", ways=tuple(ways), affected=row.affected,
                        template=row.template,
                        below=_rating(row.escalation, row.affected, at)),
        )
        actions.note_told(owed=row, message=message, by=by, at=at)
    return message


def _rating(escalation: Escalation, affected: Affected, at: datetime) -> str:
    """The question how the help was: below the letter, and not in the thread, which others read."""
    token = ask_rating(escalation=escalation, affected=affected, at=at)
    return f"How was our help? Two buttons: {settings.PORTAL_BASE_URL}{reverse('escalations:rate', args=[token])}"


def _refuse_unreachable(escalation: Escalation, affected: Affected) -> None:
    if not places_of(escalation, affected) and affected.reporter is None:
        raise Refused(f"There is no way known to reach {affected.reporter_name} of {affected.customer}: tell them "
                      "yourself, then say here that nothing more is needed.")


def usual_ways(escalation: Escalation, affected: Affected) -> tuple[Way, ...]:
    """The ways by which they are told unless somebody chooses otherwise."""
    return tuple(place.way for place in places_of(escalation, affected) if place.usual)


def send_all(*, escalation: Escalation, by: Person, at: datetime) -> tuple[list[Message], list[str]]:
    """Send all that is owed of an escalation as it is prefilled, by the usual ways. Returns what was sent, and in words
    what was not."""
    sent, faults = [], []
    rows = escalation.owed.filter(state=OwedState.WAITING).select_related("affected__customer", "affected__reporter")
    for owed in rows.order_by("pk"):
        try:
            ways = usual_ways(escalation, owed.affected)
            sent.append(send_owed(owed=owed, text=owed.text, ways=ways, by=by, at=at))
        except Refused as refused:
            faults.append(str(refused))
    return sent, faults
