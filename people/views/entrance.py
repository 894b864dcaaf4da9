import math
from datetime import datetime

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from people import actions, queries, rules
from people.forms import SignInForm
from portal.common import clock

WRONG = "This address and password do not go together. Check both, or set a new password by mail."


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(onward(request))
        return _page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    at = clock.now()
    email, address = rules.normal_email(form.cleaned_data["username"]), client_address(request)
    pair = f"{email} {address}"
    anybody = [(rules.SIGN_IN_ADDRESS, address), (rules.SIGN_IN_ACCOUNT, email)]
    until = actions.count_tries([*anybody, (rules.SIGN_IN_PAIR, pair)], at)
    if until:
        return _too_many(request, form, until, at)
    person = authenticate(request, username=email, password=form.cleaned_data["password"])
    if person is None:
        form.add_error(None, WRONG)
        return _page(request, form, status=422)
    actions.forget_tries(rules.SIGN_IN_PAIR, pair, at)
    actions.take_back(anybody, at)
    login(request, person)
    return redirect(onward(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("people:sign_in")


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    person = queries.demo_person(request.POST.get("person", "")) if settings.ENV.demo else None
    if person is None:
        raise Http404
    login(request, person)
    return redirect(onward(request))


def onward(request: HttpRequest) -> str:
    """Where to go after signing in: `next` if it is ours, else home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and "\x00" not in wanted else resolve_url(settings.LOGIN_REDIRECT_URL)


def client_address(request: HttpRequest) -> str:
    """The address that throttling counts by; the web server has put a trusted proxy's client here."""
    return rules.guessing_place(str(request.META.get("REMOTE_ADDR") or ""))


def _too_many(request: HttpRequest, form: SignInForm, until: datetime, at: datetime) -> HttpResponse:
    form.add_error(None, f"Too many tries. Try again {rules.when_again(until, at)}; a correct password waits too.")
    response = _page(request, form, status=429)
    response["Retry-After"] = str(math.ceil((until - at).total_seconds()))
    return response


def _page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    people = queries.demo_people() if settings.ENV.demo else []
    if people and not form.is_bound:
        # The form stands below the demo's people: a focus there would scroll the page past them.
        form.fields["username"].widget.attrs.pop("autofocus", None)
    context = {"form": form, "next": onward(request) if wanted else "", "demo_people": people}
    return render(request, "people/sign_in.html", context, status=status)
