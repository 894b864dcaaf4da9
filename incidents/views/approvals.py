"""The published updates, and the second person who reads what a customer gets."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Customer
from escalations.rules.markdown import html
from incidents import access
from incidents.actions import approvals
from incidents.actions.base import Refused
from incidents.choices import ApprovalState, Reading
from incidents.forms.updates import number_of
from incidents.models import Approval, Incident, Update
from incidents.queries.choosing import helpers
from incidents.queries.history import approval_of, published, updates_of
from incidents.queries.updates import called, text_for
from incidents.views.updates import seen_of, update_of
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told


@require_safe
@needs(Right.SEE_INCIDENTS)
def updates(request: HttpRequest, number: int) -> HttpResponse:
    """Every update, with its versions."""
    person, row = access.found(request, number)
    context = {"incident": row, "updates": updates_of(row), "works": access.works(person), "now": clock.now()}
    return render(request, "incidents/updates/list.html", context)


@require_safe
@needs(Right.SEE_INCIDENTS)
def update(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """One update: its readings, its versions, who read it."""
    person, row = access.found(request, number)
    found = published(update_of(row, pk))
    context = {"incident": row, "update": found, "works": access.works(person), "now": clock.now(), "me": person}
    return render(request, "incidents/updates/update.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_INCIDENTS)
def approve(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Read what the customer gets; `do`: approve it, send it back, ask somebody else, or go without."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    found = update_of(row, pk)
    approval = approval_of(found)
    if request.method != "POST" or approval is None:
        return _page(request, person, row, found, approval)
    if seen_of(request) != approval.version.number:
        return _page(request, person, row, found, approval, status=422,
                     refused="It was corrected meanwhile: this is how it reads now.")
    try:
        words = _decide(request, person, row, approval)
    except Refused as refused:
        return _page(request, person, row, found, approval_of(found), refused=str(refused), status=422)
    return told(request, words, tone="green", to=reverse("incidents:update", args=[row.pk, found.number]))


def _decide(request: HttpRequest, person: Person, row: Incident, approval: Approval) -> str:
    at, reason = clock.now(), request.POST.get("reason", "")
    number = approval.version.of.number
    match request.POST.get("do", ""):
        case "approve":
            left = approvals.approve(approval=approval, by=person, at=at)
            return f"Approved: the customer gets update {number}." if left else f"Approved{approvals.NOBODY}."
        case "back":
            approvals.send_back(approval=approval, reason=reason, by=person, at=at)
            return "Sent back: its author is told."
        case "override":
            left = approvals.override(approval=approval, reason=reason, by=person, at=at)
            return (f"The customer gets update {number} without a second person; the reason is kept." if left
                    else f"It goes without a second person{approvals.NOBODY}.")
        case "ask":
            chosen = number_of(request.POST.get("person"))
            somebody = next((one for one in helpers(row, at) if one.pk == chosen), None)
            if somebody is None:
                raise Refused("Choose somebody who takes part in this incident.")
            approvals.ask_again(approval=approval, of=somebody, by=person, at=at)
            return f"{somebody.name} is asked."
        case _:
            raise PermissionDenied


def _page(
    request: HttpRequest, person: Person, row: Incident, found: Update, approval: Approval | None, *,
    refused: str = "", status: int = 200,
) -> HttpResponse:
    at = clock.now()
    asks = approval is not None and approval.state == ApprovalState.ASKED
    context = {
        "incident": row, "update": found, "approval": approval, "asks": asks,
        "stale": approvals.stale(approval.version, at) if asks and approval else "", "me": person, "refused": refused,
        "mine": approval is not None and approval.version.by_id == person.pk, "now": at,
        "people": [one for one in helpers(row, at) if one.pk not in {
            person.pk, approval.version.by_id if approval else None}] if asks else [],
        "texts": _texts(row, approval) if approval else [],
    }
    return render(request, "incidents/updates/approve.html", context, status=status)


def _texts(row: Incident, approval: Approval) -> list[tuple[str, object]]:
    """What each of the customers gets."""
    rows = row.customers.select_related("customer__merged_into").order_by("pk")
    theirs: list[Customer | None] = [one.customer for one in rows]
    return [(called(one) if one else "", html(text_for(approval.version, Reading.CUSTOMER, customer=one)))
            for one in theirs or [None]]
