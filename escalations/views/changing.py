"""What can be done to an escalation: where it stands, how urgent it is, who has it, what is known of the fix."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from escalations import access
from escalations.actions import level as levels
from escalations.actions import people as whose
from escalations.actions import states
from escalations.actions.base import Refused
from escalations.actions.people import path_of
from escalations.choices import Level, Outcome, Status
from escalations.models import Escalation
from escalations.queries.choosing import candidates, level_choices
from escalations.queries.seen import visible
from escalations.rules.pasted import mask_text, masked_words
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told
from portal.flows.escalations import routing as flows

DIR = "escalations/thread/"
TEMPLATES = {name: f"{DIR}{name}.html" for name in ("move", "level", "merge", "reopen", "fix", "people")}
BOTH = ["GET", "HEAD", "POST"]


def _tried(
    request: HttpRequest, row: Escalation, form: str, act: Callable[[], str], more: dict[str, Any]
) -> HttpResponse:
    """Do it and go back to the escalation, or show the form again with the words why not and what was typed."""
    try:
        words = act()
    except Refused as refused:
        context = {"escalation": row, "refused": str(refused), "typed": request.POST, **more}
        return render(request, TEMPLATES[form], context, status=422)
    return told(request, words, tone="green", to=path_of(row))


@require_http_methods(BOTH)
@needs(Right.WORK_ESCALATIONS)
def move(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    wanted = (request.POST if request.method == "POST" else request.GET).get("to", "")
    to = Status(wanted) if wanted in Status.values else Status.OURS
    more = {"to": to, "outcomes": Outcome.choices, "settles": to in states.SETTLED}
    if request.method != "POST":
        return render(request, TEMPLATES["move"], {"escalation": row, **more})

    def act() -> str:
        given = request.POST.get("outcome", "")
        if to == Status.SOLVED and given not in Outcome.values and not row.outcome:
            raise Refused("Say what it turned out to be: the figures count by it.")
        outcome = Outcome(given) if given in Outcome.values else None
        why = request.POST.get("why", "").replace("\x00", "").strip()[: levels.LONGEST_REASON]
        states.move(escalation=row, to=to, by=person, at=clock.now(), why=why, outcome=outcome)
        return f"{row} is {to.label.lower()}."

    return _tried(request, row, "move", act, more)


@require_POST
@needs(Right.RAISE_ESCALATIONS)
def solved(request: HttpRequest, number: int) -> HttpResponse:
    """Whoever asked says that it is solved for them."""
    person, row = access.found(request, number)
    if access.reads_notes(person) and row.reporter_id != person.pk:
        return told(request, "Say what it turned out to be, too.", to=f"{path_of(row)}move/?to=solved")
    try:
        states.move(escalation=row, to=Status.SOLVED, by=person, at=clock.now(), why="solved for the reporter")
    except Refused as refused:
        return told(request, str(refused), tone="amber", to=path_of(row))
    return told(request, "Good. It can be opened again at any time.", tone="green", to=path_of(row))


@require_http_methods(BOTH)
@needs(Right.RAISE_ESCALATIONS)
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    if request.method != "POST":
        return render(request, TEMPLATES["reopen"], {"escalation": row})

    def act() -> str:
        levels.reopen(escalation=row, reason=request.POST.get("why", ""), by=person, at=clock.now())
        return f"{row} is open again."

    return _tried(request, row, "reopen", act, {})


@require_http_methods(BOTH)
@needs(Right.WORK_ESCALATIONS)
def level(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    at = clock.now()
    more = {"levels": level_choices(row, at), "now": at}
    if request.method != "POST":
        return render(request, TEMPLATES["level"], {"escalation": row, **more})

    def act() -> str:
        given = request.POST.get("level", "")
        if given not in map(str, Level.values):
            raise Refused("Choose a level.")
        flows.change_level(escalation=row, level=Level(int(given)), reason=request.POST.get("why", ""), by=person,
                           at=at)
        return f"{row} is {Level(int(given)).label} now, and its clocks follow."

    return _tried(request, row, "level", act, more)


@require_http_methods(BOTH)
@needs(Right.WORK_ESCALATIONS)
def merge(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    if request.method != "POST":
        return render(request, TEMPLATES["merge"], {"escalation": row})

    def act() -> str:
        into = _named(request, request.POST.get("into", ""))
        levels.merge(escalation=row, into=into, reason=request.POST.get("why", ""), by=person, at=clock.now())
        return f"{row} was merged into {into}; its customers are told there."

    return _tried(request, row, "merge", act, {})


def _named(request: HttpRequest, text: str) -> Escalation:
    """The escalation that somebody typed: "E-12", "12", or its address. Raises `Refused`."""
    digits = text.strip().rstrip("/").rpartition("-")[2] if "-" in text else text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise Refused("Type its number, such as E-12.")
    rows = visible(_person(request), access.rights_of(_person(request)), clock.now())
    found = rows.filter(pk=int(digits)).first()
    if found is None:
        raise Refused(f"There is no E-{digits}, or it is not yours to see.")
    return found


def _person(request: HttpRequest) -> Person:
    return require(request, Right.SEE_CUSTOMERS)


@require_http_methods(BOTH)
@needs(Right.WORK_ESCALATIONS)
def fix(request: HttpRequest, number: int) -> HttpResponse:
    """The workaround, and the expected release with its day."""
    person, row = access.found(request, number)
    if request.method != "POST":
        return render(request, TEMPLATES["fix"], {"escalation": row})

    def act() -> str:
        at, post = clock.now(), request.POST
        on = _day(post.get("on", ""), at)
        workaround = post.get("workaround", "")
        levels.set_workaround(escalation=row, text=workaround, by=person, at=at)
        levels.set_release(escalation=row, release=post.get("release", ""), on=on, by=person, at=at)
        return f"Saved; the reporter reads it on top. {masked_words(mask_text(workaround)[1])}".strip()

    return _tried(request, row, "fix", act, {})


def _day(text: str, at: datetime) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused("The day is no date: write it as 2026-12-16.") from error
    if not -3660 < (day - at.date()).days < 3660:
        raise Refused("That day is more than ten years away.")
    return day


@require_http_methods(BOTH)
@needs(Right.WORK_ESCALATIONS)
def people(request: HttpRequest, number: int) -> HttpResponse:
    """Its owner, and those who follow it."""
    person, row = access.found(request, number)
    at = clock.now()
    more = {"candidates": candidates(row, at)}
    if request.method != "POST":
        return render(request, TEMPLATES["people"], {"escalation": row, **more})
    post = request.POST

    def act() -> str:
        if "owner" in post:
            owner = _chosen(post["owner"])
            whose.set_owner(escalation=row, owner=owner, by=person, at=at)
            return f"{owner.name} has it now." if owner else "Nobody has it now."
        if "unfollow" in post:
            gone = _chosen(post["unfollow"])
            if gone:
                whose.unfollow(escalation=row, person=gone, by=person, at=at)
            return f"{gone.name} no longer follows it." if gone else "Nobody was chosen."
        chosen = _chosen(post.get("follower", ""))
        if chosen is None:
            raise Refused("Choose somebody.")
        made = whose.follow(escalation=row, person=chosen, by=person, at=at)
        return f"{chosen.name} follows it now." if made else f"{chosen.name} follows it already."

    return _tried(request, row, "people", act, more)


def _chosen(text: str) -> Person | None:
    """The person of a choice; None for "nobody". Raises `Refused` for one that is not there."""
    if not text:
        return None
    numbered = text.isascii() and text.isdigit() and len(text) < 16
    found = Person.objects.filter(pk=int(text)).first() if numbered else None
    if found is None:
        raise Refused("This person is not here any more.")
    return found


@require_POST
@needs(Right.SEE_CUSTOMERS)
def follow(request: HttpRequest, number: int) -> HttpResponse:
    """The reader follows it, or no longer."""
    person, row = access.found(request, number)
    at = clock.now()
    try:
        if request.POST.get("follow") == "0":
            whose.unfollow(escalation=row, person=person, by=person, at=at)
            return told(request, "You no longer follow it.", to=_back(request, number))
        whose.follow(escalation=row, person=person, by=person, at=at)
    except Refused as refused:
        return told(request, str(refused), tone="amber", to=path_of(row))
    return told(request, "You follow it: what is said reaches you.", tone="green", to=path_of(row))


def _back(request: HttpRequest, number: int) -> str:
    """Its page, or home for somebody who saw it only because they followed it."""
    person = _person(request)
    seen = visible(person, access.rights_of(person), clock.now()).filter(pk=number).first()
    return path_of(seen) if seen else "home"


@require_POST
@needs(Right.WORK_ESCALATIONS)
def confidential(request: HttpRequest, number: int) -> HttpResponse:
    """Who may see it."""
    person, row = access.found(request, number)
    at, wanted = clock.now(), request.POST.get("confidential") == "1"
    if wanted and person.pk not in (row.owner_id, row.reporter_id):
        # Whoever shuts the door is not to stand outside.
        whose.follow(escalation=row, person=person, by=person, at=at)
    whose.set_confidential(escalation=row, confidential=wanted, by=person, at=at)
    words = "Confidential: its people, leads and who is on duty." if wanted else "All who see escalations see it."
    if wanted and row.ticket_state:
        words += " What its ticket says in Jira stays there: look at it."
    return told(request, words, tone="green", to=_back(request, number))
