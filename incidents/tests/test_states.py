"""Where an incident stands."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from incidents.actions import states
from incidents.actions.base import Refused
from incidents.actions.promises import stop_updates
from incidents.choices import PromiseState, Severity, State, What
from incidents.models import Incident, IncidentEvent, IncidentStatus, Promise, Retrospective
from incidents.tests import factories
from incidents.tests.factories import NIGHT
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def row() -> Incident:
    return factories.incident()


@pytest.fixture
def by() -> Person:
    return people.person(PersonRole.ENGINEER)


def status(slug: str) -> IncidentStatus:
    return IncidentStatus.objects.get(slug=slug)


def lines(row: Incident, what: What) -> list[str]:
    return list(IncidentEvent.objects.filter(incident=row, what=what).values_list("to_value", flat=True))


def test_the_first_status_that_knows_the_cause_says_when_it_was_identified(row: Incident, by: Person) -> None:
    states.change_status(incident=row, status=status("identified"), by=by, at=NIGHT + HOUR)
    states.change_status(incident=row, status=status("investigating"), by=by, at=NIGHT + 2 * HOUR)
    states.change_status(incident=row, status=status("fix-in-progress"), by=by, at=NIGHT + 3 * HOUR)
    row.refresh_from_db()
    assert row.identified_at == NIGHT + HOUR
    assert row.status_since == NIGHT + 3 * HOUR
    assert lines(row, What.STATUS) == ["Status: Identified", "Status: Investigating", "Status: Fix in progress"]


def test_the_same_status_again_is_no_event(row: Incident, by: Person) -> None:
    states.change_status(incident=row, status=row.status, by=by, at=NIGHT + HOUR)
    assert lines(row, What.STATUS) == []


def test_a_resolved_incident_is_watched_and_still_owes_what_was_promised(row: Incident, by: Person) -> None:
    states.resolve(incident=row, by=by, at=NIGHT + 9 * HOUR)
    row.refresh_from_db()
    assert (row.state, row.status.slug, row.resolved_at) == (State.WATCHED, "resolved", NIGHT + 9 * HOUR)
    assert lines(row, What.RESOLVED) == ["Resolved after 9 h"]
    assert Retrospective.objects.filter(incident=row).exists()
    assert Promise.objects.get(incident=row).state == PromiseState.OPEN
    with pytest.raises(Refused, match="resolved already"):
        states.resolve(incident=row, by=by, at=NIGHT + 10 * HOUR)


def test_nobody_goes_back_from_a_resolution_without_opening_it_again(row: Incident, by: Person) -> None:
    states.resolve(incident=row, by=by, at=NIGHT + HOUR)
    with pytest.raises(Refused, match="open it again first"):
        states.change_status(incident=row, status=status("identified"), by=by, at=NIGHT + 2 * HOUR)


def test_a_status_that_is_not_used_any_more_is_refused(row: Incident, by: Person) -> None:
    IncidentStatus.objects.filter(slug="monitoring").update(archived=True)
    with pytest.raises(Refused, match="not used any more"):
        states.change_status(incident=row, status=status("monitoring"), by=by, at=NIGHT)


def test_opening_it_again_takes_the_moments_back_and_promises_an_update(row: Incident, by: Person) -> None:
    states.resolve(incident=row, by=by, at=NIGHT + HOUR)
    Promise.objects.update(state=PromiseState.KEPT)
    states.reopen(incident=row, reason="It fails again", by=by, at=NIGHT + 2 * HOUR)
    row.refresh_from_db()
    assert (row.state, row.status.slug, row.resolved_at) == (State.OPEN, "investigating", None)
    assert row.next_update_at == NIGHT + 2 * HOUR + timedelta(minutes=15)
    assert lines(row, What.REOPENED) == ["Opened again"]
    assert not Retrospective.objects.filter(incident=row).exists()


def test_an_update_that_is_still_owed_is_not_promised_a_second_time(row: Incident, by: Person) -> None:
    states.resolve(incident=row, by=by, at=NIGHT + timedelta(minutes=5))
    states.reopen(incident=row, reason="It fails again", by=by, at=NIGHT + timedelta(minutes=6))
    assert Promise.objects.get(incident=row).due_at == NIGHT + timedelta(minutes=15)


def test_opening_it_again_needs_a_reason_and_something_that_is_over(row: Incident, by: Person) -> None:
    with pytest.raises(Refused, match="It is open"):
        states.reopen(incident=row, reason="why not", by=by, at=NIGHT)
    states.resolve(incident=row, by=by, at=NIGHT + HOUR)
    with pytest.raises(Refused, match="Say why"):
        states.reopen(incident=row, reason="  ", by=by, at=NIGHT + HOUR)


def test_the_severity_goes_both_ways_with_a_reason_and_the_promise_holds(row: Incident, by: Person) -> None:
    due = Promise.objects.get(incident=row).due_at
    states.change_severity(incident=row, severity=Severity.SEV2, reason="A workaround holds", by=by, at=NIGHT)
    states.change_severity(incident=row, severity=Severity.SEV1, reason="It does not", by=by, at=NIGHT + HOUR)
    assert lines(row, What.SEVERITY) == ["Sev1 is now Sev2", "Sev2 is now Sev1"]
    assert Promise.objects.get(incident=row).due_at == due


def test_a_more_urgent_severity_brings_the_promise_forward_and_never_puts_it_off(by: Person) -> None:
    row = factories.incident(severity=Severity.SEV3, commander=by)
    first = Promise.objects.get(incident=row)
    states.change_severity(incident=row, severity=Severity.SEV2, reason="Nobody logs in", by=by, at=NIGHT)
    states.change_severity(incident=row, severity=Severity.SEV1, reason="All are down", by=by, at=NIGHT + 20 * MINUTE)
    told = Promise.objects.filter(incident=row).order_by("pk").values_list("state", "due_at", "ring_at")
    assert list(told) == [  # 30 minutes are fewer than an hour; of the ten that are left then, 15 take nothing away
        (PromiseState.STOPPED, first.due_at, None),
        (PromiseState.OPEN, NIGHT + 30 * MINUTE, NIGHT + 20 * MINUTE),
    ]
    row.refresh_from_db()
    assert row.next_update_at == NIGHT + 30 * MINUTE
    assert Promise.objects.get(incident=row, state=PromiseState.OPEN).reason == "it is Sev2 now"


def test_of_what_is_resolved_a_severity_moves_no_promise(by: Person) -> None:
    row = factories.incident(severity=Severity.SEV3, commander=by)
    states.resolve(incident=row, by=by, at=NIGHT)
    states.change_severity(incident=row, severity=Severity.SEV1, reason="It was worse", by=by, at=NIGHT)
    assert Promise.objects.get(incident=row).due_at == NIGHT + HOUR


def test_a_status_that_goes_back_promises_an_update_where_none_is_promised_any_more(row: Incident, by: Person) -> None:
    states.change_status(incident=row, status=status("monitoring"), by=by, at=NIGHT)
    stop_updates(incident=row, by=by, at=NIGHT)
    states.change_status(incident=row, status=status("investigating"), by=by, at=NIGHT + HOUR)
    row.refresh_from_db()
    assert row.next_update_at == NIGHT + HOUR + 15 * MINUTE
    states.change_status(incident=row, status=status("identified"), by=by, at=NIGHT + HOUR + MINUTE)
    assert Promise.objects.get(incident=row, state=PromiseState.OPEN).due_at == NIGHT + HOUR + 15 * MINUTE


def test_whoever_sets_a_status_is_told_that_an_update_is_promised_again(client: Client, by: Person) -> None:
    row = factories.incident(commander=by, at=clock.now())
    states.change_status(incident=row, status=status("monitoring"), by=by, at=row.at)
    stop_updates(incident=row, by=by, at=row.at)
    client.force_login(by)
    answer = client.post(reverse("incidents:set_status", args=[row.pk]), {"to": "investigating"}, follow=True)
    assert "The next update is promised again." in answer.content.decode()


def test_a_status_under_which_updates_stop_promises_none(row: Incident, by: Person) -> None:
    for slug in ("monitoring", "resolved"):
        states.change_status(incident=row, status=status(slug), by=by, at=NIGHT)
        if slug == "monitoring":
            stop_updates(incident=row, by=by, at=NIGHT)
    assert not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists()


@pytest.mark.parametrize(("severity", "reason", "words"), [
    (Severity.SEV1, "why", "Sev1 already"), (Severity.SEV2, "", "Say why"),
])
def test_the_same_severity_or_no_reason_is_refused(
    row: Incident, by: Person, severity: Severity, reason: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        states.change_severity(incident=row, severity=severity, reason=reason, by=by, at=NIGHT)


def test_only_the_first_acknowledgement_counts(row: Incident) -> None:
    Incident.objects.filter(pk=row.pk).update(acknowledged_at=None)
    row.refresh_from_db()
    assert states.acknowledge(incident=row, at=NIGHT + HOUR)
    assert not states.acknowledge(incident=row, at=NIGHT + 2 * HOUR)
    row.refresh_from_db()
    assert row.acknowledged_at == NIGHT + HOUR
