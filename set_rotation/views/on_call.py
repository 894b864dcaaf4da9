from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people import access
from people.choices import Right
from portal.common import clock
from set_rotation import queries


@access.needs(Right.SEE_DUTY)
@require_safe
def on_call(request: HttpRequest) -> HttpResponse:
    at = clock.now()
    return render(request, "rotations/on_call.html", {"now": at, "holders": list(queries.holders(at).values())})
