"""The priority of work: its page, and To Do put in order."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from people.access import may, needs, require
from people.choices import Right
from portal.common import clock
from portal.flows import ordering as order_flows
from portal.flows import priority as flows
from tickets.actions.ordering import OrderChanged
from tickets.actions.priority import BadMark
from tickets.actions.writes import NotThere
from tickets.queries.ordering import order_page
from tickets.queries.priority import checked, priority_page
from tickets.rules.priority import Mark

NEW = "new"  # the row of the form that is not there yet


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.SEE_TICKETS)
def priority(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.EDIT_MAPPINGS if request.method == "POST" else Right.SEE_TICKETS)
    if request.method == "POST":
        kept, added = _rows(request.POST)
        try:
            changed = flows.save_marks(kept=kept, added=added, by=person, at=clock.now())
        except BadMark as error:
            messages.error(request, f"{error} Nothing was changed.")
        else:
            words = "Saved. Every ticket is placed again; the board follows in a moment."
            messages.success(request, words if changed else "Nothing was changed.")
        return redirect(reverse("tickets:priority") + "#marks")
    asked = request.GET.get("key", "")
    found = checked(asked) if asked.strip() else None
    if request.headers.get("HX-Target") == "checked":
        return render(request, "tickets/priority/page.html#checked", {"checked": found})
    page = priority_page(can_edit=may(person, Right.EDIT_MAPPINGS))
    return render(request, "tickets/priority/page.html", {"page": page, "checked": found, "now": clock.now()})


def _rows(form: Mapping[str, str]) -> tuple[dict[int, Mark | None], list[Mark]]:
    """The rows of the form: each by its id as it is to be, None where it is to go; and the new one if it says any."""
    kept: dict[int, Mark | None] = {}
    for name in form:
        identity = name.removeprefix("pattern_")
        if name.startswith("pattern_") and identity.isascii() and identity.isdigit() and len(identity) < 19:
            gone = form.get(f"remove_{identity}") == "1" or not form[name].strip()
            kept[int(identity)] = None if gone else _mark(form, identity)
    fresh = _mark(form, NEW)
    return kept, [fresh] if fresh.pattern.strip() else []


def _mark(form: Mapping[str, str], row: str) -> Mark:
    return Mark(form.get(f"means_{row}", ""), form.get(f"on_{row}", ""), form.get(f"pattern_{row}", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE_TICKETS)
def order(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.WORK_TICKETS if request.method == "POST" else Right.SEE_TICKETS)
    if request.method != "POST":
        at = clock.now()
        context = {"page": order_page(at), "can_apply": may(person, Right.WORK_TICKETS), "now": at}
        return render(request, "tickets/priority/order.html", context)
    try:
        writes = order_flows.order_todo(drawn=request.POST.get("digest", ""), by=person, at=clock.now())
    except OrderChanged:
        messages.warning(request, "To do changed since this was shown, so nothing was moved. These are the moves now.")
        return redirect("tickets:order")
    except NotThere as error:
        messages.error(request, error.words)
        return redirect("tickets:order")
    many = len(writes)
    words = f"{many} ticket{'s' if many > 1 else ''} moved. Jira has the order in a few seconds."
    messages.success(request, words if writes else "To do stands in order already.")
    return redirect("tickets:board")
