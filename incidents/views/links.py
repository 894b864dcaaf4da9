"""The private pages of an incident: made, listed, revoked, and looked at as the customer sees them."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from incidents import access
from incidents.actions.base import Refused
from incidents.actions.links import make_link, revoke_link
from incidents.forms.links import LinkForm
from incidents.models import Incident, StatusLink
from incidents.queries.links import customers_of, links_of
from incidents.queries.public import name_of, page_of
from incidents.queries.settings import bounds
from incidents.views.public import base_of, shown
from people.access import needs
from people.choices import Right
from people.queries import number as as_number
from portal.common import clock


@require_safe
@never_cache
@needs(Right.WORK_INCIDENTS)
def links(request: HttpRequest, number: int) -> HttpResponse:
    _, incident = access.found(request, number, Right.WORK_INCIDENTS)
    return _page(request, incident)


@require_POST
@never_cache
@needs(Right.WORK_INCIDENTS)
def make(request: HttpRequest, number: int) -> HttpResponse:
    person, incident = access.found(request, number, Right.WORK_INCIDENTS)
    at, form = clock.now(), _form(incident, request)
    if not form.is_valid():
        return _page(request, incident, form=form, status=422)
    try:
        link, token = make_link(incident=incident, customer=form.chosen, ends_at=form.ends_at(at), by=person, at=at,
                                submission=_submission(request))
    except Refused as no:
        form.add_error(None, str(no))
        return _page(request, incident, form=form, status=422)
    # Shown in the answer itself: the address is written neither to the session nor to a log.
    return _page(request, incident, made=link, url=base_of(request) + reverse("incidents:public", args=[token]))


@require_POST
@needs(Right.WORK_INCIDENTS)
def revoke(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    person, incident = access.found(request, number, Right.WORK_INCIDENTS)
    link = get_object_or_404(StatusLink.objects.select_related("customer"), pk=as_number(pk), incident=incident)
    if revoke_link(link=link, by=person, at=clock.now()):
        messages.success(request, f"The page for {name_of(link.customer)} is gone, with its feed, calendar and mails.")
    return redirect("incidents:links", number)


@require_safe
@never_cache
@needs(Right.WORK_INCIDENTS)
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """The page as a customer sees it now, without an address of its own."""
    _, incident = access.found(request, number, Right.WORK_INCIDENTS)
    known = {one.slug: one for one in customers_of(incident)}
    customer = known.get(request.GET.get("customer", ""))
    if known and customer is None:
        raise Http404("That customer is not in this incident.")
    context = shown(page_of(incident, customer, clock.now()), request) | {"incident": incident, "customer": customer}
    return render(request, "incidents/public/page.html", context)


def _submission(request: HttpRequest) -> uuid.UUID:
    """Of the form that was sent: the same again is one page. A form that says none is one of its own."""
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return uuid.uuid4()


def _form(incident: Incident, request: HttpRequest | None = None) -> LinkForm:
    data = request.POST if request is not None else None
    return LinkForm(data, customers=customers_of(incident), usual=bounds().link_days)


def _page(
    request: HttpRequest, incident: Incident, *, form: LinkForm | None = None, made: StatusLink | None = None,
    url: str = "", status: int = 200,
) -> HttpResponse:
    at, form = clock.now(), form or _form(incident)
    rows = links_of(incident, at)
    context = {
        "incident": incident, "form": form, "now": at, "made": made, "made_for": name_of(made.customer) if made else "",
        "url": url, "open": [row for row in rows if row.holds], "over": [row for row in rows if not row.holds],
        "customers": list(form.known.values()),
        "submission": uuid.uuid4(),  # each form that is drawn makes a page of its own, once
    }
    return render(request, "incidents/telling/links.html", context, status=status)
