"""The link in a page's message: a small page for a phone at 3 a.m., which acts for its person without a sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.common import clock
from set_rotation.queries.page_links import opened
from set_rotation.queries.paging import page_view
from set_rotation.views.pages import answer, declares

SNOOZES = ((15, "15 min"), (60, "1 h"))


# The address itself is the secret that a forged form does not know, and an app's own browser may keep no cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows: chats and mail programs fetch links before anybody reads them. POST answers."""
    at = clock.now()
    found = opened(token, at)
    if found is not None:
        timezone.activate(found.person.zone)  # nobody is signed in; the times are theirs all the same
    context: dict[str, object] = {"now": at, "do": request.GET.get("do", ""), "snoozes": SNOOZES}
    words, tone = "", ""
    if found is not None and request.method == "POST":
        words, tone = answer(request, found.page, found.person, at, way="link")
        found = opened(token, at)
    if found is not None:
        page = found.page
        context |= {"view": page_view(page, at), "person": found.person, "said": words, "tone": tone,
                    "mine": page.acknowledged_by_id == found.person.pk,
                    "declares": declares(page, found.person), "portal": reverse("set_rotation:page", args=[page.pk])}
    response = render(request, "rotations/pages/link.html", context, status=200 if found else 404)
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
