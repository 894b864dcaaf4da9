from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from people import access, actions, queries
from people.choices import Right
from people.forms import ComponentForm, TeamForm
from people.models import Component, FeatureTeam
from portal.common import clock
from portal.flows import teams_changed

Form = TeamForm | ComponentForm


@access.needs(Right.SEE_PEOPLE)
@require_http_methods(["GET", "HEAD"])
def teams(request: HttpRequest) -> HttpResponse:
    person = access.require(request, Right.SEE_PEOPLE)
    shown, without = queries.teams()
    context = {"teams": shown, "without": without, "can_edit": access.may(person, Right.MANAGE_TEAMS)}
    return render(request, "people/teams.html", context)


@access.needs(Right.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, slug: str = "") -> HttpResponse:
    by = access.require(request, Right.MANAGE_TEAMS)
    shown = get_object_or_404(FeatureTeam, slug=slug) if slug else None
    form = TeamForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_team(team=shown, changes=form.changes, by=by, at=clock.now())
            teams_changed()
        except IntegrityError:
            form.add_error("name", "A team with this name is here already.")
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect("people:teams")
    remove = reverse("people:team_remove", args=[slug]) if slug else ""
    question = "Its people and areas stay, without a team."
    return _edit(request, form, title="Team" if shown else "New team", remove=remove, question=question)


@access.needs(Right.MANAGE_TEAMS)
@require_POST
def team_remove(request: HttpRequest, slug: str) -> HttpResponse:
    by, shown = access.require(request, Right.MANAGE_TEAMS), get_object_or_404(FeatureTeam, slug=slug)
    actions.remove_team(team=shown, by=by, at=clock.now())
    teams_changed()
    messages.success(request, f"{shown.name} is removed.")
    return redirect("people:teams")


@access.needs(Right.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def area(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    by = access.require(request, Right.MANAGE_TEAMS)
    shown = get_object_or_404(Component, pk=queries.number(pk)) if pk is not None else None
    form = ComponentForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_component(component=shown, changes=form.changes, by=by, at=clock.now())
            teams_changed()
        except IntegrityError:
            form.add_error("name", "An area with this name is here already.")
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect("people:teams")
    remove = reverse("people:area_remove", args=[pk]) if pk is not None else ""
    return _edit(
        request, form, title="New area" if shown is None else "Area", remove=remove,
        question="Tickets keep the component as Jira has it.",
    )


@access.needs(Right.MANAGE_TEAMS)
@require_POST
def area_remove(request: HttpRequest, pk: int) -> HttpResponse:
    by, shown = access.require(request, Right.MANAGE_TEAMS), get_object_or_404(Component, pk=queries.number(pk))
    actions.remove_component(component=shown, by=by, at=clock.now())
    teams_changed()
    messages.success(request, f"{shown.name} is removed.")
    return redirect("people:teams")


def _edit(request: HttpRequest, form: Form, *, title: str, remove: str, question: str) -> HttpResponse:
    context = {"title": title, "form": form, "remove": remove, "question": question}
    return render(request, "people/edit.html", context, status=422 if request.method == "POST" else 200)
