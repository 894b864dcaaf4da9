"""What one request wrote, under one name."""

from collections.abc import Iterable
from uuid import uuid4

from tickets.models import TicketWrite


def name_batch(writes: Iterable[TicketWrite]) -> None:
    """Give the writes of one request a name; one that has a name of an earlier request keeps it."""
    batch = uuid4()
    new = [write for write in writes if write.batch is None]
    TicketWrite.objects.filter(id__in=[write.id for write in new]).update(batch=batch)
    for write in new:
        write.batch = batch
