"""Whoever wrote a line was killed before open pages were told of it: they are told by themselves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from incidents.actions import notes
from incidents.actions.base import CHANGED, record
from incidents.actions.news import publish, topic_of
from incidents.actions.roles import let_out
from incidents.actions.untold import SOON, UNTOLD, look_for_untold, tell_untold
from incidents.choices import What
from incidents.models import Incident, IncidentEvent, IncidentWatcher
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.tests import factories as people
from portal.common import live
from portal.common.models import Timer
from portal.flows.incidents.changed import incident_due
from portal.flows.incidents.timers import TIMERS

NOW = factories.NIGHT + timedelta(hours=2)
Sent = list[tuple[str, str, str]]


@pytest.fixture
def row(db: None) -> Iterator[Incident]:
    """An incident of which open pages know everything."""
    made = factories.incident()
    live.client().delete(f"{live.CHANNEL}told:{topic_of(made.pk)}")
    incident_due(str(made.pk), NOW)
    Timer.objects.filter(kind=UNTOLD).delete()
    for event in IncidentEvent.objects.filter(incident=made):
        publish(made.pk, event.pk)
    connection.run_on_commit.clear()
    yield made
    live.client().delete(f"{live.CHANNEL}told:{topic_of(made.pk)}")


@pytest.fixture
def told(row: Incident) -> Iterator[Sent]:
    """What open pages are told from now on."""
    sent: Sent = []
    with patch("portal.common.live.publish", lambda *given: sent.append(given)):
        yield sent


def changed(row: Incident, at: datetime = NOW) -> bool:
    """The timer that each line sets rings. Whether something was found that pages were not told of."""
    assert Timer.objects.filter(kind=CHANGED, key=str(row.pk)).exists()
    incident_due(str(row.pk), at)
    return Timer.objects.filter(kind=UNTOLD, key=str(row.pk)).exists()


def heal(row: Incident, at: datetime = NOW + SOON) -> None:
    """What is due rings."""
    timer = Timer.objects.get(kind=UNTOLD, key=str(row.pk))
    assert timer.due_at <= at
    TIMERS[timer.kind](timer.key, at)
    timer.delete()


def names(row: Incident, told: Sent) -> list[str]:
    return [name for topic, name, _ in told if topic == topic_of(row.pk)]


def test_a_line_whose_writer_was_killed_before_telling_is_told_within_seconds_and_once(
    row: Incident, told: Sent,
) -> None:
    event = record(What.ROLE, incident=row, at=NOW, by=None, words="Joel is deputy")
    assert event is not None
    connection.run_on_commit.clear()  # killed after the commit
    assert changed(row) and not told
    heal(row)
    assert names(row, told) == ["entry", "works", "reads"]
    assert f'id="entry-{event.pk}"' in told[0][2] and ("incidents", "stale", "") in told
    told.clear()
    assert not changed(row)
    assert tell_untold(incident=row.pk) == 0 and not told


def test_where_all_was_told_nothing_more_is_told_and_nobody_fetches_anything(
    row: Incident, told: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        record(What.STEP, incident=row, at=NOW, by=None, words="Done: root cause")
    told.clear()
    assert not changed(row)
    assert not told


def test_whoever_is_just_telling_is_left_to_do_it(row: Incident, told: Sent) -> None:
    event = record(What.STEP, incident=row, at=NOW, by=None, words="Done: root cause")
    assert event is not None and changed(row)
    publish(row.pk, event.pk)
    told.clear()
    heal(row)
    assert not told


def test_what_the_broker_did_not_take_is_told_later(row: Incident) -> None:
    event = record(What.STEP, incident=row, at=NOW, by=None, words="Done: root cause")
    assert event is not None
    with patch("portal.common.live.publish", return_value=False):
        publish(row.pk, event.pk)
    assert changed(row)


def test_a_note_that_was_taken_back_is_gone_from_pages_too(row: Incident, told: Sent) -> None:
    assert row.declared_by is not None
    event = notes.note(incident=row, text="A slip", key="k", by=row.declared_by, at=NOW)
    publish(row.pk, event.pk)
    assert notes.take_back(event=event, by=row.declared_by, at=NOW)
    connection.run_on_commit.clear()
    told.clear()
    assert changed(row)
    heal(row)
    assert (topic_of(row.pk), "gone", str(event.pk)) in told


def test_whose_right_to_see_it_was_taken_away_hears_nothing_more_though_that_was_not_told(
    row: Incident, told: Sent,
) -> None:
    outside = people.person(PersonRole.ENGINEER)
    assert row.declared_by is not None
    IncidentWatcher.objects.create(incident=row, person=outside, at=NOW)
    assert let_out(incident=row, person=outside, by=row.declared_by, at=NOW)
    connection.run_on_commit.clear()
    assert changed(row)
    heal(row)
    assert names(row, told)[0] == live.OVER


def test_where_nobody_knows_what_was_told_pages_are_fetched_once(row: Incident, told: Sent) -> None:
    live.client().delete(f"{live.CHANNEL}told:{topic_of(row.pk)}")  # the broker has lost everything
    assert changed(row)
    heal(row)
    assert names(row, told) == ["stale"]
    told.clear()
    assert not changed(row) and not told


def test_while_the_broker_is_away_nothing_is_looked_for(row: Incident) -> None:
    record(What.STEP, incident=row, at=NOW, by=None, words="Done: root cause")
    with patch("portal.common.live.marks", return_value=None):
        assert not changed(row)
        assert tell_untold(incident=row.pk) == 0


def test_what_is_known_of_old_lines_is_forgotten(row: Incident) -> None:
    topic = topic_of(row.pk)
    first = min(IncidentEvent.objects.filter(incident=row).values_list("pk", flat=True))
    live.mark(topic, {str(first - number): "00" for number in range(1, 300)})
    assert not look_for_untold(incident=row.pk, at=NOW)
    kept = live.marks(topic)
    assert kept is not None and min(map(int, kept)) == first
