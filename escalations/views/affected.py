""" "This customer too": a form that is half filled joins what is known already, in a click."""

import uuid
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from escalations import access as room
from escalations.actions.affected import add_customer, remove_customer
from escalations.actions.base import Refused
from escalations.actions.drafts import bring_back_draft, discard_draft
from escalations.actions.filing import customer_of
from escalations.actions.joining import give_along, take_back_along
from escalations.forms.intake import IntakeForm
from escalations.models import Affected, Escalation
from escalations.queries.intake import draft_of, raised_as
from escalations.queries.seen import visible
from escalations.views.intake import draft_url, filed, form_of, refused, uuid_of
from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from tickets.queries.ticket import find_ticket


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def too(request: HttpRequest, number: int) -> HttpResponseBase:
    """The customer of the form is affected by a known escalation too."""
    person, escalation = room.found(request, number, Right.RAISE_ESCALATIONS)
    key, at = _key(request), clock.now()
    return _join(request, person, escalation, key, form_of(request, person, key, at, ticket_tells=True), at)


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def too_ticket(request: HttpRequest, key: str) -> HttpResponseBase:
    """The customer of the form has what a ticket is about: they join its open escalation, or are the first one."""
    person = require(request, Right.RAISE_ESCALATIONS)
    ticket = find_ticket(key) if may(person, Right.SEE_TICKETS) else None
    if ticket is None:
        raise Http404("There is no such ticket.")
    submission, at = _key(request), clock.now()
    form = form_of(request, person, submission, at, ticket_tells=True)
    known = visible(person, room.rights_of(person), at).open().filter(ticket=ticket, merged_into=None).order_by("pk")
    escalation = known.select_related("customer").first()
    if escalation is not None and raised_as(submission) is None:
        return _join(request, person, escalation, submission, form, at)
    return filed(request, person, submission, form, at, ticket=ticket)


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def take_off(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Whoever added a customer takes it off again; so may who works on escalations."""
    person, escalation = room.found(request, number, Right.RAISE_ESCALATIONS)
    at, there = clock.now(), reverse("escalations:escalation", kwargs={"number": escalation.pk})
    affected = Affected.objects.select_related("escalation").filter(pk=pk, escalation=escalation).first()
    if affected is None:
        return told(request, "That customer is not among them any more.", to=there)
    if affected.added_by_id != person.pk and not may(person, Right.WORK_ESCALATIONS):
        raise Http404("That was added by somebody else.")
    try:
        remove_customer(affected=affected, by=person, at=at)
    except Refused as no:
        return told(request, str(no), tone="red", to=there)
    key = uuid_of(request.GET.get("draft"))
    draft = draft_of(key, person) if key else None
    if draft is not None:
        take_back_along(affected_id=pk, escalation=escalation, draft=draft)
        bring_back_draft(draft=draft, at=at)
        return told(request, "Taken back. Your draft is here again.", to=draft_url(draft.key))
    return told(request, "The customer is taken off.", to=there)


def _join(
    request: HttpRequest, person: Person, escalation: Escalation, key: uuid.UUID, form: IntakeForm, at: datetime
) -> HttpResponseBase:
    raised = raised_as(key)
    if raised is not None and raised.reporter_id == person.pk:
        return redirect("escalations:escalation", number=raised.pk)
    form.is_valid()
    name = form.cleaned_data.get("customer", "")
    if not name:
        for field in [field for field in form.errors if field != "customer"]:
            del form.errors[field]  # of all that is missing, this alone is needed to join
        return refused(request, person, key, form, at)
    try:
        customer = customer_of(name, by=person, at=at)
        affected, new = add_customer(
            escalation=escalation, customer=customer, reporter=person, reporter_name=person.name,
            reporter_email=person.email, support_ticket=form.cleaned_data.get("support_ticket", ""),
            support_mail=form.cleaned_data.get("support_mail", ""), by=person, at=at,
        )
    except Refused as no:
        form.errors.clear()
        form.add_error(None, str(no))
        return refused(request, person, key, form, at)
    if new:
        give_along(affected=affected, values=form.cleaned_data, draft=draft_of(key, person), by=person, at=at)
    return _joined(request, person, escalation, affected, key, at, new=new)


def _joined(
    request: HttpRequest, person: Person, escalation: Escalation, affected: Affected, key: uuid.UUID, at: datetime, *,
    new: bool,
) -> HttpResponse:
    there = reverse("escalations:escalation", kwargs={"number": escalation.pk})
    if not new:
        return told(request, f"{affected.customer.name} is affected by E-{escalation.pk} already.", to=there)
    draft = draft_of(key, person)
    if draft is not None:
        discard_draft(draft=draft, at=at)
    undo = reverse("escalations:affected_remove", args=[escalation.pk, affected.pk]) + f"?draft={key}"
    words = f"{affected.customer.name} is added to E-{escalation.pk}, and will be told when it is solved."
    return told(request, words, tone="green", to=there, undo=undo)


def _key(request: HttpRequest) -> uuid.UUID:
    return uuid_of(request.POST.get("submission")) or uuid.uuid4()
