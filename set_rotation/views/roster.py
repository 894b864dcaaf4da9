"""The roster: who can serve, pasted from a spreadsheet or edited one by one; what teams owe; wishes."""

import csv
from datetime import date, datetime, timedelta
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cadence.queries import team_day
from people import queries as people
from people import rules
from people.access import may, needs, require, roles
from people.actions import let_in_all
from people.choices import Right
from people.models import Person
from people.tasks import post_invitation
from portal.common import clock
from portal.common.answers import told
from portal.common.jobs import one_connection
from set_rotation.actions import Refused, roster
from set_rotation.choices import WishKind
from set_rotation.forms.roster import CommitmentForm, EndForm, MemberForm, PasteForm, WishForm
from set_rotation.models import Member, Wish
from set_rotation.queries import roster as queries
from set_rotation.rules.roster import COLUMNS, read_lines

DAY = timedelta(days=1)
SALT = "set_rotation.roster.undo"
UNDO_FOR = 3600  # seconds
ROSTER = "set_rotation:roster"


@require_safe
@needs(Right.SEE_DUTY)
def show(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.SEE_DUTY)
    return _draw(request, PasteForm() if may(person, Right.PLAN_ROTATIONS) else None)


def _draw(request: HttpRequest, form: PasteForm | None, *, status: int = 200, **more: Any) -> HttpResponse:
    person, today = require(request, Right.SEE_DUTY), team_day(clock.now())
    plans = may(person, Right.PLAN_ROTATIONS)
    page = queries.roster_page(today)
    owing: list[CommitmentForm] = more.pop("owing", None) or _owing(page)
    context = {
        "roster": page, "owing": list(zip(page.teams, owing, strict=True)),
        "owing_wrong": [one.team.name for one in owing if one.wrong], "plans": plans,
        "uninvited": _uninvited(person, page, clock.now()),
        "form": form, "now": clock.now(), "today": today,
        "wishes": queries.wishes(None, today) if plans else [], "serves": may(person, Right.SERVE), **more,
    }
    return render(request, "rotations/roster.html", context, status=status)


@require_POST
@needs(Right.PLAN_ROTATIONS)
def paste(request: HttpRequest) -> HttpResponse:
    """First what the lines would do, then, asked again with `sure`, it is done."""
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _draw(request, form, status=422)
    coming = queries.preview(read_lines(form.cleaned_data["text"], team_day(at)))
    wrong = [row for row in coming if row.line.errors]
    if not coming:
        form.add_error("text", "There is no line to read.")
        return _draw(request, form, status=422)
    if wrong or "sure" not in request.POST:
        return _draw(request, form, coming=coming, wrong=len(wrong), status=422 if wrong else 200)
    try:
        done = roster.import_roster(rows=coming, by=by, at=at)
    except Refused as refusal:
        form.add_error("text", str(refusal))
        return _draw(request, form, coming=coming, wrong=0, status=422)
    count = len(done.made) + len(done.were)
    words = [f"{count} member{'s' if count != 1 else ''} entered"]
    if done.people:
        words.append(f"{done.people} people added without access")
    if done.teams:
        words.append(f"{done.teams} team{'s' if done.teams != 1 else ''} made")
    return told(request, ", ".join(words) + ".", tone="green", to=ROSTER, undo=_undo(list(done.made), list(done.were)))


def _undo(made: list[int], were: list[dict[str, Any]]) -> str:
    token = signing.dumps({"made": made, "were": were}, salt=SALT, compress=True)
    return reverse("set_rotation:roster_undo", args=[token]) if len(token) < 6000 else ""


@require_POST
@needs(Right.PLAN_ROTATIONS)
def undo(request: HttpRequest, token: str) -> HttpResponse:
    by = require(request, Right.PLAN_ROTATIONS)
    try:
        what = signing.loads(token, salt=SALT, max_age=UNDO_FOR)
    except signing.SignatureExpired:
        return told(request, "That was too long ago to be taken back here.", tone="red", to=ROSTER)
    except signing.BadSignature as error:
        raise Http404("There is nothing to take back.") from error
    try:
        count = roster.undo_roster(made=what["made"], were=what["were"], by=by, at=clock.now())
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=ROSTER)
    return told(request, f"Taken back: {count} member{'s' if count != 1 else ''} as before.", to=ROSTER)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.PLAN_ROTATIONS)
def new(request: HttpRequest) -> HttpResponse:
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    form = MemberForm(request.POST if request.method == "POST" else None, member=None, today=team_day(at))
    if request.method == "POST" and form.is_valid():
        try:
            made = roster.add_member(person=form.cleaned_data["person"], by=by, at=at, **form.values)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return told(request, f"{made.person.name} is on the roster.", tone="green", to=ROSTER,
                        undo=_undo([made.pk], []))
    return _form(request, form, "Add a member")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.PLAN_ROTATIONS)
def member(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    row = get_object_or_404(Member.objects.select_related("person", "team"), pk=pk)
    form = MemberForm(request.POST if request.method == "POST" else None, member=row, today=team_day(at))
    if request.method == "POST" and form.is_valid():
        before = roster.was(row)
        try:
            roster.change_member(member=row, changes=form.values, by=by, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return told(request, f"{row.person.name} is changed.", tone="green", to=ROSTER, undo=_undo([], [before]))
    return _form(request, form, row.person.name)


def _form(request: HttpRequest, form: MemberForm | WishForm, title: str, back: str = ROSTER) -> HttpResponse:
    context = {"form": form, "title": title, "back": reverse(back), "now": clock.now()}
    return render(request, "rotations/roster_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Right.PLAN_ROTATIONS)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Leaves the roster: after today, or after the day that is given."""
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    row = get_object_or_404(Member.objects.select_related("person"), pk=pk)
    form = EndForm(request.POST)
    if request.POST.get("last_on") and not form.is_valid():
        return told(request, "That is no day on which somebody could leave the roster.", tone="red", to=ROSTER)
    last = form.cleaned_data["last_on"] if form.is_valid() else team_day(at)
    return _set_end(request, row, max(last + DAY, row.joins_on + DAY), f"{row.person.name} leaves the roster after "
                    f"{last.day} {last:%b %Y}.", by, at)


@require_POST
@needs(Right.PLAN_ROTATIONS)
def back(request: HttpRequest, pk: int) -> HttpResponse:
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    row = get_object_or_404(Member.objects.select_related("person"), pk=pk)
    return _set_end(request, row, None, f"{row.person.name} is on the roster again.", by, at)


def _set_end(request: HttpRequest, row: Member, leaves_on: date | None, words: str, by: Any, at: Any) -> HttpResponse:
    before = roster.was(row)
    try:
        roster.change_member(member=row, changes={"leaves_on": leaves_on}, by=by, at=at)
    except Refused as refusal:
        return told(request, str(refusal), tone="red", to=ROSTER)
    return told(request, words, tone="green", to=ROSTER, undo=_undo([], [before]))


@require_POST
@needs(Right.PLAN_ROTATIONS)
def commitments(request: HttpRequest) -> HttpResponse:
    """What teams owe, all of them at once; a team that nobody touched is left alone."""
    by, at = require(request, Right.PLAN_ROTATIONS), clock.now()
    owing = _owing(queries.roster_page(team_day(at)), request.POST)
    if any(form.wrong for form in owing):
        return _draw(request, PasteForm(), owing=owing, status=422)
    owed = {form.team: form.cleaned_data for form in owing if form.typed and form.is_valid()}
    changed = roster.set_commitments(owed=owed, today=team_day(at), by=by, at=at)
    words = f"Changed from today on: {', '.join(map(str, changed))}." if changed else "Nothing was changed."
    return told(request, words, tone="green" if changed else "grey", to=ROSTER)


@require_POST
@needs(Right.INVITE_PEOPLE)
def invite(request: HttpRequest) -> HttpResponse:
    """Invites those of the previewed members who have no access and whom nobody has invited meanwhile."""
    by, at = require(request, Right.INVITE_PEOPLE), clock.now()
    asked = {people.number(text) for text in request.POST.getlist("person")}
    waiting = [one for one in _uninvited(by, queries.roster_page(team_day(at)), at) if one.pk in asked]
    made = let_in_all(people=waiting, by=by, at=at)
    if not made:
        return told(request, "Everybody who was asked for is invited already.", to=ROSTER)
    with one_connection():
        unsent = [one for one in made if not post_invitation(one)]
    words = f"{len(made)} invited; the mail is on its way."
    if unsent:
        words = f"{len(made)} invited, but mail cannot be sent at the moment: the page of people sends it again."
    return told(request, words, tone="amber" if unsent else "green", to=ROSTER)


def _uninvited(by: Person, page: queries.RosterPage, at: datetime) -> list[Person]:
    """Members without access whom `by` may invite: nobody, without the right. One query."""
    grantable = rules.grantable(roles(by))
    return people.uninvited({row.person_id for row in page.members}, grantable, at) if grantable else []


def _owing(page: queries.RosterPage, data: QueryDict | None = None) -> list[CommitmentForm]:
    return [CommitmentForm(data, team=row.team, owes=row.commitment) for row in page.teams]


@require_safe
@needs(Right.SEE_DUTY)
def export(request: HttpRequest) -> HttpResponse:
    """The roster as a sheet that can be pasted back. Addresses only for who plans."""
    plans = may(require(request, Right.SEE_DUTY), Right.PLAN_ROTATIONS)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="roster.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for row in queries.roster_page(team_day(clock.now())).members:
        last = queries.last_day(row)
        lead = ("yes" if row.engineers else "only") if row.leads else "no"
        cells = (row.person.name, row.person.email if plans else "", row.team.name if row.team else "",
                 " / ".join(row.skills), lead, row.joins_on.isoformat(), last.isoformat() if last else "")
        writer.writerow([cell if cell[:1] not in ("=", "+", "-", "@") else f"'{cell}" for cell in cells])
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SERVE)
def wishes(request: HttpRequest) -> HttpResponse:
    """My wishes, and for who plans those of others."""
    me, at = require(request, Right.SERVE), clock.now()
    plans = may(me, Right.PLAN_ROTATIONS)
    form = WishForm(request.POST if request.method == "POST" else None, me=me, others=plans)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        made = roster.make_wish(
            person=values.get("person") or me, kind=WishKind(values["kind"]), starts_on=values["starts_on"],
            ends_on=values["last_on"] + DAY, note=values["note"], by=me, at=at,
        )
        return told(request, "Noted. Plans meet it where they can, and say where they cannot.", tone="green",
                    to="set_rotation:wishes", undo=reverse("set_rotation:wish_withdraw", args=[made.pk]))
    context = {"form": form, "wishes": queries.wishes(None if plans else me, team_day(at)), "plans": plans, "now": at}
    return render(request, "rotations/wishes.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Right.SERVE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    me, wish = require(request, Right.SERVE), get_object_or_404(Wish, pk=pk)
    if wish.person_id != me.pk and not may(me, Right.PLAN_ROTATIONS):
        raise PermissionDenied("This is somebody else's wish.")
    wish.delete()
    return told(request, "The wish is withdrawn.", to="set_rotation:wishes")
