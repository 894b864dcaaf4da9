"""Writing an update: the composer, its drafts, publishing, correcting."""

import uuid
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from incidents import access
from incidents.actions.base import Refused
from incidents.actions.drafts import drop_draft, keep_draft, key_of, sent_with, storable
from incidents.actions.states import ENDED
from incidents.actions.targets import choose_targets, default_targets
from incidents.actions.updates import Given, Overtaken
from incidents.choices import State
from incidents.forms.updates import number_of, typed_of
from incidents.models import Incident, Update, UpdateDraft
from incidents.queries.composer import Composer
from incidents.queries.composing import composer_of, correction_of
from incidents.queries.panes import panes_of
from incidents.queries.settings import cadence
from incidents.rules.updates.form import Entry
from incidents.rules.updates.promised import Unreadable
from incidents.rules.updates.typed import Typed
from people.access import needs
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import toasted, told, with_script
from portal.flows.incidents import publishing

# On a phone the button stands screens below the words that say why nothing was sent.
SHOWS_WHY = "outerHTML show:[data-update-refused]:top"
PARTS = {"update": "pane", "update-parts": "parts", "update-foot": "foot"}  # HX-Target -> what is drawn


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_INCIDENTS)
def compose(request: HttpRequest, number: int) -> HttpResponse:
    """The composer of the next update. `do`: keep what is typed (`over`: also over what they wrote at another place),
    say that what came meanwhile was read, draw anew, send, or let the draft go."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    if request.method != "POST":
        reply = request.GET.get("reply", "")[:40]
        return _draw(request, composer_of(row, person=person, at=clock.now(), reply=reply, whole=True))
    do, typed, at = request.POST.get("do", ""), typed_of(request.POST), clock.now()
    if do == "discard":
        return _discard(request, person, row)
    if do == "send":
        return _send(request, person, row, typed)
    kept = keep_draft(incident=row, person=person, values=typed.kept(), seen=typed.seen or 0, at=at, key=typed.key,
                      stamp=typed.stamp, over=do == "over")
    if kept is not None:
        choose_targets(incident=row, ticked=typed.ticked)
        typed = replace(typed, stood=typed.targets)
    if do == "keep" and request.headers.get("HX-Target") not in PARTS:
        return HttpResponse(status=204)
    if kept is None and (sent := sent_with(row, typed.key)) is not None:
        if do == "keep" and sent == Entry.of(storable(vars(typed.entry))):
            return HttpResponse(status=205)  # its form never heard that it went
        typed = replace(typed, key="")  # what is written on in that form is the next one
    return _draw(request, composer_of(row, person=person, at=at, given=typed, whole=True), kept=kept is not None)


def _send(request: HttpRequest, person: Person, row: Incident, typed: Typed) -> HttpResponse:
    at = clock.now()
    default_targets(incident=row, at=at)  # whether a customer reads it follows from where it goes
    drawn = composer_of(row, person=person, at=at, given=typed, whole=True)
    if drawn.elsewhere:
        return _draw(request, drawn, refused="You wrote on at another place. Say which of the two goes on.", status=422)
    try:
        update = publishing.publish(incident=row, given=_given(drawn, row), by=person, at=at,
                                    targets=[one.id for one in drawn.places if one.chosen])
    except (Refused, Unreadable) as refused:
        if isinstance(refused, Overtaken):  # it is shown now; the key of an update that was sent makes no other one
            row.refresh_from_db()
            key = uuid.uuid4().hex if refused.update.key == key_of(row, typed.key) else typed.key
            typed = replace(typed, key=key, seen=row.updates, missed=row.updates)
        keep_draft(incident=row, person=person, values=typed.kept(), seen=typed.seen or 0, at=at, key=typed.key,
                   stamp=typed.stamp)
        drawn = composer_of(row, person=person, at=at, given=typed, whole=True)
        return _draw(request, drawn, refused=str(refused), status=422)
    choose_targets(incident=row, ticked=typed.ticked)
    words = f"Update {update.number} is on its way." + (
        f" {drawn.asked.name} is asked to read the customer's text." if drawn.to_customer and drawn.asked
        and not typed.override else "")
    if not with_script(request):
        return told(request, words, tone="green", to=f"{_page(row)}#update")
    row.refresh_from_db()
    fresh = composer_of(row, person=person, at=at, whole=True)
    return toasted(_draw(request, fresh), words, tone="green")


def _given(drawn: Composer, row: Incident) -> Given:
    typed = drawn.typed
    if typed.next or drawn.corrects is None:
        next_at = typed.next_at(at=clock.now(), zone=row.zone, within=cadence(row.severity).then)
    else:
        next_at = drawn.corrects.next_at
    return Given(
        entry=typed.entry, status=drawn.status.slug, key=drawn.key, seen=typed.seen or 0, next_at=next_at,
        stop=typed.stop, reason=typed.reason, reply=typed.reply, customer=drawn.to_customer, approver=drawn.asked,
        override=typed.override,
    )


def _discard(request: HttpRequest, person: Person, row: Incident) -> HttpResponse:
    drop_draft(incident=row, person=person)
    if not with_script(request):
        return told(request, "The draft is gone.", to=f"{_page(row)}#update")
    return toasted(_draw(request, composer_of(row, person=person, at=clock.now(), whole=True)), "The draft is gone.")


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_INCIDENTS)
def correct(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Another version of an update that was published."""
    person, row = access.found(request, number, Right.WORK_INCIDENTS)
    found, at = update_of(row, pk), clock.now()
    if request.method != "POST" and row.state == State.MERGED:
        return told(request, ENDED[State.MERGED], to=reverse("incidents:update", args=[row.pk, found.number]))
    if request.method != "POST":
        return _draw(request, correction_of(found, person=person, at=at))
    typed = typed_of(request.POST)
    drawn = correction_of(found, person=person, at=at, given=typed)
    if request.POST.get("do") != "send":
        return _draw(request, drawn)
    try:
        publishing.correct(update=found, given=_given(drawn, row), reason=typed.what, by=person, at=at)
    except (Refused, Unreadable) as refused:
        if isinstance(refused, Overtaken):
            found = update_of(row, pk)
            typed = replace(typed, seen=found.version, missed=found.version)
            drawn = correction_of(found, person=person, at=at, given=typed)
        return _draw(request, drawn, refused=str(refused), status=422)
    words = f"Update {found.number} is corrected; whoever reads something else is told."
    response = told(request, words, tone="green", to=reverse("incidents:update", args=[row.pk, found.number]))
    if not with_script(request):
        return response
    away = HttpResponse(status=204)
    away["HX-Redirect"] = response["Location"]
    return away


@require_safe
@needs(Right.WORK_INCIDENTS)
def draft(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """What somebody else is writing, to be read; nobody's words are changed by another."""
    reader, row = access.found(request, number, Right.WORK_INCIDENTS)
    kept = UpdateDraft.objects.select_related("person").filter(incident=row, person_id=pk).first()
    if kept is None or not kept.person:
        raise Http404("There is no such draft, or it was sent.")
    at = clock.now()
    theirs = composer_of(row, person=kept.person, at=at, whole=True)
    context = {"composer": theirs, "incident": row, "whose": kept.person, "now": at, "me": reader}
    return render(request, "incidents/updates/draft.html", context)


def update_of(row: Incident, number: int) -> Update:
    """An update of this incident, or 404."""
    found = Update.objects.select_related("incident__status", "status", "by").filter(incident=row, number=number)
    update = found.first()
    if update is None:
        raise Http404("This incident has no such update.")
    return update


def seen_of(request: HttpRequest) -> int:
    """The version that the reader of a page saw."""
    return number_of(request.POST.get("seen")) or 0


def _page(row: Incident) -> str:
    return reverse("incidents:incident", args=[row.pk])


def _draw(
    request: HttpRequest, composer: Composer, *, refused: str = "", status: int = 200, kept: bool = False
) -> HttpResponse:
    """The pane alone where htmx asks for it, the parts that follow what is typed, else a page around it."""
    name = PARTS.get(request.headers.get("HX-Target", ""), "compose")
    row, at = composer.incident, clock.now()
    receipts = panes_of(row, ("receipts",), works=True, at=at) if name == "pane" else {}
    context = receipts | {"composer": composer, "incident": row, "works": True, "refused": refused, "now": at,
                          "kept": kept, "shows": request.POST.get("shows", "")}
    response = render(request, f"incidents/updates/{name}.html", context, status=status)
    if refused:
        response["HX-Reswap"] = SHOWS_WHY
    return response
