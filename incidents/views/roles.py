"""Who has which part, who sees it, and taking command."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from incidents import access
from incidents.actions import roles
from incidents.actions.base import Refused
from incidents.choices import Role
from incidents.forms.updates import number_of
from incidents.models import Incident
from incidents.queries.addresses import path_of
from incidents.queries.left import left_of
from incidents.queries.people import people_of
from incidents.queries.seen import may_see
from incidents.views.changing import tried
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock

BOTH = ["GET", "HEAD", "POST"]


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def take(request: HttpRequest, number: int) -> HttpResponse:
    """I lead it: whoever was named says so, anybody else takes over."""
    person, row = access.found(request, number)

    def act() -> str:
        roles.take_command(incident=row, brief=request.POST.get("brief", ""), by=person, at=clock.now(),
                           seen=_seen(request))
        return "You lead it. Whoever was paged for it need not come for that."

    return tried(request, row, "people/take", act, lambda: {"people": people_of(row, clock.now()), "me": person})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def people(request: HttpRequest, number: int) -> HttpResponse:
    """The parts, with who had them before; and who sees it."""
    person, row = access.found(request, number)

    def act() -> str:
        verb = DOES.get(request.POST.get("do", ""))
        if verb is None:
            raise Refused("Choose what to do.")
        return verb(request, row, person)

    # Somebody may take themself off one that they see by that alone.
    gone = request.POST.get("do") == "out" and request.POST.get("person") == str(person.pk)
    return tried(request, row, "people/people", act, lambda: _drawn(request, row, person),
                 to="incidents:list" if gone else f"{path_of(row.pk)}people/")


def _drawn(request: HttpRequest, row: Incident, person: Person) -> dict[str, Any]:
    """`left`: what of it has left the portal, for who asks to make it private; None where nobody does."""
    at, asks = clock.now(), request.GET.get("private") == "1" and not row.private
    return {"people": people_of(row, at), "me": person, "left": left_of(row, at) if asks else None}


def _hand_over(request: HttpRequest, row: Incident, by: Person) -> str:
    given = request.POST.get("role", "")
    if given not in Role.values:
        raise Refused("Choose a part.")
    role, to = Role(given), _chosen(request)
    deputy = row.roles.filter(role=Role.DEPUTY, person=to, ends_at__isnull=True).exists() if to else False
    roles.hand_over(incident=row, role=role, to=to, brief=request.POST.get("brief", ""), by=by, at=clock.now(),
                    seen=_seen(request))
    if deputy and role == Role.COMMANDER:
        return f"{to.name if to else ''} is commander now; nobody is deputy now."
    return f"{to.name} is {role.label.lower()} now." if to else f"{role.label}: nobody now."


def _in(request: HttpRequest, row: Incident, by: Person) -> str:
    who = _chosen(request)
    if who is None:
        raise Refused("Choose somebody.")
    made = roles.let_in(incident=row, person=who, by=by, at=clock.now())
    return f"{who.name} sees it now." if made else f"{who.name} sees it already."


def _out(request: HttpRequest, row: Incident, by: Person) -> str:
    who = _chosen(request)
    if who is None:
        raise Refused("Choose somebody.")
    gone = roles.let_out(incident=row, person=who, by=by, at=clock.now())
    if not gone:
        return f"{who.name} was not on the list."
    sees = may_see(who, row)  # by a part that they have, or because they declared it
    leaves = f" They leave ~{row.channel}." if row.private and row.channel_id and not sees else ""
    return f"{who.name} was taken off.{leaves}"


def _private(request: HttpRequest, row: Incident, by: Person) -> str:
    wanted = request.POST.get("private") == "1"
    roles.set_private(incident=row, private=wanted, by=by, at=clock.now())
    return "Private: only its people see it." if wanted else "Everybody who sees incidents sees it."


DOES: dict[str, Callable[[HttpRequest, Incident, Person], str]] = {
    "hand_over": _hand_over, "in": _in, "out": _out, "private": _private,
}


def _seen(request: HttpRequest) -> int | None:
    """The row of whoever had a part on the page that was sent."""
    return number_of(request.POST.get("seen"))


def _chosen(request: HttpRequest) -> Person | None:
    """The person of a choice; None for "nobody". Raises `Refused` for one that is not there."""
    text = request.POST.get("person", "")
    if not text:
        return None
    numbered = text.isascii() and text.isdigit() and len(text) < 16
    found = Person.objects.filter(pk=int(text)).first() if numbered else None
    if found is None:
        raise Refused("This person is not here any more.")
    return found
