"""What befalls a ticket outside the change log. A mirrored row is never deleted."""

from datetime import datetime

from django.db import transaction

from tickets.actions.weekly.states import replay_tickets
from tickets.choices import Presence, TicketWhat
from tickets.models import Ticket, TicketEvent

WHAT = {
    Presence.MOVED: TicketWhat.MOVED, Presence.ARCHIVED: TicketWhat.ARCHIVED, Presence.GONE: TicketWhat.GONE,
    Presence.DELETED: TicketWhat.DELETED, Presence.PRESENT: TicketWhat.RETURNED,
}


def mark_presence(*, ticket_id: int, presence: Presence, at: datetime, via: str, words: str = "") -> Ticket | None:
    """Note that a ticket is no longer (or again) where it was. None when it is unknown, or was marked so before."""
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().filter(id=ticket_id).exclude(presence=presence).first()
        if ticket is None:
            return None
        before, ticket.presence = ticket.presence, presence
        ticket.save(update_fields=["presence"])
        TicketEvent.objects.create(
            ticket=ticket, at=at, what=WHAT[presence], from_value=before, to_value=words, via=via
        )
        replay_tickets([ticket.id])
        return ticket


def note_missed(*, seen: set[int], missing: tuple[int, ...]) -> None:
    """Keep how many censuses in a row have missed a ticket; being seen once begins anew."""
    Ticket.objects.filter(id__in=missing, missed_by=0).update(missed_by=1)
    Ticket.objects.filter(missed_by__gt=0, id__in=seen).update(missed_by=0)
