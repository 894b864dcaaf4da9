"""How our help was: a small page behind a secret link, for somebody who is not signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from escalations.actions.base import Refused
from escalations.actions.ratings import answer_rating, token_hash
from escalations.forms.knowledge import RatingForm
from escalations.models import Rating
from escalations.queries.ratings import rating_of
from escalations.rules.ratings import Asked, door
from portal.common import clock


# The address itself is the secret that a forged form does not know, and whoever opens it may keep no cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows: mail programs and scanners follow links before anybody reads them. POST answers."""
    row, at = rating_of(token_hash(token)), clock.now()
    context: dict[str, object] = {"now": at}
    if row is not None:
        form = RatingForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            context |= _answer(row, form)
            row = rating_of(row.token_hash)
        context |= {"form": form}
    if row is not None:
        context |= {"rating": row, "door": door(Asked(row.asked_at, row.at), at).value}
    response = render(request, "escalations/ratings/rate.html", context, status=200 if row else 404)
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _answer(row: Rating, form: RatingForm) -> dict[str, object]:
    told = form.cleaned_data
    try:
        answer_rating(row=row, good=told["good"] == "yes", comment=told["comment"], at=clock.now())
    except Refused as refused:
        return {"refused": str(refused)}
    return {"thanked": True}
