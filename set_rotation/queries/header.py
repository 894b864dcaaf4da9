"""Who is on SET at a moment, as the channel's header names them."""

from datetime import datetime

from people.models import Person
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import ChannelHeader, Place, Rotation
from set_rotation.queries.facts import holders, next_change, next_rotation, rotation_at
from set_rotation.rules.header import Named, OnSet


def on_set(at: datetime) -> OnSet:
    """Everybody on SET at this moment, and until when that holds. Five queries."""
    held, rotation = holders(at), rotation_at(at)
    if rotation is None and not held:
        following = next_rotation(at)
        return OnSet(until=following.starts_at if following else None)
    seated = {holder.person.pk for holder in held.values()}
    places = Place.objects.filter(rotation=rotation, role=PlaceRole.ENGINEER, person__isnull=False)
    others = [place.person for place in places.exclude(person__in=seated).select_related("person").order_by("number")]
    seats = {seat: _named(held[seat].person) if seat in held else None for seat in Seat}
    return OnSet(
        rotation=rotation.number if rotation else None, lead=seats[Seat.LEAD], primary=seats[Seat.PRIMARY],
        backup=seats[Seat.BACKUP], others=tuple(_named(person) for person in others if person), until=next_change(at),
    )


def _named(person: Person) -> Named:
    return Named(person.name, person.mattermost_name)


def any_rotation() -> bool:
    """Whether anybody was ever planned. One query."""
    return Rotation.objects.exists()


def header_trouble() -> ChannelHeader | None:
    """What is wrong with the channel's header, if something is. One query."""
    return ChannelHeader.objects.exclude(trouble="").order_by("-trouble_at").first()
