"""The new owners of tickets, written to Jira in one go."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from people.models import Person
from portal.common import live
from portal.flows.writes import write_ticket
from set_rotation.actions import hand_over as actions
from set_rotation.actions.cycle import LIVE
from set_rotation.models import HandOver, HandOverTicket
from set_rotation.queries.hand_over import crews
from tickets.actions import writes
from tickets.models import JiraUser, TicketWrite


@dataclass(frozen=True)
class Written:
    """What pressing the button did: how many tickets are on their way, how many were with their new owner already, who
    has no Jira account, and which tickets were not written to, in words: Jira shows them no longer, or whoever was to
    have them takes nothing over any more."""

    sent: int
    already: int
    without: tuple[str, ...]
    refused: tuple[str, ...]


def write_owners(*, hand_over: HandOver, by: Person, at: datetime) -> Written:
    """Write the new owners to Jira, each ticket once however often it is asked for. Where somebody else was given a
    ticket since the draft, the write asks before it leaves."""
    taking = {person.pk for person in crews(hand_over.rotation).taking}
    drawn = {int(one["id"]): one["account"] or None for one in hand_over.draft.get("tickets", [])}
    already: list[str] = []
    without: set[str] = set()
    refused: list[str] = []

    def act() -> list[TicketWrite]:
        wanted = HandOverTicket.objects.filter(hand_over=hand_over, write__isnull=True, goes_to__isnull=False)
        # Whoever presses second waits here, and then finds nothing left to write.
        rows = list(wanted.select_for_update().prefetch_related("goes_to").order_by("ticket"))
        writes.lock_tickets([row.ticket for row in rows])
        made = []
        for row in rows:
            if row.goes_to is None:
                continue
            if row.goes_to.pk not in taking:
                refused.append(f"{row.key}: {row.goes_to.name} is not of the next crew any more")
                continue
            if not row.goes_to.jira_account_id:
                without.add(row.goes_to.name)
                continue
            try:
                write = _assign(row, row.goes_to, drawn.get(row.ticket), by, at)
            except writes.NotThere as fault:
                refused.append(f"{row.key}: {fault.words}")
                continue
            HandOverTicket.objects.filter(pk=row.pk).update(write=write.pk if write else actions.ALREADY)
            made += [write] if write else []
            already.extend([] if write else [row.key])
        return made

    done = write_ticket(act, by=by, at=at)
    if len(done.writes) > 1:
        live.publish("board", "stale", "")
    live.publish(LIVE, "stale", "")
    return Written(len(done.writes), len(already), tuple(sorted(without)), tuple(refused))


def _assign(row: HandOverTicket, person: Person, drawn: str | None, by: Person, at: datetime) -> TicketWrite | None:
    with transaction.atomic():
        # Somebody new may never have been seen in a ticket; Jira says no itself where there is no such account.
        known = {"display_name": person.jira_name or person.name}
        JiraUser.objects.get_or_create(account_id=person.jira_account_id, defaults=known)
        return writes.assign_ticket(ticket_id=row.ticket, assignee=person.jira_account_id, by=by, at=at, drawn=drawn)
