"""What the home page says of the reader's own duty, and of the channel's header."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from cadence.queries import team_zone
from people.choices import Right
from people.models import Person
from portal.common.templatetags.parts import ago_text, full_text, near_text
from portal.pages.needs import Need
from set_rotation.choices import Seat
from set_rotation.models import Duty
from set_rotation.queries.header import header_trouble
from set_rotation.queries.on_now import OnNow, on_now
from set_rotation.rules.on_call import day_of

SOON = timedelta(days=7)


def duty_line(person: Person, rights: Collection[Right], at: datetime) -> str:
    """Under the day: which day of which rotation it is, and what the reader is on duty as. One query at most."""
    return ", ".join(duty_parts(on_now(at), person, at)) if Right.SEE_DUTY in rights else ""


def duty_parts(duty: OnNow, person: Person, at: datetime) -> list[str]:
    """`Rotation 42, day 9 of 14` and `you are primary until Mon 9:00 am`, as far as they are so."""
    parts = []
    if duty.rotation and duty.starts_at and duty.ends_at:
        day, days = day_of(duty.starts_at, duty.ends_at, at, team_zone())
        parts.append(f"Rotation {duty.rotation} · day {day} of {days}")
    mine = next((seated for seated in duty.seats if seated.person == person.pk), None)
    if mine is not None:
        parts.append(f"you are {mine.seat.label.lower()} until {_near(mine.ends_at, at)}")
    return parts


def duty_needs(person: Person, rights: Collection[Right], at: datetime) -> tuple[Need, ...]:
    """The rows for one reader: duty that begins within a week, and for those who plan rotations a header of the channel
    that cannot be kept right. Two queries at most."""
    found = []
    if Right.SERVE in rights:
        found += _coming(person, at)
    trouble = header_trouble() if Right.PLAN_ROTATIONS in rights else None
    if trouble is not None:
        title = "The header of SET's channel wants a look"
        found.append(Need("amber", "incident", title, reverse("set_rotation:on_call"), when="today",
                          detail=trouble.trouble, label="Look"))
    return tuple(found)


def _coming(person: Person, at: datetime) -> list[Need]:
    """Their next seat; nothing while they hold one, for the line under the day says that."""
    mine = Duty.objects.held().filter(person=person, ends_at__gt=at, starts_at__lte=at + SOON).order_by("starts_at")
    duty = mine.first()
    if duty is None or duty.starts_at <= at:
        return []
    title = f"You are {Seat(duty.seat).label.lower()} from {_near(duty.starts_at, at)}"
    return [Need("blue", "duty", title, reverse("set_rotation:on_call"), label="Look",
                 when=ago_text((at - duty.starts_at).total_seconds()),
                 detail=f"Until {full_text(timezone.localtime(duty.ends_at))}.")]


def _near(moment: datetime, at: datetime) -> str:
    return near_text(timezone.localtime(moment), timezone.localtime(at))
