"""What somebody does to tickets here: done, put on its way to Jira, and shown on every open board."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from integrations.outbox.choices import State
from people.models import Person
from portal.common import live
from portal.flows.delivery import queue_delivery, tell_cards
from portal.flows.news import FEW
from tickets.actions import writes
from tickets.actions.ordering import allow_order, end_order
from tickets.choices import Column, Verb
from tickets.models import Ticket, TicketWrite
from tickets.queries.ordering import offs_now, standings
from tickets.rules.ordering import Breach, Standing, breaks_rule


class AgainstOrder(Exception):
    """A place in To Do that goes against the priority of work, without a reason; `words` say by how much."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach.words)
        self.words = breach.words


@dataclass(frozen=True)
class Place:
    """Where in To Do a ticket goes: right before or right after another one."""

    anchor: int
    before: bool


@dataclass(frozen=True)
class Done:
    """What was written, and the touched cards as every open board draws them now (HTML of the event "card")."""

    writes: tuple[TicketWrite, ...]
    cards: tuple[str, ...]

    @property
    def asking(self) -> TicketWrite | None:
        """The write that needs an answer before anything leaves."""
        return next((write for write in self.writes if write.delivery.state == State.ASKING), None)


def write_ticket(
    act: Callable[[], Sequence[TicketWrite]], *, by: Person, at: datetime, ticket: int | None = None,
    orders: bool = False, quiet: bool = False,
) -> Done:
    """Do it in one transaction; what is to leave leaves after it, and open boards draw the card. Raises what `act`
    raises, and nothing is done.

    `ticket`: whose card it is; None: that of the first write. `orders`: the order of To Do may be another one then, and
    other cards out of order; `quiet`: no line of news.
    """
    before = offs_now() if orders else {}
    with transaction.atomic():
        made = tuple(act())
        if len(made) > 1:  # one alone is undone alone
            writes.name_batch(made)
        for delivery in {write.delivery_id: write.delivery for write in made}.values():
            delivery.refresh_from_db(fields=["state"])
            if delivery.state == State.WAITING:
                queue_delivery(delivery)
    card = ticket or (made[0].ticket_id if made else None)
    if card is None:
        return Done((), ())
    said = " and ".join(filter(None, (said_of(write) for write in made if not quiet)))
    after = offs_now()
    others = [one for one in {*before, *after} if orders and before.get(one) != after.get(one) and one != card]
    if len(others) >= FEW:  # boards look again; the answer still shows what was moved
        live.publish("board", "stale", "")
        others = []
    cards = tell_cards([card, *others], at, said=f"{said} by {by.name}" if said else "", by=by, offs=after)
    return Done(made, tuple(cards))


def move_card(
    *, ticket: Ticket, to: Sequence[str], place: Place | None, by: Person, at: datetime, drawn: str = "",
    answers: Mapping[str, str] | None = None, reason: str = "",
) -> Done:
    """Move a card to one of these statuses, to a place in To Do, or both.

    Raises `NotThere`, `AgainstOrder` for a place that needs a reason, `NoReason` for one that is too long.
    """

    def act() -> list[TicketWrite]:
        made = []
        if place is not None:  # two tickets: both first, by id
            writes.lock_tickets([ticket.id, place.anchor])
        if to:
            moved = writes.move_ticket(ticket_id=ticket.id, to=to, by=by, at=at, drawn=drawn or None, answers=answers)
            made += [moved] if moved is not None else []
        if place is not None:
            _keep_order(ticket, place, reason, by, at)
            made += writes.rank_tickets(tickets=[ticket.id], anchor=place.anchor, before=place.before, by=by, at=at)
        return made

    spread = _rank(place.anchor) if place else None
    done = write_ticket(act, ticket=ticket.id, by=by, at=at, orders=True)
    if place and _rank(place.anchor) != spread:
        live.publish("board", "stale", "")  # all places were spread anew, and boards order cards by them
    return done


def _rank(ticket: int) -> int | None:
    return Ticket.objects.filter(id=ticket).values_list("rank_position", flat=True).first()


def _keep_order(ticket: Ticket, place: Place, reason: str, by: Person, at: datetime) -> None:
    """Ask for a reason where the place goes against the priority of work; one that was said before ends where it does
    not."""
    order = standings()
    if ticket.column != Column.TODO:  # it comes from elsewhere: as if it had stood last
        order = [*(one for one in order if one.id != ticket.id), *(one for one in order if one.id == ticket.id)]
    breach = _breach(order, ticket.id, place)
    if breach is None:
        if ticket.order_reason:
            end_order(ticket=ticket, by=by, at=at)
    elif reason.strip():
        allow_order(ticket=ticket, reason=reason, by=by, at=at)
    else:
        raise AgainstOrder(breach)


def _breach(order: Sequence[Standing], ticket: int, place: Place) -> Breach | None:
    others = [one.id for one in order if one.id != ticket]
    if place.anchor not in others or len(others) == len(order):
        return None  # no longer there: `rank_tickets` says so
    return breaks_rule(order, ticket, others.index(place.anchor) + (0 if place.before else 1))


def pull_card(*, by: Person, at: datetime) -> Done:
    """The top of To Do that is free becomes this person's. Nothing is written where nothing is free. Raises
    `NotThere`."""

    def act() -> list[TicketWrite]:
        pulled = writes.pull_next(by=by, at=at)
        return [pulled] if pulled is not None else []

    return write_ticket(act, by=by, at=at, orders=True)


def undo_write(*, write: TicketWrite, by: Person, at: datetime, others: bool = True) -> tuple[Done, str]:
    """Take back all that the request of a write did to its ticket; what Jira has, or may have, is written the other
    way. Returns also why some of it was not undone ("": all was). Raises `NotThere`, and `NotYours` without the right
    to drop what others put on its way (`others`)."""
    left: list[str] = []

    def act() -> Sequence[TicketWrite]:
        undone = writes.undo_writes(write=write, by=by, at=at, others=others)
        left.append(undone.left)
        return undone.writes

    orders = write.verb in {Verb.MOVE, Verb.PULL, Verb.RANK}
    return write_ticket(act, ticket=write.ticket_id, by=by, at=at, orders=orders), left[0]


def said_of(write: TicketWrite) -> str:
    """A write in the words of the line of news: "moved to Submitted"."""
    told = write.delivery.payload
    values, names = told.get("set", {}), told.get("names", {})
    if write.verb in {Verb.MOVE, Verb.PULL} and told.get("to"):
        return f"moved to {names.get('status', {}).get(told['to'][0], told['to'][0])}"
    if write.verb == Verb.ASSIGN:
        account = values.get("assignee")
        return f"assigned to {names.get('assignee', {}).get(account, account)}" if account else "unassigned"
    if write.verb == Verb.PRIORITY:
        return f"set to priority {values.get('priority')}"
    if write.verb == Verb.LABEL:
        return "labelled"
    return {Verb.RANK: "put elsewhere in To do", Verb.COMMENT: "commented on"}.get(Verb(write.verb), "changed")
