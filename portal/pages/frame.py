"""The frame of every page: the rail, who is on now, me."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from escalations.queries.waiting import kept_new
from incidents.queries.open_ones import open_ones
from people import access
from people.choices import Right
from people.models import Person
from people.queries.pages import labels
from people.rules import rights_of
from portal.common import clock
from portal.common.templatetags.parts import clock_text
from portal.pages.duty_needs import duty_parts
from portal.pages.strip import Strip, strip_of
from set_rotation.choices import Seat
from set_rotation.queries.on_now import OnNow, Seated, on_now
from set_rotation.queries.paging import kept_open
from tickets.queries.sync import mirror_state
from tickets.queries.triage.queue import kept_waiting

KEPT = 10  # seconds for which the rail may say an old state of the mirror


@dataclass(frozen=True)
class NavItem:
    """A line of the rail; `key` follows "g" on the keyboard."""

    label: str
    url: str
    icon: str
    key: str
    current: bool
    count: int | None = None
    tone: str = ""


@dataclass(frozen=True)
class Me:
    """The reader. `id` is their Jira account id, so that what is theirs can be marked; else it matches nothing."""

    id: str
    name: str
    initials: str
    role: str


@dataclass(frozen=True)
class SeatMark:
    """Somebody on duty; `id` is that of `Me`, so that the reader's own mark is ringed."""

    id: str
    name: str
    initials: str
    title: str


@dataclass(frozen=True)
class OnNowSeat:
    """A seat in the head; `person` None: nobody holds it."""

    role: str
    person: SeatMark | None


@dataclass(frozen=True)
class Frame:
    """See templates/base.html."""

    nav: tuple[NavItem, ...]
    me: Me
    on_now: tuple[OnNowSeat, ...] = ()
    note: str = ""
    strip: Strip | None = None

    @property
    def phone(self) -> tuple[NavItem, ...]:
        """What a thumb reaches at the foot of a phone's page."""
        return tuple(item for item in self.nav if item.key in ON_PHONE)


ON_PHONE = frozenset("hbdei")
NAV = (
    ("Home", "home", "home", "h", Right.SEE_TICKETS),
    ("Board", "tickets:board", "board", "b", Right.SEE_TICKETS),
    ("Triage", "tickets:triage", "triage", "r", Right.SEE_TICKETS),
    ("Update", "tickets:weekly", "update", "u", Right.SEE_TICKETS),
    ("Duty", "set_rotation:on_call", "duty", "d", Right.SEE_DUTY),
    ("Escalations", "escalations:list", "escalation", "e", Right.SEE_CUSTOMERS),
    ("Incidents", "incidents:list", "incident", "i", Right.SEE_INCIDENTS),
    ("Customers", "customers:list", "team", "o", Right.SEE_CUSTOMERS),
    ("Tickets", "tickets:list", "tickets", "t", Right.SEE_TICKETS),
    ("Mirror", "tickets:sync", "mirror", "m", Right.SEE_TICKETS),
    ("People", "people:people", "people", "p", Right.SEE_PEOPLE),
    ("Calendar", "cadence:calendar", "calendar", "c", Right.SEE_TICKETS),
)
# All of these stand under one item of the rail.
ESCALATIONS = ("/responses/", "/knowledge/", "/training/")
INCIDENTS = ("/status/",)
DUTY = ("/rotations/", "/plans/", "/plan/", "/roster/", "/pages/", "/swaps/", "/away/", "/readiness/", "/hand-over/")


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template; nothing is asked until a page draws it, and a page without a reader has none."""
    return {"frame": SimpleLazyObject(lambda: frame_of(request))}


def frame_of(request: HttpRequest) -> Frame | None:
    """The frame of a signed-in reader. None also while the database is away: an error page must not fail over it."""
    try:
        person = getattr(request, "user", None)
        if not isinstance(person, Person) or not person.is_active:
            return None
        at = clock.now()
        duty = on_now(at) if access.may(person, Right.SEE_DUTY) else OnNow(at, at)
        return Frame(nav=_nav(request.path, person), me=_me(person), on_now=_on_now(duty, at),
                     note=_note(duty, person, at), strip=_strip(request.path, person, at))
    except DatabaseError:
        return None


def _strip(path: str, person: Person, at: datetime) -> Strip | None:
    if not access.may(person, Right.SEE_INCIDENTS):
        return None
    return strip_of(person, rights_of(access.roles(person)), path, at)


def _nav(path: str, person: Person) -> tuple[NavItem, ...]:
    items = [
        NavItem(label, reverse(name), icon, key, current=False)
        for label, name, icon, key, right in NAV if access.may(person, right)
    ]
    here = _current(path, [item.url for item in items])
    told = {reverse("tickets:sync"): mirror_trouble(), reverse("tickets:triage"): (kept_waiting() or None, "blue"),
            reverse("set_rotation:on_call"): (kept_open() or None, "red")}
    if access.may(person, Right.SEE_INCIDENTS):
        going_on = [one for one in open_ones(person, rights_of(access.roles(person))) if not one.drill]
        told[reverse("incidents:list")] = (len(going_on) or None, "red")
    if access.may(person, Right.WORK_ESCALATIONS):
        told[reverse("escalations:list")] = (kept_new() or None, "blue")
    return tuple(
        NavItem(
            item.label, item.url, item.icon, item.key, current=item.url == here, count=count, tone=tone,
        )
        for item in items for count, tone in [told.get(item.url, (None, ""))]
    )


def _current(path: str, urls: Sequence[str]) -> str:
    """The item that the address stands under; the home page is only itself."""
    if path.startswith(DUTY):
        path = reverse("set_rotation:on_call")
    if path.startswith(ESCALATIONS):
        path = reverse("escalations:list")
    if path.startswith(INCIDENTS):
        path = reverse("incidents:list")
    return next((url for url in urls if url != "/" and path.startswith(url)), "/" if path == "/" else "")


def _on_now(duty: OnNow, at: datetime) -> tuple[OnNowSeat, ...]:
    """Lead, primary and backup; a gap among them is shown. Nothing at all while nobody is on duty."""
    held = {seated.seat: seated for seated in duty.seats}
    if not held:
        return ()
    return tuple(OnNowSeat(seat.label, _seat_mark(held[seat], at) if seat in held else None) for seat in Seat)


def _seat_mark(seated: Seated, at: datetime) -> SeatMark:
    there = clock_text(at.astimezone(ZoneInfo(seated.zone)))
    title = f"{seated.name} · {seated.seat.label} · {seated.zone}, {there}"
    return SeatMark(seated.ring, seated.name, seated.initials, title)


def _note(duty: OnNow, person: Person, at: datetime) -> str:
    """At the foot of the rail: the rotation's day, and what the reader is on duty as."""
    return ". ".join(part[0].upper() + part[1:] for part in duty_parts(duty, person, at))


def mirror_trouble() -> tuple[int | None, str]:
    """How many things are wrong with the mirror, and how badly; kept for some seconds, for every page draws it."""
    kept: tuple[int | None, str] | None = cache.get("frame:mirror")
    if kept is None:
        state = mirror_state(clock.now())
        wrong = len(state.notices) + (1 if state.trouble else 0)
        kept = (wrong or None, state.trouble.tone if state.trouble else "amber" if wrong else "")
        cache.set("frame:mirror", kept, KEPT)
    return kept


def _me(person: Person) -> Me:
    return Me(
        id=person.jira_account_id or f"person-{person.pk}", name=person.name, initials=person.initials,
        role=", ".join(labels(access.roles(person))),
    )
