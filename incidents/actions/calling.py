"""Whoever is on duty is paged for an incident that cannot wait; the page is over once somebody is on it."""

import contextlib
from datetime import datetime

from django.db.models import QuerySet

from incidents.choices import Role, Severity
from incidents.models import Incident, IncidentCustomer, IncidentRole
from incidents.queries.addresses import path_of
from incidents.queries.hidden import pages_known_by
from incidents.rules.hiding import door_of, key_of, keys_of
from people.models import Person
from set_rotation.actions import paging
from set_rotation.actions.base import Refused as NotPaged
from set_rotation.choices import PageSource, PageState, Seat, Urgency
from set_rotation.models import Page
from set_rotation.queries.facts import holder

PAGED = (Severity.SEV1, Severity.SEV2)
LET_IN = "Acknowledge this page, and you are let in: then the incident opens for you."


def page_for(*, incident: Incident, by: Person, at: datetime) -> bool:
    """Page whoever is on duty for a held Sev1 or Sev2. Nobody for a drill, while the page that it came from or its own
    still rings or somebody has answered it, and where whoever would be paged first leads it and says so. In the
    caller's transaction. Returns whether this paged."""
    if incident.drill or incident.severity not in PAGED or _leads_on_duty(incident, by, at) or _calls(incident):
        return False
    end_own_page(incident=incident, by=by, at=at)  # one that sleeps, or that nobody answered: the new one rings
    reason, details = _words(incident)
    page, new = paging.raise_page(
        key=_key(incident), urgency=Urgency.URGENT, source=PageSource.INCIDENT, at=at, by=by,
        path=_path(incident), reason=reason, details=details,
    )
    incident.page = page
    incident.save(update_fields=["page"])
    return new


def reword_pages(*, incident: Incident, by: Person, at: datetime, over: bool = False) -> int:
    """What pages for a held incident says how that is now, and as much as those may read who see pages: once it is
    private, nothing of the customer, and not its number. `over`: pages that are over too, which say otherwise how it
    was when they rang. Pages that it came from are somebody else's words. In the caller's transaction. Returns how
    many."""
    reason, details = _words(incident)
    named, pages = _named(incident), _own_pages(incident)
    return sum(
        paging.reword(page=page, reason=reason, details=details, path=_path(incident), by=by, at=at,
                      key=":".join([named, *page.key.split(":")[2:]]))
        for page in (pages if over else pages.exclude(state=PageState.RESOLVED))
    )


def _own_pages(incident: Incident) -> QuerySet[Page]:
    """All that were raised for it, also when it was called otherwise."""
    return Page.objects.filter(pk__in=pages_known_by(keys_of(incident.pk, incident.submission)))


def _named(incident: Incident) -> str:
    return key_of(incident.pk, incident.submission, private=incident.private)


def _path(incident: Incident) -> str:
    """Where its page leads: whoever sees the page of a private one is told no number."""
    return door_of(incident.submission) if incident.private else path_of(incident.pk)


def _words(incident: Incident) -> tuple[str, str]:
    """A page's reason and details."""
    label = Severity(incident.severity).label
    if incident.private:
        return f"{label}: a private incident", LET_IN
    names = ", ".join(IncidentCustomer.objects.filter(incident=incident).values_list("customer__name", flat=True))
    return f"{label}: {names or 'our community server'}: {incident.title}"[:200], incident.known


def _key(incident: Incident) -> str:
    """The key of the next page of a held incident: "incident:7", then "incident:7:2"."""
    there = _own_pages(incident).count()
    return f"{_named(incident)}:{there + 1}" if there else _named(incident)


def _calls(incident: Incident) -> bool:
    """Whether a page rings for it, or was answered. One that is over, put off or at its end wakes nobody."""
    return Page.objects.filter(pk=incident.page_id or 0, state__in=(PageState.OPEN, PageState.ACKNOWLEDGED)).exists()


def _leads_on_duty(incident: Incident, by: Person, at: datetime) -> bool:
    leads = IncidentRole.objects.filter(incident=incident, role=Role.COMMANDER, person=by, ends_at__isnull=True)
    return leads.exists() and holder(Seat.PRIMARY, at) == by


def answer_page(*, incident: Incident, by: Person, at: datetime) -> bool:
    """Whoever leads a held incident has answered the page that it came from: it is not to wake the next one. That of a
    drill is about something else too. In the caller's transaction. Returns whether it still rang."""
    page = Page.objects.filter(pk=incident.page_id or 0, state=PageState.OPEN).first()
    if page is None or incident.drill:
        return False
    with contextlib.suppress(NotPaged):  # somebody answered it in the same second
        paging.acknowledge(page=page, by=by, at=at)
        return True
    return False


def end_page(*, incident: Incident, by: Person, at: datetime) -> bool:
    """What paged for it is over: somebody is on it, or it is no more. In the caller's transaction. Returns whether this
    ended it."""
    page = Page.objects.filter(pk=incident.page_id or 0).exclude(state=PageState.RESOLVED).first()
    if page is None:
        return False
    with contextlib.suppress(NotPaged):  # somebody answered it in the same second
        paging.resolve(page=page, by=by, at=at)
        return True
    return False


def end_own_page(*, incident: Incident, by: Person, at: datetime) -> bool:
    """As `end_page`, of a page that was raised for this incident; one that it came from is about more than that."""
    page = Page.objects.filter(pk=incident.page_id or 0, source=PageSource.INCIDENT)
    return page.exists() and end_page(incident=incident, by=by, at=at)
