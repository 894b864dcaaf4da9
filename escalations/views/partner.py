"""The form for partners: links to it are made and revoked here; whoever holds one sees the form, and nothing else."""

import uuid
from datetime import datetime
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from escalations.actions.base import Refused
from escalations.actions.drafts import draft_for_files
from escalations.actions.filing import Form, file_form
from escalations.actions.links import link_used, make_link, revoke_link
from escalations.choices import Level
from escalations.forms.intake import PartnerForm
from escalations.forms.links import LinkForm
from escalations.models import FormLink
from escalations.queries.intake import files_of, promises, steps
from escalations.queries.links import link_of, links, raised_by_partner
from escalations.rules.intake import MEANINGS, level_of
from escalations.rules.pasted import masked_words
from escalations.templatetags.files import panel_of_draft
from escalations.views.intake import held_back, take_files, uuid_of
from people.access import needs, require
from people.actions.guessing import count_tries, take_back
from people.choices import Right
from people.queries import number
from people.rules import Limit, guessing_place, when_again
from portal.common import clock

# A partner sends a few in an hour; somebody who found a link must not fill the queue.
PER_ADDRESS = Limit("partner-form", tries=20, window=60 * 60)
PER_LINK = Limit("partner-form-link", tries=60, window=60 * 60)


@require_safe
@never_cache
@needs(Right.WORK_ESCALATIONS)
def forms(request: HttpRequest) -> HttpResponse:
    return _links_page(request)


@require_POST
@never_cache
@needs(Right.WORK_ESCALATIONS)
def make(request: HttpRequest) -> HttpResponse:
    person, at, form = require(request, Right.WORK_ESCALATIONS), clock.now(), LinkForm(request.POST)
    if not form.is_valid():
        return _links_page(request, form=form, status=422)
    try:
        link, token = make_link(name=form.cleaned_data["name"], customer=form.found, ends_at=form.ends_at(at),
                                by=person, at=at)
    except Refused as no:
        form.add_error(None, str(no))
        return _links_page(request, form=form, status=422)
    # Shown in the answer itself: the address is written neither to the session nor to a log.
    base = settings.PORTAL_BASE_URL or f"{request.scheme}://{request.get_host()}"
    return _links_page(request, made=link, url=base + reverse("escalations:partner", args=[token]))


@require_POST
@needs(Right.WORK_ESCALATIONS)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Right.WORK_ESCALATIONS)
    link = get_object_or_404(FormLink, pk=number(pk))
    if revoke_link(link=link, at=clock.now()):
        messages.success(request, f"The link for {link.name} is revoked: nobody can send anything there any more.")
    return redirect("escalations:forms")


def _links_page(
    request: HttpRequest, *, form: LinkForm | None = None, made: FormLink | None = None, url: str = "",
    status: int = 200,
) -> HttpResponse:
    at = clock.now()
    rows = list(links()[:200])
    open_ones = [row for row in rows if row.revoked_at is None and row.ends_at > at]
    context = {"form": form or LinkForm(), "made": made, "url": url, "now": at, "open": open_ones,
               "over": [row for row in rows if row not in open_ones]}
    return render(request, "escalations/intake/forms.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def partner(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the address may send: it is the key. A wrong one, a revoked one and one that is over look alike."""
    at = clock.now()
    link = link_of(token, at)
    if link is None:
        raise Http404("There is no form at this address.")
    timezone.activate("UTC")  # nobody is signed in; the form says so beside the time
    if request.method == "POST":
        return _sent(request, link, token, at)
    form = PartnerForm(None, at=at, zone="UTC", initial={"kind": "problem"})
    return _form_page(request, link, token, form, uuid.uuid4())


def _sent(request: HttpRequest, link: FormLink, token: str, at: datetime) -> HttpResponse:
    key = uuid_of(request.POST.get("submission"))
    if key is None:
        raise BadRequest("This form has no key.")
    given = request.POST.copy()
    if link.customer is not None:
        given["customer"] = link.customer.name
    counted = [(PER_ADDRESS, guessing_place(str(request.META.get("REMOTE_ADDR") or ""))), (PER_LINK, str(link.pk))]
    until = count_tries(counted, at)
    if until is None and request.FILES:
        take_files(request, draft_for_files(key=key, at=at, link=link), person=None, by_name=link.name)
    form = PartnerForm(given, at=at, zone=_zone(given.get("zone", "")), files=files_of(key))
    if until is not None:
        form.errors.clear()
        form.add_error(None, f"Too many forms were sent. Try again {when_again(until, at)}; what you wrote stays here.")
        return _form_page(request, link, token, form, key, status=429)
    if not form.is_valid():
        take_back(counted, at)
        return _form_page(request, link, token, form, key, status=422)
    values = form.cleaned_data
    asked = Form(customer=link.customer or values["customer"], values=form.asked_values, submission=key, reporter=None,
                 reporter_name=values["reporter_name"], reporter_email=values["reporter_email"])
    try:
        _, made = file_form(form=asked, at=at)
    except Refused as no:
        form.add_error(None, str(no))
        return _form_page(request, link, token, form, key, status=422)
    if made:
        link_used(link=link)
    return redirect(reverse("escalations:partner_thanks", args=[token]) + f"?of={key}&masked={form.masked}")


def _zone(given: str) -> str:
    """The zone of the browser that sent the form; UTC, as the form says without a script, for none that is known."""
    return given if given in available_timezones() else "UTC"


@require_safe
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """The number of what was sent, and what happens next."""
    link, key = link_of(token, clock.now()), uuid_of(request.GET.get("of"))
    row = raised_by_partner(str(key)) if link and key else None
    if link is None or row is None:
        raise Http404("There is nothing at this address.")
    plan = link.customer.plan if link.customer else ""  # another customer's plan is not told to whoever types its name
    promise = next(iter(promises(plan, Level(row.level), None, row.at)), None)
    files = panel_of_draft(row.submission, person=None, link=link, token=token)
    context = {
        "row": row, "panel": files, "promise": promise if row.first_reply_at is None else None,
        "again": reverse("escalations:partner", args=[token]),
        "masked": masked_words(number(request.GET.get("masked", "0"))),
    }
    return _outside(render(request, "escalations/intake/thanks.html", context))


def _form_page(
    request: HttpRequest, link: FormLink, token: str, form: PartnerForm, key: uuid.UUID, *, status: int = 200
) -> HttpResponse:
    level = level_of(form["level"].value())
    context = {"form": form, "link": link, "key": key, "held": held_back(form), "meanings": MEANINGS.values(),
               "level": level, "partner": True, "token": token,
               "steps": steps(form.missing, form.data, form.errors) if form.is_bound else ()}
    return _outside(render(request, "escalations/intake/partner.html", context, status=status))


def _outside(response: HttpResponse) -> HttpResponse:
    """Found by no search engine, kept by no cache. (Its address is told to no other site:
    every page of the portal asks that of browsers.)"""
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
