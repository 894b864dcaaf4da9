"""Making people ready before a rotation: test pages, reminders, and a word to the lead three days before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from people.models import Person
from set_rotation.actions.base import Refused, record
from set_rotation.actions.paging import raise_page
from set_rotation.actions.paging.ladder import planners
from set_rotation.actions.telling import tell
from set_rotation.choices import PageSource, PageState, Urgency, What
from set_rotation.models import Page, Rotation, RotationEvent
from set_rotation.queries import next_rotation
from set_rotation.queries.readiness import PersonReadiness, RotationReadiness, readiness_of
from set_rotation.rules.readiness import may_warn
from set_rotation.rules.words import moment_words

WAITS = timedelta(minutes=10)  # so long after a test page the next one is not sent while nobody has answered it
DETAILS = "This is a test of how you are reached. Acknowledge it: that proves each way by which it has come."


def send_test_page(*, person: Person, by: Person, at: datetime) -> Page:
    """Page somebody alone, by each way they have, to prove their set-up. Raises `Refused` while another one waits for
    them, and for somebody who has left."""
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        waiting = Page.objects.filter(test=True, only_to=person, at__gt=at - WAITS).exclude(state=PageState.RESOLVED)
        if waiting.exists():
            raise Refused(f"A test page has just been sent to {person.name}: it waits to be acknowledged.")
        page, _ = raise_page(
            key=f"test-{person.pk}-{at:%y%m%d%H%M%S%f}", urgency=Urgency.URGENT, reason="Test page", details=DETAILS,
            path=reverse("set_rotation:reach"), source=PageSource.TEST, only_to=person, test=True, by=by, at=at,
        )
    return page


def page_untested(*, readiness: RotationReadiness, by: Person, at: datetime) -> int:
    """A test page to everybody of a rotation who has not acknowledged one lately; who waits for one is passed over.
    Returns how many were sent."""
    sent = 0
    for person in _people([row for row in readiness.rows if not row.tested]):
        try:
            send_test_page(person=person, by=by, at=at)
        except Refused:
            continue
        sent += 1
    return sent


def remind(*, readiness: RotationReadiness, rows: Sequence[PersonReadiness], by: Person, at: datetime) -> int:
    """Tell those of these people who are not ready what is left; once a day each. Returns how many."""
    rotation = readiness.rotation
    lacking = {row.person.id: row for row in rows if not row.ready}
    told = _people(list(lacking.values()))
    for person in told:
        lines = [f"- {check.label}: {check.words}" for check in lacking[person.pk].missing]
        begins = moment_words(rotation.starts_at, person.zone)
        text = "\n".join([f"{rotation} begins {begins}, and you are on SET. What is left:", "", *lines])
        with transaction.atomic():
            tell(person, key=f"ready-{rotation.pk}-{person.pk}-{at:%y%m%d}", subject="Get ready for SET", text=text,
                 path=reverse("set_rotation:reach"), at=at, by=by)
    return len(told)


def _people(rows: Sequence[PersonReadiness]) -> list[Person]:
    """Those who can be told something."""
    return list(Person.objects.filter(pk__in=[row.person.id for row in rows], is_active=True).order_by("name", "pk"))


def tell_unready(*, at: datetime) -> int:
    """Three days before a rotation begins its lead is told who is not ready, once; without a lead, whoever plans
    rotations is. Returns how many were told."""
    rotation = next_rotation(at)
    if rotation is None or not may_warn(rotation.starts_at, at):
        return 0
    with transaction.atomic():
        Rotation.objects.select_for_update(no_key=True).get(pk=rotation.pk)
        if RotationEvent.objects.filter(rotation=rotation, what=What.READINESS_TOLD).exists():
            return 0
        readiness = readiness_of(rotation, at)
        return 0 if readiness.whole else _tell_lead(readiness, at)


def _tell_lead(readiness: RotationReadiness, at: datetime) -> int:
    rotation, lacking = readiness.rotation, [row for row in readiness.rows if not row.ready]
    lines = [f"- {row.person.name} ({row.serves.lower()}): {'; '.join(check.words for check in row.missing)}"
             for row in lacking]
    if readiness.gaps:
        lines.append(f"- {readiness.gaps} {'place has' if readiness.gaps == 1 else 'places have'} nobody yet")
    record(What.READINESS_TOLD, at=at, by=None, rotation=rotation,
           to_value=", ".join(row.person.name for row in lacking) or "gaps")
    told = [readiness.lead] if readiness.lead and readiness.lead.is_active else planners(at)
    for person in told:
        begins = moment_words(rotation.starts_at, person.zone)
        text = "\n".join([f"{rotation} begins {begins}. {readiness.words}:", "", *lines])
        tell(person, key=f"unready-{rotation.pk}-{at:%y%m%d}-{person.pk}", subject=f"{rotation}: {readiness.words}",
             text=text, path=readiness.path, at=at)
    return len(told)
