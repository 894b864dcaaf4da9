"""A customer's private page, its feed and calendar, and following it by mail. Nobody is signed in: whoever has the
address may read. A wrong address, a revoked one and one that is over look alike."""

import hashlib
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions.base import Refused
from incidents.actions.links import link_seen
from incidents.actions.subscribing import ask_to_follow, confirm, leave, open_question
from incidents.forms.public import FollowForm
from incidents.models import StatusLink
from incidents.queries.public import (
    AT_FIRST,
    PublicPage,
    key_of,
    leaving_of,
    link_of,
    name_of,
    page_of,
    promised_to,
    subscriber_of,
    token_hash,
)
from incidents.rules.followed import Entry, calendar_bytes, feed_bytes
from incidents.rules.updates.times import zone_of
from people.actions.guessing import count_tries
from people.rules import Limit, guessing_place, when_again
from portal.common import clock
from portal.common.templatetags.parts import day_text

# A team of a customer follows within an hour; somebody who found the address must not fill others' mail boxes.
PER_PLACE = Limit("follow-place", tries=20, window=60 * 60)
PER_LINK = Limit("follow-link", tries=60, window=60 * 60)
PER_ADDRESS = Limit("follow-address", tries=3, window=60 * 60)
AGAIN = "X-Again"  # an open page that looks again says so: it is not opened anew


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    at = clock.now()
    link = link_of(token, at)
    if link is None:
        return gone(request)
    if AGAIN not in request.headers and request.method == "GET":  # who asks for the head alone has read nothing
        link_seen(link=link, at=at)
    return _page(request, link, token, at)


@csrf_exempt  # the address is the secret that a forged form does not know, and its reader keeps no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Ask an address by mail whether it wants the updates. The answer is the same whoever follows already. GET leads
    back: a form that was refused stands at this address, and is loaded again."""
    at = clock.now()
    link = link_of(token, at)
    if link is None:
        return gone(request)
    if request.method != "POST":
        return redirect(f"{reverse('incidents:public', args=[token])}#follow")
    form = FollowForm(request.POST)
    if not form.is_valid():
        return _page(request, link, token, at, form=form, status=422)
    email = form.cleaned_data["email"]
    place = guessing_place(str(request.META.get("REMOTE_ADDR") or ""))
    until = count_tries([(PER_PLACE, place), (PER_LINK, str(link.pk)), (PER_ADDRESS, email.lower())], at)
    if until is not None:
        form.add_error("email", f"That was asked too often. Try again {when_again(until, at)}.")
        return _page(request, link, token, at, form=form, status=429)
    try:
        ask_to_follow(link=link, email=email, at=at)
    except Refused as no:
        form.add_error("email", str(no))
        return _page(request, link, token, at, form=form, status=422)
    return redirect(f"{reverse('incidents:public', args=[token])}?asked=1#follow")


def _page(
    request: HttpRequest, link: StatusLink, token: str, at: datetime, *, form: FollowForm | None = None,
    status: int = 200,
) -> HttpResponse:
    expires = day_text(link.ends_at.astimezone(zone_of(link.incident.zone)), year=True)
    context: dict[str, object] = {"form": form or FollowForm(), "token": token, "expires": expires,
                                  "asked": "asked" in request.GET and form is None}
    context |= shown(page_of(link.incident, link.customer, at), request)
    return outside(render(request, "incidents/public/page.html", context, status=status))


def shown(found: PublicPage, request: HttpRequest) -> dict[str, object]:
    """The page's own part of a context: some of the updates at first, all when asked."""
    every = "all" in request.GET
    told = found.told if every else found.told[:AT_FIRST]
    return {"page": found, "told": told, "more": len(found.told) - len(told)}


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    at = clock.now()
    link = link_of(token, at)
    if link is None:
        return gone(request)
    found, base = page_of(link.incident, link.customer, at), base_of(request)
    entries = [Entry(key=key_of(link, one.key), anchor=one.key, title=f"{one.status}: update {one.number}",
                     html=one.html, at=one.at, changed_at=one.changed_at) for one in found.told]
    text = feed_bytes(
        key=key_of(link, "feed"), title=f"{found.name}: status updates", entries=entries, changed_at=found.changed_at,
        url=base + reverse("incidents:public", args=[token]), feed_url=base + request.path,
    )
    return _program(request, text, "application/atom+xml; charset=utf-8", "updates.atom")


@require_safe
def updates(request: HttpRequest, token: str) -> HttpResponseBase:
    at = clock.now()
    link = link_of(token, at)
    if link is None:
        return gone(request)
    name, url = name_of(link.customer), base_of(request) + reverse("incidents:public", args=[token])
    text = calendar_bytes(name=f"{name}: status updates", title=f"{name}: status update", url=url,
                          promised=promised_to(link, at))
    return _program(request, text, "text/calendar; charset=utf-8", "updates.ics")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirmed(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows: mail programs and scanners follow links before anybody reads them. POST says yes."""
    row, at = subscriber_of(token_hash(token)), clock.now()
    if row is None or not open_question(row, at):
        return gone(request)
    done = request.method == "POST"
    if done and not confirm(subscriber=row, at=at):
        return gone(request)
    context = {"name": name_of(row.link.customer), "email": row.email, "done": done, "verb": "confirm"}
    return outside(render(request, "incidents/public/letter.html", context))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def left(request: HttpRequest, token: str) -> HttpResponse:
    """One click from the letter, by a person or by their mail program (RFC 8058), ends the letters. GET only shows."""
    row = leaving_of(token)
    if row is None:
        return gone(request)
    done = request.method == "POST"
    if done:
        leave(token=token, at=clock.now())
    context = {"name": name_of(row.link.customer), "email": row.email, "done": done, "verb": "leave"}
    return outside(render(request, "incidents/public/letter.html", context))


def gone(request: HttpRequest) -> HttpResponse:
    """A calm page: that there was one is not told."""
    return outside(render(request, "incidents/public/gone.html", status=404))


def base_of(request: HttpRequest) -> str:
    """How addresses of the portal begin outside."""
    return settings.PORTAL_BASE_URL or f"{request.scheme}://{request.get_host()}"


def outside(response: HttpResponse) -> HttpResponse:
    """Found by no search engine, kept by no cache, its address told to no other site."""
    add_never_cache_headers(response)
    _hide(response)
    return response


def _hide(response: HttpResponseBase) -> None:
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"


def _program(request: HttpRequest, text: bytes, kind: str, name: str) -> HttpResponseBase:
    """What a program asks for every few minutes: it gets it whole only when it has changed."""
    etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    fresh = HttpResponse(text, content_type=kind)
    fresh["Content-Disposition"] = f'inline; filename="{name}"'
    response = get_conditional_response(request, etag=etag, response=fresh) or fresh
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    _hide(response)
    return response
