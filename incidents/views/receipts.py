"""What became of an update on its way, and trying again what did not arrive."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from incidents import access
from incidents.actions.base import Refused
from incidents.models import Incident, UpdateDelivery
from incidents.queries.receipts import receipts_of
from people.access import needs
from people.choices import Right
from portal.common import clock
from portal.common.answers import toasted, told, with_script
from portal.flows.incidents import mending


@require_safe
@needs(Right.SEE_INCIDENTS)
def receipts(request: HttpRequest, number: int) -> HttpResponse:
    """The receipts alone, for a page that looks again."""
    person, row = access.found(request, number)
    return _drawn(request, row, works=access.works(person))


@require_POST
@needs(Right.WORK_INCIDENTS)
def retry(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Try one target again."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    found = UpdateDelivery.objects.select_related("delivery", "version__of__incident").filter(
        pk=pk, version__of__incident=row).first()
    if found is None:
        raise Http404("There is no such receipt.")
    return _done(request, row, lambda: mending.retry(row=found, by=person, at=clock.now()),
                 "It is tried again. What arrived is not sent twice.")


@require_POST
@needs(Right.WORK_INCIDENTS)
def channel(request: HttpRequest, number: int) -> HttpResponse:
    """Make or restore the incident's channel."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    return _done(request, row, lambda: mending.mend_channel(incident=row, by=person, at=clock.now()),
                 "The channel is brought back, and what it missed follows.")


def _done(request: HttpRequest, row: Incident, act: Callable[[], None], words: str) -> HttpResponse:
    tone = "green"
    try:
        act()
    except Refused as refused:
        words, tone = str(refused), "red"
    if with_script(request):
        return toasted(_drawn(request, row, works=True), words, tone=tone)
    return told(request, words, tone=tone, to=reverse("incidents:incident", args=[row.pk]) + "#receipts")


def _drawn(request: HttpRequest, row: Incident, *, works: bool) -> HttpResponse:
    row.refresh_from_db(fields=["updates", "channel", "channel_id"])
    at = clock.now()
    context = {"receipts": receipts_of(row, at=at), "works": works, "now": at}
    return render(request, "incidents/updates/receipts.html", context)
