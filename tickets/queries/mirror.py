"""What the mirror holds already, asked by the flows that fill it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from tickets.choices import Presence
from tickets.models import MirroredProject, Ticket, TicketDetail
from tickets.rules.shapes import whole
from tickets.rules.waiting import LONGEST


def known_digests(ids: Sequence[str]) -> dict[str, str]:
    """Issue id → digest of what was fetched last, for tickets that are present."""
    numbers = [number for number in map(whole, ids) if number is not None]
    rows = TicketDetail.objects.filter(ticket_id__in=numbers, ticket__presence=Presence.PRESENT)
    return {str(identity): digest for identity, digest in rows.values_list("ticket_id", "digest")}


def asked_to_wait(at: datetime) -> datetime | None:
    """Until when Jira asked not to be asked; None when one may."""
    waiting = MirroredProject.objects.filter(not_before__gt=at, not_before__lte=at + LONGEST)
    until: datetime | None = waiting.aggregate(until=Max("not_before"))["until"]
    return until


def shown_projects() -> frozenset[str]:
    """The keys of the projects that stand on the board."""
    return frozenset(MirroredProject.objects.filter(on_board=True).values_list("key", flat=True))


def is_mirrored(ticket_id: int) -> bool:
    return Ticket.objects.filter(id=ticket_id).exclude(presence=Presence.MOVED).exists()


def mirrored_ids(project: str) -> dict[int, int]:
    """Id → by how many censuses in a row it was missed, for the present tickets of a project."""
    return dict(Ticket.objects.present().filter(project_key=project).values_list("id", "missed_by"))
