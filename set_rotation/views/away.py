"""Leave: who is away, entered and taken back by hand, and who stands in where it clashes with duty."""

from datetime import datetime, timedelta

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock, live
from portal.common.answers import told
from set_rotation import actions
from set_rotation.actions.away import add_away, change_away, remove_away, stand_in
from set_rotation.forms.away import AwayForm
from set_rotation.models import Away, Duty
from set_rotation.queries.away import away_clashes, away_list, away_words, feed_list
from set_rotation.queries.moved import moved_lines
from set_rotation.queries.replace import stand_ins
from set_rotation.rules.away import Clash
from set_rotation.rules.local import stretch_words

SALT, UNDONE_FOR = "set_rotation.away", timedelta(hours=1)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SERVE)
def away(request: HttpRequest) -> HttpResponse:
    person, version, at = require(request, Right.SERVE), live.current_id("duty"), clock.now()
    plans = may(person, Right.PLAN_ROTATIONS)
    everybody = plans and request.GET.get("who") != "me"
    past = request.GET.get("when") == "past"
    rows = away_list(reader=person, everybody=everybody, may_plan=plans, at=at, past=past)
    context = {
        "rows": rows, "clashing": sum(bool(row.clashes) for row in rows), "everybody": everybody, "past": past,
        "feeds": feed_list(reader=person, everybody=everybody, at=at), "plans": plans, "me": person, "now": at,
        "live": {"url": reverse("set_rotation:on_call_live"), "id": version},
    }
    part = request.headers.get("HX-Target") == "leave"
    return render(request, "rotations/away.html#leave" if part else "rotations/away.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def away_new(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    form = AwayForm(request.POST or None, person=by, others=may(by, Right.PLAN_ROTATIONS))
    if request.method == "POST" and form.is_valid() and form.stretch:
        try:
            made = add_away(person=form.meant, starts_at=form.stretch[0], ends_at=form.stretch[1], by=by, at=at,
                            all_day=form.all_day, note=form.cleaned_data["note"])
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            return _saved(request, made, by, at)
    return _edit(request, form, title="Away")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def away_edit(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    row = _own_or_404(pk, by)
    form = AwayForm(request.POST or None, person=by, away=row)
    if request.method == "POST" and form.is_valid() and form.stretch:
        try:
            made = change_away(away=row, starts_at=form.stretch[0], ends_at=form.stretch[1], all_day=form.all_day,
                               note=form.cleaned_data["note"], by=by, at=at)
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            return _saved(request, made, by, at)
    return _edit(request, form, title=f"{row.person.name} is away", row=row)


@require_POST
@needs(Right.SERVE)
def away_remove(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.SERVE), clock.now()
    row = _own_or_404(pk, by)
    try:
        remove_away(away=row, by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="red", to="set_rotation:away")
    kept = {"person": row.person_id, "starts": row.starts_at.isoformat(), "ends": row.ends_at.isoformat(),
            "all_day": row.all_day, "note": row.note}
    undo = reverse("set_rotation:away_bring_back", args=[signing.dumps(kept, salt=SALT, compress=True)])
    text = f"{row.person.name} is not away {away_words(row, by.zone, at.year)}."
    return told(request, text, tone="green", to="set_rotation:away", undo=undo)


@require_POST
@needs(Right.SERVE)
def away_bring_back(request: HttpRequest, token: str) -> HttpResponse:
    """Undo of taking out: the token holds what was taken out, and who may is asked again."""
    by, at = require(request, Right.SERVE), clock.now()
    try:
        kept = signing.loads(token, salt=SALT, max_age=UNDONE_FOR)
    except signing.BadSignature:
        return told(request, "It is too late to take that back: enter it again.", tone="red", to="set_rotation:away")
    person = Person.objects.filter(pk=kept["person"]).first()
    if person is None or (person != by and not may(by, Right.PLAN_ROTATIONS)):
        raise Http404("There is nothing to bring back.")
    try:
        add_away(person=person, starts_at=datetime.fromisoformat(kept["starts"]), all_day=kept["all_day"],
                 ends_at=datetime.fromisoformat(kept["ends"]), note=kept["note"], by=by, at=at)
    except actions.Refused as refused:
        return told(request, str(refused), tone="amber", to="set_rotation:away")
    return told(request, f"{person.name} is away after all.", tone="green", to="set_rotation:away")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.PLAN_ROTATIONS)
def away_stand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Who can serve while somebody is away: chosen, seen before it is done, done."""
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    row = Away.objects.select_related("person").filter(pk=pk).first()
    if row is None:
        raise Http404("Somebody took this leave out.")
    asked = request.POST if request.method == "POST" else request.GET
    clash = _clash(row, asked.get("duty", ""), at)
    if clash is None:
        return told(request, "This clash is settled.", to="set_rotation:away")
    chosen = Person.objects.filter(pk=_number(asked.get("person", ""))).first()
    when = stretch_words(clash.starts_at, clash.ends_at, by.zone, at.year)
    context: dict[str, object] = {
        "row": row, "clash": clash, "now": at, "chosen": chosen, "refused": "", "when": when,
        "others": stand_ins(clash.seat, clash.starts_at, clash.ends_at, at, besides=[row.person_id]),
    }
    if chosen is not None:
        duty = Duty.objects.get(pk=clash.duty)
        try:
            if request.method == "POST":
                stand_in(away=row, duty=duty, person=chosen, by=by, at=at)
                text = f"{chosen.name} stands in for {row.person.name}, {when}. Both are told."
                return told(request, text, tone="green", to="set_rotation:away")
            _, moved = actions.preview(lambda: stand_in(away=row, duty=duty, person=chosen, by=by, at=at))
            context["moved"] = moved_lines(moved, by.zone, at)
        except actions.Refused as refused:
            context["refused"] = str(refused)
    status = 422 if request.method == "POST" or context["refused"] else 200
    return render(request, "rotations/away_stand_in.html", context, status=status)


def _clash(row: Away, duty: str, at: datetime) -> Clash | None:
    """The clash of a leave with this duty; without one named, its first."""
    found = [clash for clash in away_clashes(at, [row.person_id]) if clash.away == row.pk]
    return next((clash for clash in found if not duty or str(clash.duty) == duty), None)


def _own_or_404(pk: int, by: Person) -> Away:
    """A row that the reader may change: their own, or anybody's for whoever plans."""
    row = Away.objects.select_related("person").filter(pk=pk).first()
    if row is None or (row.person_id != by.pk and not may(by, Right.PLAN_ROTATIONS)):
        raise Http404("There is no such leave.")
    return row


def _saved(request: HttpRequest, row: Away, by: Person, at: datetime) -> HttpResponse:
    clash = any(each.away == row.pk for each in away_clashes(at, [row.person_id]))
    text = f"{row.person.name} is away {away_words(row, by.zone, at.year)}."
    if clash:
        text += " That clashes with duty; whoever leads is told."
    return told(request, text, tone="amber" if clash else "green", to="set_rotation:away")


def _edit(request: HttpRequest, form: AwayForm, *, title: str, row: Away | None = None) -> HttpResponse:
    context = {"title": title, "form": form, "row": row}
    return render(request, "rotations/away_edit.html", context, status=422 if request.method == "POST" else 200)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
