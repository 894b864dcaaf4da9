"""What can be done to an incident: status, severity, what is known, whom it concerns, merging, opening it again."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.queries.find import by_name
from escalations.queries.seen import visible as visible_escalations
from incidents import access
from incidents.actions import changing, merging, states
from incidents.actions.base import Refused
from incidents.actions.declaring import customers_of
from incidents.choices import Decision, Severity, State
from incidents.forms.changing import EditForm
from incidents.forms.declaring import MEANINGS
from incidents.models import Incident
from incidents.queries.addresses import path_of
from incidents.queries.seen import visible
from incidents.queries.settings import bounds, cadence, statuses
from incidents.queries.sources import number_of, ticket_key
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from tickets.queries.ticket import find_ticket

DIR = "incidents/changing/"
BOTH = ["GET", "HEAD", "POST"]


def tried(
    request: HttpRequest, row: Incident, form: str, act: Callable[[], str],
    more: dict[str, Any] | Callable[[], dict[str, Any]], to: str = "",
) -> HttpResponse:
    """Draw the form; or do it and go back to the incident, or show the form again with the words why not. `more`: what
    it is drawn with; a function is asked once it was tried, for who was first has changed that."""
    refusal: dict[str, Any] = {}
    if request.method == "POST":
        try:
            words = act()
        except Refused as refused:
            refusal = {"refused": str(refused), "typed": request.POST}
            row.refresh_from_db()  # who was first has changed it
    if request.method != "POST" or refusal:
        context = {"incident": row, "now": clock.now(), **(more() if callable(more) else more), **refusal}
        return render(request, f"incidents/{form}.html", context, status=422 if refusal else 200)
    return told(request, words, tone="green", to=to or path_of(row.pk))


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def set_status(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    known = statuses()
    wanted = (request.POST if request.method == "POST" else request.GET).get("to", "")
    to = next((one for one in known if one.slug == wanted), None)

    def act() -> str:
        if to is None:
            raise Refused("Choose a status.")
        now = states.change_status(incident=row, status=to, by=person, at=clock.now())
        owed = " The update that was promised is still owed." if row.next_update_at else (
            " The next update is promised again." if now.next_update_at else "")
        return f"{row} is {to.name.lower()}.{owed}"

    more = {"to": to, "statuses": known, "watch": bounds().watch}
    return tried(request, row, "changing/status", act, more)


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def severity(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)

    def act() -> str:
        given = request.POST.get("severity", "")
        if given not in map(str, Severity.values):
            raise Refused("Choose a severity.")
        wanted = Severity(int(given))
        states.change_severity(incident=row, severity=wanted, reason=request.POST.get("why", ""), by=person,
                               at=clock.now(), seen=request.POST.get("seen", ""))
        return f"{row} is a {wanted.label} now; the cadence follows with the next promise."

    levels = [(one, MEANINGS[one], cadence(one)) for one in Severity]
    return tried(request, row, "changing/severity", act, {"levels": levels})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    known = [one for one in statuses() if not one.resolves]

    def act() -> str:
        status = next((one for one in known if one.slug == request.POST.get("to")), None)
        again = states.reopen(incident=row, reason=request.POST.get("why", ""), status=status, by=person,
                              at=clock.now())
        return f"{again} is open again: {again.status.name.lower()}."

    return tried(request, row, "changing/reopen", act, {"statuses": known, "first": cadence(row.severity).first})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def merge(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    seen = visible(person, access.rights_of(person))

    def act() -> str:
        other = number_of(request.POST.get("into", ""), "I-")
        into = seen.filter(pk=other).first() if other else None
        if into is None:
            raise Refused("Type the number of the other, such as I-7." if not other
                          else f"There is no I-{other}, or it is not yours to see.")
        merging.merge(incident=row, into=into, reason=request.POST.get("why", ""), by=person, at=clock.now())
        return f"{row} was merged into {into}: it is worked on there."

    live = seen.live().filter(drill=row.drill, kind=row.kind).exclude(pk=row.pk)[:20]
    resolved = [one for one in live if row.state == State.OPEN != one.state]
    others = [one for one in live if one not in resolved]
    return tried(request, row, "changing/merge", act, {"others": others, "resolved": resolved})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Whether our own server is fixed, or the change taken back."""
    person, row = access.found(request, number)

    def act() -> str:
        given = request.POST.get("decision", "")
        if given not in Decision.values:
            raise Refused("Choose whether to fix or to revert.")
        changing.decide(incident=row, decision=Decision(given), reason=request.POST.get("why", ""), by=person,
                        at=clock.now(), seen=request.POST.get("seen", ""))
        return f"Decided: {Decision(given).label.lower()}."

    return tried(request, row, "changing/decide", act,
                 lambda: {"decisions": Decision.choices, "seen": changing.decided_of(row)})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def drill(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)

    def act() -> str:
        changing.set_drill(incident=row, drill=request.POST.get("drill") == "1", by=person, at=clock.now())
        return "It is a drill: nothing reaches a customer." if request.POST.get("drill") == "1" else "It is no drill."

    return tried(request, row, "changing/drill", act, {})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """What is known, the bridge, since when, whose clocks."""
    person, row = access.found(request, number)
    began = row.began_at.astimezone(ZoneInfo(person.zone))
    initial = {name: getattr(row, name) for name in ("title", "known", "bridge", "expected")}
    initial |= {"began_on": began.date(), "began_time": began.time().replace(second=0, microsecond=0),
                "zone_of": row.zone}
    bound = request.POST if request.method == "POST" else None
    form = EditForm(bound, incident=row, zone=person.zone, initial=initial)

    def act() -> str:
        if not form.is_valid():
            raise Refused("See what is marked below.")
        changed = changing.edit(incident=row, values=form.values, by=person, at=clock.now(),
                                seen=request.POST.get("seen", ""))
        return "Corrected; the timeline says what." if changed else "Nothing was changed."

    return tried(request, row, "changing/edit", act, {"form": form, "seen": changing.seen_of(row)})


@require_http_methods(BOTH)
@needs(Right.WORK_INCIDENTS)
def concerns(request: HttpRequest, number: int) -> HttpResponse:
    """Its customers, its ticket and its escalation."""
    person, row = access.found(request, number)

    def act() -> str:
        verb = DOES.get(request.POST.get("do", ""))
        if verb is None:
            raise Refused("Choose what to do.")
        return verb(request, row, person)

    more = {"customers": row.customers.select_related("customer")}
    return tried(request, row, "changing/concerns", act, more, to=f"{path_of(row.pk)}concerns/")


def _add(request: HttpRequest, row: Incident, person: Person) -> str:
    at, name = clock.now(), request.POST.get("customer", "").replace("\x00", "").strip()[:120]
    if not name:
        raise Refused("Type the name of the customer.")
    (found,) = customers_of([name], by=person, at=at)
    made = changing.add_customer(incident=row, customer=found, by=person, at=at)
    if not made:
        return f"It concerns {found.name} already."
    later = " They read the updates from the next one on: those before were written for others." if row.updates else ""
    return f"It concerns {found.name} too.{later}"


def _remove(request: HttpRequest, row: Incident, person: Person) -> str:
    found = by_name(request.POST.get("customer", ""))
    if found is None:
        raise Refused("Nobody of this name is known any more.")
    changing.remove_customer(incident=row, customer=found, by=person, at=clock.now())
    return f"It does not concern {found.name} after all."


def _ticket(request: HttpRequest, row: Incident, person: Person) -> str:
    key = ticket_key(request.POST.get("ticket", ""))
    found = find_ticket(key) if key else None
    if key and found is None:
        raise Refused(f"No ticket {key} is known here. One that was just made comes with the next look at Jira.")
    changed = changing.link_ticket(incident=row, ticket=found, by=person, at=clock.now())
    if not changed:
        return "Nothing was changed."
    return f"{found.key} is its ticket." if found else "It has no ticket any more."


def _escalation(request: HttpRequest, row: Incident, person: Person) -> str:
    at, text = clock.now(), request.POST.get("escalation", "").strip()
    number = number_of(text, "E-")
    found = visible_escalations(person, access.rights_of(person), at).filter(pk=number).first() if number else None
    if text and found is None:
        raise Refused("There is no such escalation, or it is not yours to see. Type its number, such as E-12.")
    changed = changing.link_escalation(incident=row, escalation=found, by=person, at=at)
    if not changed:
        return "Nothing was changed."
    return f"{found} is its escalation." if found else "It has no escalation any more."


DOES: dict[str, Callable[[HttpRequest, Incident, Person], str]] = {
    "add": _add, "remove": _remove, "ticket": _ticket, "escalation": _escalation,
}
