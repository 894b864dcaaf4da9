"""What people reach from a mail: an invitation, a new password."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from people import actions, queries, rules, tasks
from people.choices import What
from people.forms import EmailForm, NewPasswordForm
from people.views.entrance import client_address
from portal.common import clock
from portal.common.jobs import queue

RESET_LEAD = "Write the address you sign in with; a link to set a new password is sent there."
SENT_LEAD = "If somebody with this address is here, the mail is on its way. Its link works for three days."


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    at = clock.now()
    invitation = queries.invitation_of(token, at)
    if invitation is None:
        return _spent_invitation(request)
    form = NewPasswordForm(request.POST or None, person=invitation.person)
    if request.method != "POST" or not form.is_valid():
        lead = f"You sign in with {invitation.person.email}. Choose a password, and you are in."
        return _step(request, f"Welcome, {invitation.person.name}", lead, form, "Set the password and sign in")
    try:
        person = actions.accept(invitation=invitation, password=form.cleaned_data["password"], at=at)
    except actions.Refused:
        return _spent_invitation(request)
    login(request, person)
    messages.success(request, f"Welcome, {person.name}. You are signed in.")
    return redirect("home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _reset_page(request, form)
    at, email, address = clock.now(), form.cleaned_data["email"], client_address(request)
    until = actions.count_try(rules.RESET_ADDRESS, address, at) or actions.count_try(rules.RESET_PAIR, email, at)
    if until:
        form.add_error(None, f"Too many requests. Try again {rules.when_again(until, at)}.")
        return _reset_page(request, form, status=429)
    # The worker looks the address up, so that the answer takes equally long for everybody.
    if not queue(tasks.send_password_reset, email):
        form.add_error(None, "Mail cannot be sent at the moment. Try again in a few minutes.")
        return _reset_page(request, form, status=503)
    return redirect("people:reset_sent")


@require_http_methods(["GET", "HEAD"])
def reset_sent(request: HttpRequest) -> HttpResponse:
    return _note(request, "Look into your mail", SENT_LEAD, tone="green", icon="mail")


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def reset_confirm(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    person = queries.person_of_reset(uid)
    if person is None or not default_token_generator.check_token(person, token):
        back = {"url": reverse("people:reset"), "label": "Ask for a new one"}
        lead = "It was used already, or it is older than three days."
        return _note(request, "This link no longer works", lead, tone="amber", icon="mail", back=back, status=404)
    form = NewPasswordForm(request.POST or None, person=person)
    if request.method != "POST" or not form.is_valid():
        return _step(request, "A new password", f"For {person.email}.", form, "Set the new password")
    actions.change_password(
        person=person, password=form.cleaned_data["password"], at=clock.now(), what=What.PASSWORD_RESET
    )
    messages.success(request, "The new password is set. Sign in with it.")
    return redirect("people:sign_in")


def _reset_page(request: HttpRequest, form: EmailForm, status: int | None = None) -> HttpResponse:
    return _step(request, "Forgot your password?", RESET_LEAD, form, "Send the link", status=status, back=True)


def _spent_invitation(request: HttpRequest) -> HttpResponse:
    lead = "It was used already, taken back, or is older than seven days. Whoever invited you can send it again."
    return _note(request, "This invitation no longer works", lead, tone="amber", icon="mail", status=404)


def _step(
    request: HttpRequest, title: str, lead: str, form: forms.Form, button: str, *, back: bool = False,
    status: int | None = None,
) -> HttpResponse:
    context = {"title": title, "lead": lead, "form": form, "button": button, "back": _back() if back else None}
    status = status or (422 if request.method == "POST" else 200)
    return render(request, "people/password.html", context, status=status)


def _note(request: HttpRequest, title: str, lead: str, *, status: int = 200, **words: Any) -> HttpResponse:
    context = {"title": title, "lead": lead, "form": None, "back": _back(), **words}
    return render(request, "people/password.html", context, status=status)


def _back() -> dict[str, str]:
    return {"url": reverse("people:sign_in"), "label": "To the sign-in page"}
