from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from people import access, actions, queries, rules, tasks
from people.choices import Right
from people.forms import InviteForm, MemberForm, PeopleFilterForm
from people.models import Invitation, Person
from portal.common import clock

NOT_QUEUED = (
    "The invitation for {name} is kept, but mail cannot be sent at the moment. Use “Send again” in a few minutes."
)


@access.needs(Right.SEE_PEOPLE)
@require_http_methods(["GET", "HEAD"])
def people(request: HttpRequest) -> HttpResponse:
    return _page(request)


@access.needs(Right.INVITE_PEOPLE)
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    person, at = access.require(request, Right.INVITE_PEOPLE), clock.now()
    form = InviteForm(request.POST, grantable=rules.grantable(access.roles(person)))
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        invitation = actions.invite(**form.cleaned_data, by=person, at=at)
    except actions.Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form=form, status=422)
    _post(request, invitation)
    return redirect("people:people")


@access.needs(Right.INVITE_PEOPLE)
@require_POST
def invite_again(request: HttpRequest) -> HttpResponse:
    person, invitation = access.require(request, Right.INVITE_PEOPLE), _open_invitation(request)
    try:
        _post(request, actions.renew_invitation(invitation=invitation, by=person, at=clock.now()))
    except actions.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("people:people")


@access.needs(Right.INVITE_PEOPLE)
@require_POST
def invite_revoke(request: HttpRequest) -> HttpResponse:
    person, invitation = access.require(request, Right.INVITE_PEOPLE), _open_invitation(request)
    try:
        actions.revoke_invitation(invitation=invitation, by=person, at=clock.now())
        messages.success(request, f"The invitation for {invitation.person.name} is taken back.")
    except actions.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("people:people")


@access.needs(Right.INVITE_PEOPLE)
@require_POST
def let_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Invites somebody who was added without access."""
    by, person = access.require(request, Right.INVITE_PEOPLE), _person(pk)
    try:
        _post(request, actions.let_in(person=person, by=by, at=clock.now()))
    except actions.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("people:member", pk=pk) if access.may(by, Right.MANAGE_PEOPLE) else redirect("people:people")


@access.needs(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, pk: int) -> HttpResponse:
    by, shown = access.require(request, Right.MANAGE_PEOPLE), _person(pk)
    roles = queries.held_roles(shown)
    form = MemberForm(request.POST or None, instance=shown, initial={"roles": sorted(roles)})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_member(
                person=shown, roles=form.cleaned_data["roles"], changes=form.changes, by=by, at=clock.now()
            )
        except actions.Refused as refusal:
            form.add_error("roles", str(refusal))
        else:
            messages.success(request, f"Saved. {shown.name}'s rights have changed at once.")
            return redirect("people:member", pk=pk)
    context = {"form": form, "member": queries.member(pk), "self": by.pk == pk}
    return render(request, "people/member.html", context, status=422 if request.method == "POST" else 200)


@access.needs(Right.MANAGE_PEOPLE)
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    by, person = access.require(request, Right.MANAGE_PEOPLE), _person(pk)
    try:
        actions.deactivate(person=person, by=by, at=clock.now())
        messages.success(request, f"{person.name} can no longer sign in.")
    except actions.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("people:member", pk=pk)


@access.needs(Right.MANAGE_PEOPLE)
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    by, person = access.require(request, Right.MANAGE_PEOPLE), _person(pk)
    actions.reactivate(person=person, by=by, at=clock.now())
    messages.success(request, f"{person.name} can sign in again.")
    return redirect("people:member", pk=pk)


def _page(request: HttpRequest, *, form: InviteForm | None = None, status: int = 200) -> HttpResponse:
    person, at = access.require(request, Right.SEE_PEOPLE), clock.now()
    grantable = rules.grantable(access.roles(person))
    filters = PeopleFilterForm(request.GET)
    context = {
        "people": queries.people_list(
            filters.wanted(), at, changeable=access.may(person, Right.MANAGE_PEOPLE), grantable=grantable
        ),
        "filters": filters,
        "filtered": bool(filters.wanted()),
        "roles": [(role.label, words) for role, words in rules.ROLES_IN_WORDS.items()],
        "can_invite": bool(grantable),
        "form": form or InviteForm(grantable=grantable),
    }
    return render(request, "people/people.html", context, status=status)


def _post(request: HttpRequest, invitation: Invitation) -> None:
    if tasks.post_invitation(invitation):
        messages.success(request, f"{invitation.person.name} is invited; the mail is on its way.")
    else:
        messages.warning(request, NOT_QUEUED.format(name=invitation.person.name))


def _person(pk: int) -> Person:
    return get_object_or_404(Person, pk=queries.number(pk))


def _open_invitation(request: HttpRequest) -> Invitation:
    found = queries.open_invitation(queries.number(request.POST.get("person")))
    if found is None:
        raise Http404
    return found
