"""What coordinators set: the statuses, how often updates are promised, a few bounds."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents.actions import settings as verbs
from incidents.actions.base import Refused
from incidents.actions.handbook import load_incidents
from incidents.forms.settings import BoundsForm, CadenceForm, status_forms
from incidents.queries.settings import all_statuses, bounds, cadences, seen_of, settings_changes
from people.access import needs, require
from people.choices import Right
from people.models import Person
from portal.common import clock
from portal.common.answers import told

PARTS = ("statuses", "cadence", "bounds")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_PLAYBOOK)
def settings(request: HttpRequest) -> HttpResponse:
    person = require(request, Right.EDIT_PLAYBOOK)
    part = request.POST.get("part", "") if request.method == "POST" else ""
    page = _Page(request.POST, part)
    if part not in PARTS:
        return render(request, "incidents/playbook/settings.html", page.context())
    try:
        changed = page.saved(person)
    except Refused as refused:
        page.refused = str(refused)
        changed = None
    if changed is None:
        return render(request, "incidents/playbook/settings.html", page.context(), status=422)
    words, tone = ("Saved. It holds from now on.", "green") if changed else ("Nothing was different.", "grey")
    return told(request, words, tone=tone, to=reverse("incidents:settings"))


class _Page:
    """Three forms; what was sent is one of them."""

    def __init__(self, data: Any, part: str) -> None:
        if not all_statuses():
            load_incidents(at=clock.now())
        rows, times, row = all_statuses(), cadences(), bounds()
        self.part, self.refused, self.given = part, "", data.get("seen", "")
        self.seen = {"statuses": seen_of(rows), "cadence": seen_of(times), "bounds": seen_of([row])}
        self.statuses = status_forms(data if part == "statuses" else None, rows)
        self.cadence = [CadenceForm(data if part == "cadence" else None, row=one) for one in times]
        self.bounds = BoundsForm(data if part == "bounds" else None, row=row)

    def saved(self, by: Person) -> bool | None:
        """Whether anything is different; None where something is wrong, which the forms say."""
        at = clock.now()
        if self.part == "statuses":
            if [form for form in self.statuses if not form.is_valid()]:
                return None
            given = [one for form in self.statuses if (one := form.given)]
            return verbs.save_statuses(given=given, seen=self.given, by=by, at=at) > 0
        if self.part == "cadence":
            if [form for form in self.cadence if not form.is_valid()]:
                return None
            times = {int(form.severity): form.given for form in self.cadence}
            return verbs.save_cadence(given=times, seen=self.given, by=by, at=at) > 0
        if not self.bounds.is_valid():
            return None
        return verbs.save_bounds(given=self.bounds.cleaned_data, seen=self.given, by=by, at=at)

    def context(self) -> dict[str, object]:
        return {"statuses": self.statuses, "cadence": self.cadence, "bounds": self.bounds, "seen": self.seen,
                "part": self.part, "refused": self.refused, "changes": settings_changes()}
