"""What we keep in the channel's header: what was written is recorded before it is, and trouble is told once."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from people.choices import Role
from people.models import Person
from set_rotation.actions.base import record
from set_rotation.actions.telling import tell
from set_rotation.choices import Seat, What
from set_rotation.models import ChannelHeader
from set_rotation.queries import holder
from set_rotation.rules.header import remembered


def header_of(name: str) -> ChannelHeader:
    """Our row for a channel, by its configured name."""
    return ChannelHeader.objects.get_or_create(name=name)[0]


def channel_found(*, header: ChannelHeader, channel_id: str, found_name: str) -> None:
    """Remember which channel it is, so that it is found again under another name."""
    if (header.channel_id, header.found_name) != (channel_id, found_name):
        header.channel_id, header.found_name = channel_id, found_name
        header.save(update_fields=["channel_id", "found_name"])


@transaction.atomic
def about_to_write(*, header: ChannelHeader, segment: str, lost: bool, at: datetime) -> None:
    """Record a segment before it is written: whatever becomes of the request, it is known as ours.

    `lost`: the one that stood there is gone; the lead is told, once for each loss.
    """
    stored = ChannelHeader.objects.select_for_update().get(pk=header.pk)
    stored.written = remembered(stored.written, segment)
    stored.save(update_fields=["written"])
    header.written = stored.written
    if lost and stored.written_at is not None:
        # The time of the last write names the loss: until the next one it is the same.
        key = f"header-lost-{stored.pk}-{stored.written_at:%y%m%d%H%M%S%f}"
        _tell_lead(key, f"Who is on SET was gone from the header of ~{_shown(stored)}",
                   "Somebody changed the channel's header, and the part that the portal keeps was no longer there. It "
                   "was added again at the end. What else the header says was left as it is.", at)


def header_is_right(*, header: ChannelHeader, at: datetime, wrote: bool) -> None:
    """The header was seen to say what it should; `wrote`: because it was just written."""
    if wrote or header.written_at is None:
        ChannelHeader.objects.filter(pk=header.pk).update(written_at=at)
        header.written_at = at


def settle_trouble(*, header: ChannelHeader, words: str, at: datetime) -> bool:
    """Say in words what is wrong with the channel ("": nothing any more). New trouble is told to the lead, once.

    Returns whether that was news.
    """
    words = words[:300]
    with transaction.atomic():
        changed = ChannelHeader.objects.filter(pk=header.pk).exclude(trouble=words).update(
            trouble=words, trouble_at=at if words else None
        )
        if changed and words:
            record(What.HEADER_TROUBLE, at=at, by=None, to_value=words)
            _tell_lead(f"header-trouble-{header.pk}-{at:%y%m%d%H%M%S}", "The header of SET's channel wants a look",
                       words, at)
    header.trouble = words
    return bool(changed)


def _tell_lead(key: str, subject: str, text: str, at: datetime) -> None:
    """Whoever leads now; while nobody does who is still here, the coordinators."""
    lead = holder(Seat.LEAD, at)
    people = [lead] if lead and lead.is_active else list(Person.objects.active().holding(Role.COORDINATOR))
    for person in people:
        tell(person, key=f"{key}-{person.pk}"[:57], subject=subject, text=text, path=reverse("set_rotation:on_call"),
             at=at, purpose="header")


def _shown(header: ChannelHeader) -> str:
    return header.found_name or header.name
