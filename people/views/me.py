import math
from datetime import datetime

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people import access, actions, queries, rules
from people.choices import Right
from people.forms import ChangePasswordForm, ProfileForm, TokenForm
from people.models import Person, PersonalToken
from portal.common import clock


@access.needs(Right.SEE_PEOPLE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    person, at = access.require(request, Right.SEE_PEOPLE), clock.now()
    if request.method != "POST":
        return _page(request, person, at)
    # A copy: the page's head is not to show a name that was refused.
    form = ProfileForm(request.POST, instance=Person.objects.get(pk=person.pk))
    if not form.is_valid():
        return _page(request, person, at, form=form, status=422)
    try:
        actions.change_profile(person=person, changes=form.changes, by=person, at=at)
    except actions.Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, person, at, form=form, status=422)
    messages.success(request, "Saved.")
    return redirect("people:me")


@access.needs(Right.SEE_PEOPLE)
@never_cache
@sensitive_post_parameters("current", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    person, at = access.require(request, Right.SEE_PEOPLE), clock.now()
    if request.method != "POST":
        return _password_page(request, ChangePasswordForm(person=person))
    # Whoever finds a screen unlocked is not to guess the password at it.
    until = actions.count_try(rules.SIGN_IN_PAIR, f"change {person.pk}", at)
    if until:
        # Unbound: a form that looks at what was typed would go on saying whether it is the password.
        words = f"Too many tries. Try again {rules.when_again(until, at)}; a correct password waits too."
        response = _password_page(request, ChangePasswordForm(person=person), refusal=words, status=429)
        response["Retry-After"] = str(math.ceil((until - at).total_seconds()))
        return response
    form = ChangePasswordForm(request.POST, person=person)
    if not form.is_valid():
        return _password_page(request, form, status=422)
    actions.forget_tries(rules.SIGN_IN_PAIR, f"change {person.pk}", at)
    actions.change_password(person=person, password=form.cleaned_data["password"], at=at)
    update_session_auth_hash(request, person)
    messages.success(request, "The password is changed. Every other session has ended.")
    return redirect("people:me")


def _password_page(
    request: HttpRequest, form: ChangePasswordForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "title": "Change your password", "lead": "Every other session of yours ends.", "form": form,
        "refusal": refusal, "button": "Change it", "back": {"url": reverse("people:me"), "label": "Back to your page"},
    }
    return render(request, "people/password.html", context, status=status)


@access.needs(Right.OWN_TOKENS)
@never_cache
@require_POST
def token_create(request: HttpRequest) -> HttpResponse:
    person, at = access.require(request, Right.OWN_TOKENS), clock.now()
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, person, at, token_form=form, status=422)
    try:
        token, text = actions.make_token(
            person=person, name=form.cleaned_data["name"], at=at, expires_at=form.expires_at(at)
        )
    except actions.Refused as refusal:
        form.add_error("name", str(refusal))
        return _page(request, person, at, token_form=form, status=422)
    # Shown in the answer itself: the text is written neither to the session nor to a log.
    return _page(request, person, at, new_token={"name": token.name, "text": text})


@access.needs(Right.OWN_TOKENS)
@require_POST
def token_revoke(request: HttpRequest) -> HttpResponse:
    person = access.require(request, Right.OWN_TOKENS)
    token = get_object_or_404(PersonalToken, pk=queries.number(request.POST.get("token")), person=person)
    actions.revoke_token(token=token, by=person, at=clock.now())
    messages.success(request, f"{token.name} is revoked.")
    return redirect("people:me")


def _page(
    request: HttpRequest, person: Person, at: datetime, *, form: ProfileForm | None = None,
    token_form: TokenForm | None = None, new_token: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:
    context = {
        "person": queries.own_page(person, access.roles(person)),
        "form": form or ProfileForm(instance=person),
        "tokens": queries.tokens(person, at),
        "token_form": token_form or TokenForm(),
        "new_token": new_token,
        "may_serve": access.may(person, Right.SERVE),
    }
    return render(request, "people/me.html", context, status=status)
