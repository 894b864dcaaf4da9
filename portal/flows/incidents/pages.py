"""What befalls an incident's page is on its timeline, and whoever acknowledges it leads the incident."""

import contextlib
from datetime import datetime

import structlog
from django.core.cache import cache
from django.db import transaction
from django.db.models import Max

from incidents.actions.base import CHANGED, Refused, held, record
from incidents.actions.roles import let_in
from incidents.choices import State, What
from incidents.models import Incident, IncidentEvent
from incidents.queries.seen import its_people
from portal.common.timers import set_timers
from set_rotation.choices import PageWhat
from set_rotation.models import PageEvent

log = structlog.get_logger(__name__)

SEEN = "incidents:page-events"  # up to which event of a page everything was looked at
AGAIN = 200  # events before it are looked at once more: one that began earlier may be committed later
AFTER_A_LOSS = 5_000  # where nobody knows how far it was
TONES = {PageWhat.RAISED: "red", PageWhat.ACKNOWLEDGED: "green", PageWhat.RESOLVED: "green", PageWhat.ESCALATED: "red",
         PageWhat.UNANSWERED: "red", PageWhat.STALE: "amber", PageWhat.WOKE: "amber"}


def look_at_pages(at: datetime) -> int:
    """Have the incidents look whose pages something new has befallen. Each second; one query where nothing is new.
    Returns how many."""
    try:
        found = _untold()
        set_timers(kind=CHANGED, due=dict.fromkeys(map(str, sorted(found)), at))
    except Exception:  # what the tick does besides must not wait for this
        log.exception("pages of incidents not looked at")
        return 0
    return len(found)


@transaction.atomic
def tell_page(*, incident: Incident, at: datetime) -> int:
    """What has befallen the incident's page is told, each event once. Returns how many."""
    row = held(incident)
    if row.page_id is None or row.state == State.MERGED:
        return 0
    told = set(IncidentEvent.objects.filter(incident=row, what=What.PAGED).values_list("source", flat=True))
    events = PageEvent.objects.filter(page=row.page_id).select_related("by").order_by("at", "pk")
    new = [event for event in events if _source(event.pk) not in told]
    for event in new:
        what = PageWhat(event.what)
        record(What.PAGED, incident=row, at=event.at, written_at=max(event.at, at), by=event.by,
               words=words_of(event), tone=TONES.get(what, ""), url=f"/pages/{row.page_id}/", source=_source(event.pk))
        if row.private:
            _let_in(row, event)
    return len(new)


def _let_in(row: Incident, event: PageEvent) -> None:
    """Whoever acknowledges the page of a private incident, or takes it over, sees the incident. Each answer counts
    once, so that whoever was taken off afterwards stays outside."""
    answers = event.what == PageWhat.ACKNOWLEDGED or (
        event.what == PageWhat.REASSIGNED and event.to_value == "themself")
    who = event.by
    if not answers or who is None or Incident.objects.filter(its_people(who), pk=row.pk).exists():
        return
    with contextlib.suppress(Refused):  # somebody who may see no incidents at all
        let_in(incident=row, person=who, by=who, at=event.at)


def words_of(event: PageEvent) -> str:
    """What befell a page, in a line; who did it stands below."""
    page = f"Page {event.page_id}"
    match PageWhat(event.what):
        case PageWhat.RAISED:
            return f"{page} raised"
        case PageWhat.REASSIGNED:
            return f"{page} taken over" if event.to_value == "themself" else f"{page} given to {event.to_value} alone"
        case PageWhat.SNOOZED:
            return f"{page} snoozed for {event.to_value}"
        case PageWhat.STILL_ON_IT:
            return f"{page}: still on it"
        case PageWhat.UNANSWERED:
            return f"{page}: nobody has answered"
        case what:
            return f"{page} {what.label}"


def _untold() -> set[int]:
    seen: int | None = cache.get(SEEN)
    if seen is None:
        seen = (PageEvent.objects.aggregate(last=Max("pk"))["last"] or 0) - AFTER_A_LOSS
    rows = list(
        PageEvent.objects.filter(pk__gt=seen - AGAIN, page__incidents__isnull=False)
        .exclude(page__incidents__state=State.MERGED).values_list("pk", "page__incidents")
    )
    cache.set(SEEN, max([seen, *(pk for pk, _ in rows)]), None)
    sources = {_source(pk) for pk, _ in rows}
    told = set(IncidentEvent.objects.filter(incident__in={incident for _, incident in rows}, source__in=sources)
               .values_list("incident_id", "source")) if rows else set()
    return {incident for pk, incident in rows if (incident, _source(pk)) not in told}


def _source(pk: int) -> str:
    return f"page:{pk}"
