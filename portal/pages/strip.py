"""The red strip of open Sev1s that every page has."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from incidents.actions.news import LIVE
from incidents.queries.open_ones import OpenOne, sev1s
from incidents.rules.promises import digits
from people import access
from people.access import needs
from people.choices import Right
from people.models import Person
from people.rules import rights_of
from portal.common import clock, live
from portal.pages.sev1 import sev1_of

OWN = re.compile(r"^/incidents/I-(\d{1,18})/")  # an incident's own pages say it themselves


@dataclass(frozen=True)
class Strip:
    """`one`: the Sev1 whose update is due first, None where none is open; `more`: how many others are. `at`: now."""

    one: OpenOne | None
    more: int
    works: bool
    at: datetime
    version: str = ""  # the last event of open incidents that it knows

    @property
    def overdue(self) -> bool:
        return self.one is not None and self.one.due_at is not None and self.one.due_at <= self.at

    @property
    def digits(self) -> str:
        """What the countdown shows before a script moves it."""
        due = self.one.due_at if self.one else None
        return digits((due - self.at).total_seconds()) if due else ""


def strip_of(person: Person, rights: Collection[Right], path: str, at: datetime) -> Strip:
    """The strip for a reader of the page at `path`: there, the incident that the page is about is not said again."""
    version, own = live.current_id(LIVE), OWN.match(path)  # before anything is read
    here = int(own[1]) if own else 0
    others = [one for one in sev1s(person, rights) if one.id != here]
    return Strip(others[0] if others else None, max(len(others) - 1, 0), Right.WORK_INCIDENTS in rights, at, version)


@require_safe
@needs(Right.SEE_INCIDENTS)
def strip(request: HttpRequest) -> HttpResponse:
    """The strip by itself, for pages that stay open; `on`: the page that it is for. The home page's own words of open
    incidents come with it."""
    person, at = request.user, clock.now()
    if not isinstance(person, Person):
        raise PermissionDenied
    rights, on = rights_of(access.roles(person)), request.GET.get("on", "")[:200]
    context = {"strip": strip_of(person, rights, on, at), "now": at}
    if on == reverse("home"):
        return render(request, "pages/home_strip.html", context | {"sev1": sev1_of(person, rights, at)})
    return render(request, "parts/strip.html", context)
