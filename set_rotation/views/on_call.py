from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers

from people import access
from people.choices import Right
from people.streams import stream
from portal.common import clock, live
from set_rotation.queries.on_call import on_call_page


@access.needs(Right.SEE_DUTY)
@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def on_call(request: HttpRequest) -> HttpResponse:
    person, version, at = access.require(request, Right.SEE_DUTY), live.current_id("duty"), clock.now()
    chat = settings.ENV.mattermost
    part = request.headers.get("HX-Target") == "duty"
    context = {
        "part": part, "duty": on_call_page(reader=person, at=at), "now": at,
        "live": {"url": reverse("set_rotation:on_call_live"), "id": version},
        "chat": f"{chat.base_url}/{chat.team}/messages/@" if chat.base_url else "",
        "may_plan": access.may(person, Right.PLAN_ROTATIONS), "may_serve": access.may(person, Right.SERVE),
        "may_page": access.may(person, Right.SEND_PAGES),
    }
    return render(request, "rotations/on_call.html#duty" if part else "rotations/on_call.html", context)


@require_GET
async def on_call_live(request: HttpRequest) -> HttpResponseBase:
    """The stream of every page that shows duty."""
    return await stream(request, "duty", Right.SEE_DUTY)
