"""Who is told of incidents by mail: lists by customer and severity."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions.base import Refused
from incidents.actions.stakeholders import add_member, archive_list, change_list, make_list, remove_member
from incidents.forms.stakeholders import ListForm, MemberForm
from incidents.models import StakeholderList
from incidents.queries.settings import settings_changes
from incidents.queries.stakeholders import line_of, lists, members_of, to_choose
from people.access import needs, require
from people.choices import Right
from people.queries import number
from portal.common import clock


@require_safe
@needs(Right.WORK_INCIDENTS)
def all_lists(request: HttpRequest) -> HttpResponse:
    return render(request, "incidents/telling/lists.html", {"lists": lists()})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_INCIDENTS)
def new(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = make_list(told=form.told, by=require(request, Right.WORK_INCIDENTS), at=clock.now())
        except Refused as no:
            form.add_error(None, str(no))
        else:
            messages.success(request, f"{made.name} is made. Now say who is on it.")
            return redirect("incidents:list_of", made.pk)
    return render(request, "incidents/telling/list_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.WORK_INCIDENTS)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    row = _row(pk)
    if request.method != "POST":
        return _page(request, row)
    form = ListForm(request.POST, row=row)
    if not form.is_valid():
        return _page(request, row, form=form, status=422)
    try:
        changed = change_list(row=row, told=form.told, by=require(request, Right.WORK_INCIDENTS), at=clock.now())
    except Refused as no:
        form.add_error(None, str(no))
        return _page(request, row, form=form, status=422)
    messages.success(request, f"{changed.name} is changed.")
    return redirect("incidents:list_of", row.pk)


@require_POST
@needs(Right.WORK_INCIDENTS)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    row = _row(pk)
    form = MemberForm(request.POST, people=to_choose(row))
    if not form.is_valid():
        return _page(request, row, member=form, status=422)
    given = form.cleaned_data
    try:
        add_member(row=row, person=given["person"], email=given["email"], name=given["name"],
                   by=require(request, Right.WORK_INCIDENTS), at=clock.now())
    except Refused as no:
        form.add_error(None, str(no))
        return _page(request, row, member=form, status=422)
    messages.success(request, f"{given['person'].name if given['person'] else given['email']} is on {row.name}.")
    return redirect("incidents:list_of", row.pk)


@require_POST
@needs(Right.WORK_INCIDENTS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    by, row = require(request, Right.WORK_INCIDENTS), _row(pk)
    if remove_member(row=row, pk=number(request.POST.get("member")), by=by, at=clock.now()):
        messages.success(request, f"Taken off {row.name}.")
    return redirect("incidents:list_of", row.pk)


@require_POST
@needs(Right.WORK_INCIDENTS)
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    by, row = require(request, Right.WORK_INCIDENTS), _row(pk)
    if archive_list(row=row, by=by, at=clock.now()):
        messages.success(request, f"{row.name} is not used any more: nobody on it is told.")
    return redirect("incidents:lists")


def _row(pk: int) -> StakeholderList:
    rows = StakeholderList.objects.filter(archived_at=None).select_related("customer")
    return get_object_or_404(rows, pk=number(pk))


def _page(
    request: HttpRequest, row: StakeholderList, *, form: ListForm | None = None, member: MemberForm | None = None,
    status: int = 200,
) -> HttpResponse:
    members = list(members_of(row))
    context = {"row": row, "line": line_of(row, len(members)), "members": members, "form": form or ListForm(row=row),
               "changes": settings_changes(row), "member": member or MemberForm(people=to_choose(row))}
    return render(request, "incidents/telling/list.html", context, status=status)
