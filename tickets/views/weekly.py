"""The weekly update: the page, the lists behind its numbers, and what the lead does with it."""

import csv
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from cadence.queries import team_zone
from people.access import may, needs, require
from people.choices import Right
from portal import flows
from portal.common import clock
from portal.common.tables import cell
from portal.flows.priority import bugs_changed
from tickets.actions.mapping import set_counted
from tickets.actions.weekly import updates
from tickets.choices import Column, UpdateState
from tickets.models import WeeklyUpdate
from tickets.queries.addresses import ticket_url
from tickets.queries.weekly.numbers import counted
from tickets.queries.weekly.page import frozen, list_of, search_updates, this_weeks, weekly_page
from tickets.rules.weekly import post
from tickets.rules.weekly.frozen import LISTS, Counted
from tickets.rules.weekly.numbers import Line
from tickets.rules.weekly.shown import shown
from tickets.rules.weekly.words import DEFINITIONS, LABELS

EARLIEST = 1990  # before Jira; a window before the first year there is would be no time at all
MOST = 50  # names of types or resolutions
PARTS = ("customer", "column", "apart")
SHOWN = 200  # tickets of a list; its CSV holds all
CSV_HEAD = ("key", "summary", "type", "column", "since", "customer", "resolution apart", "assignee")


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def current(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    moment = _moment(request, now)
    return _page(request, None if moment else this_weeks(now), moment, now)


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def of_day(request: HttpRequest, day: str) -> HttpResponse:
    return _page(request, _update(day), None, clock.now())


def _page(request: HttpRequest, update: WeeklyUpdate | None, moment: datetime | None, now: datetime) -> HttpResponse:
    require(request, Right.SEE_TICKETS)
    return render(request, "tickets/weekly/update.html", _context(request, update, moment, now))


def _context(
    request: HttpRequest, update: WeeklyUpdate | None, moment: datetime | None, now: datetime
) -> dict[str, Any]:
    """What the page is drawn from, whoever reads it."""
    person = require(request, Right.SEE_TICKETS)
    can_post = may(person, Right.POST_UPDATES)
    page = weekly_page(update=update, moment=moment, now=now, may_post=can_post)
    return {
        "weekly": page, "now": now, "asked": moment, "can_post": can_post,
        "can_act": may(person, Right.WORK_TICKETS), "zone": team_zone(),
        "can_map": may(person, Right.EDIT_MAPPINGS),
        "shown": {"text": page.editor.text, "preview": page.editor.preview, "faults": page.editor.faults},
    }


@require_safe
@needs(Right.SEE_TICKETS)
def list_live(request: HttpRequest, name: str) -> HttpResponse:
    now = clock.now()
    at = _moment(request, now) or now
    return _list(request, counted(at=at), name, back=_at_url("tickets:weekly", at), at=at)


@require_safe
@needs(Right.SEE_TICKETS)
def list_of_day(request: HttpRequest, day: str, name: str) -> HttpResponse:
    update = _update(day)
    back = reverse("tickets:weekly_of", args=[update.meeting_date.isoformat()])
    return _list(request, frozen(update), name, back=back, at=None)


def _list(request: HttpRequest, found: Counted, name: str, *, back: str, at: datetime | None) -> HttpResponse:
    if name not in LISTS:
        raise Http404("There is no such list.")
    part = {key: request.GET[key] for key in PARTS if request.GET.get(key)}
    lines = list_of(found, name, part)
    if request.GET.get("format") == "csv":
        return _csv(name, lines)
    query = {"format": "csv"} | ({"at": at.isoformat()} if at else {}) | part
    words = next((words for label, words in DEFINITIONS if label == LABELS[name]), DEFINITIONS[5][1])
    context = {
        "label": LABELS[name], "found": found,
        "lines": [(line, ticket_url(line.key), Column(line.column).label) for line in lines[:SHOWN]],
        "count": len(lines), "part": _in_words(part),
        "whole_url": request.path + (f"?{urlencode({'at': at.isoformat()})}" if at else ""),
        "words": words, "csv_url": request.path + "?" + urlencode(query), "back": back, "now": clock.now(),
    }
    return render(request, "tickets/weekly/list.html", context)


def _in_words(part: dict[str, str]) -> str:
    """Which part of a list is shown; empty for all of it."""
    column = part.get("column", "")
    return ", ".join(filter(None, [
        "reported by customers" if "customer" in part else "",
        Column(column).label if column in Column.values else column, part.get("apart", ""),
    ]))


def _csv(name: str, lines: tuple[Line, ...]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="weekly-{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(CSV_HEAD)
    writer.writerows(
        (cell(line.key), cell(line.summary), cell(line.kind), line.column, line.at.isoformat(),
         "yes" if line.customer else "", cell(line.apart), cell(line.assignee)) for line in lines
    )
    return response


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def history(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    part = request.headers.get("HX-Target") == "updates"
    context = {"updates": search_updates(q, request.GET.get("page", "")), "q": q, "now": clock.now()}
    return render(request, "tickets/weekly/history.html" + ("#updates" if part else ""), context)


@require_POST
@needs(Right.POST_UPDATES)
def preview(request: HttpRequest) -> HttpResponse:
    """The text as the channel will show it, and what its form lacks; nothing is kept."""
    text, day = request.POST.get("text", ""), _day(request.POST.get("day", ""))
    context = {"preview": shown(text), "faults": post.faults(text, day) if day else []}
    return render(request, "tickets/weekly/preview.html", context)


@require_POST
@needs(Right.EDIT_MAPPINGS)
def mapping(request: HttpRequest) -> HttpResponse:
    """Which types are bugs, and which resolutions stand apart: names, parted by commas."""
    person = require(request, Right.EDIT_MAPPINGS)
    bugs, apart = (request.POST.get(name, "").replace("\x00", "").split(",")[:MOST] for name in ("bugs", "apart"))
    if not any(name.strip() for name in bugs):
        messages.error(request, "Without a type that is a bug nothing would be counted.")
    elif set_counted(bugs=bugs, apart=apart, by=person, at=clock.now()):
        bugs_changed()  # the priority of work reads them too
        messages.success(request, "Saved; from now on every week, past ones too, is counted so. What was posted stays.")
    else:
        messages.info(request, "Nothing was changed.")
    return redirect("tickets:weekly")


@require_POST
@needs(Right.POST_UPDATES)
def draft(request: HttpRequest) -> HttpResponse:
    update = flows.draft_weekly_now(by=require(request, Right.POST_UPDATES), at=clock.now())
    return redirect("tickets:weekly_of", update.meeting_date.isoformat())


@require_POST
@needs(Right.POST_UPDATES)
def again(request: HttpRequest, day: str) -> HttpResponse:
    """Count a draft again up to now; its notes stay."""
    person, update, now = require(request, Right.POST_UPDATES), _update(day), clock.now()
    try:
        updates.redraft_update(update=update, at=now, now=now, by=person)
    except updates.Refused as refused:
        messages.error(request, refused.words)
    else:
        messages.success(request, "Counted again; your notes are as they were.")
    return redirect("tickets:weekly_of", day)


@require_POST
@needs(Right.POST_UPDATES)
def save(request: HttpRequest, day: str) -> HttpResponse:
    """Save a draft, or correct what is posted; `carry` adds the notes of the update before."""
    person, update, now = require(request, Right.POST_UPDATES), _update(day), clock.now()
    text, seen = request.POST.get("text", ""), _number(request.POST.get("version", ""))
    if request.POST.get("carry"):
        earlier = WeeklyUpdate.objects.filter(meeting_date__lt=update.meeting_date, state=UpdateState.POSTED).first()
        text = post.with_notes(text, post.notes_of(earlier.text)) if earlier else text
    try:
        if update.state == UpdateState.POSTED:
            changed = flows.correct_weekly(update=update, text=text, seen=seen, by=person, at=now)
            words = "The post is being corrected; its first text stays readable." if changed else "Nothing was changed."
        else:
            updates.save_text(update=update, text=text, seen=seen, by=person, now=now)
            words = "Saved."
    except updates.Refused as refused:
        return _kept(request, update, text, seen, refused.words)
    messages.success(request, words)
    return redirect("tickets:weekly_of", day)


@require_POST
@needs(Right.POST_UPDATES)
def send(request: HttpRequest, day: str) -> HttpResponse:
    person, update = require(request, Right.POST_UPDATES), _update(day)
    text, seen = request.POST.get("text"), _number(request.POST.get("version", ""))
    try:
        first = flows.post_weekly(update=update, text=text, seen=seen, by=person, at=clock.now())
    except updates.Refused as refused:
        return _kept(request, update, text or update.text, seen, refused.words)
    if first:
        messages.success(request, "On its way to the channel.")
    else:
        messages.info(request, "Somebody posted it a moment ago; there is one post.")
    return redirect("tickets:weekly_of", day)


def _kept(request: HttpRequest, update: WeeklyUpdate, text: str, seen: int, words: str) -> HttpResponse:
    """The page with what was typed still in the editor, beside the words that say why it was not taken."""
    require(request, Right.POST_UPDATES)
    typed = {"text": text, "preview": shown(text), "faults": post.faults(text, update.meeting_date)}
    context = _context(request, update, None, clock.now()) | {"refused": words, "shown": typed}
    return render(request, "tickets/weekly/update.html", context, status=422)


def _update(day: str) -> WeeklyUpdate:
    found = _day(day)
    if found is None:
        raise Http404("That is no day.")
    return get_object_or_404(WeeklyUpdate, meeting_date=found)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(request: HttpRequest, now: datetime) -> datetime | None:
    """The moment that `?at=` names, in the team's zone unless it has an offset; nothing later than now."""
    try:
        at = datetime.fromisoformat(request.GET.get("at", ""))
        at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(team_zone()))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(at, now) if at.year >= EARLIEST else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _at_url(name: str, at: datetime) -> str:
    return reverse(name) + "?" + urlencode({"at": at.isoformat()})
