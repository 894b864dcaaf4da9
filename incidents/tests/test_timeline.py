"""The timeline: notes by hand, pins, filters, older lines, and what open pages are told."""

import contextlib
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from incidents.actions import notes
from incidents.actions.base import Refused, record
from incidents.actions.news import Telling, publish
from incidents.choices import TOPIC_OF, Topic, What
from incidents.models import Incident, IncidentEvent, Target, Update, UpdateDelivery, UpdateVersion
from incidents.queries.timeline import SHOWN, timeline_of
from incidents.rules.follows import parts_of
from incidents.rules.timeline import ICONS, timed, worded
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from set_rotation.rules.words import moment_words

NOW = factories.NIGHT + timedelta(hours=2)
MINUTE = timedelta(minutes=1)


def written(row: Incident, text: str = "The primary is at 97 %", **more: object) -> IncidentEvent:
    given_more: dict[str, object] = {"key": uuid.uuid4().hex, "by": row.declared_by, "at": NOW} | more
    return notes.note(incident=row, text=text, **given_more)  # type: ignore[arg-type]


def words_of(row: Incident, **more: object) -> list[str]:
    return [entry.words for entry in timeline_of(row, **more).entries]  # type: ignore[arg-type]


@pytest.fixture
def row(db: None) -> Incident:
    return factories.incident()


@pytest.fixture
def told() -> Iterator[list[tuple[str, str, str]]]:
    """What open pages were told: topic, event, HTML."""
    sent: list[tuple[str, str, str]] = []
    with patch("incidents.actions.news.live.publish", lambda *given: sent.append(given)):
        yield sent


def client(person: Person) -> Client:
    signed_in = Client()
    signed_in.force_login(person)
    return signed_in


# ---- Words ------------------------------------------------------------------------------


def test_a_promised_time_is_drawn_for_its_reader_and_a_line_without_its_moments_keeps_its_words() -> None:
    kept = f"{NOW.isoformat()} {(NOW + 5 * MINUTE).isoformat()}"
    assert timed(What.SNOOZED, "Reminder snoozed until 5:04 am ET", kept) == (
        f"Reminder snoozed until {NOW:%Y-%m-%dT%H:%M:%SZ}; the update stays promised for "
        f"{NOW + 5 * MINUTE:%Y-%m-%dT%H:%M:%SZ}")
    assert timed(What.SNOOZED, "Reminder snoozed until 5:04 am ET", "") == "Reminder snoozed until 5:04 am ET"
    assert timed(What.STATUS, "Status: Identified", NOW.isoformat()) == "Status: Identified"


@pytest.mark.django_db
def test_the_line_of_a_promise_names_no_zone_of_its_own() -> None:
    [said] = [words for words in words_of(factories.incident()) if "promised" in words]
    assert re.fullmatch(r"Next update promised for \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said)


def test_a_time_in_a_line_is_drawn_for_its_reader_and_an_update_stands_out() -> None:
    html = worded("Update 6 sent, next at 2026-11-17T13:15:00Z <b>", lambda at: f"[{at:%H:%M %Z}]")
    assert html == "<b>Update 6</b> sent, next at [13:15 UTC] &lt;b&gt;"


@given(st.text(max_size=200))
def test_no_words_become_markup(text: str) -> None:
    assert "<script" not in worded(text + "<script>", lambda at: "")


def test_every_kind_of_line_has_a_topic_and_an_icon() -> None:
    assert set(ICONS) == set(TOPIC_OF) == set(What)
    assert all(isinstance(parts_of(what), tuple) for what in What)


# ---- Notes ------------------------------------------------------------------------------


def test_the_first_line_of_a_note_is_the_line_and_the_rest_stands_below(row: Incident) -> None:
    event = written(row, "Root cause found\n\n- the *count* bypasses its cache")
    assert (event.to_value, event.text) == ("Root cause found", "- the *count* bypasses its cache")
    assert "<em>count</em>" in timeline_of(row).entries[0].html


def test_a_first_line_that_is_too_long_loses_nothing(row: Incident) -> None:
    event = written(row, "word " * 100)
    assert (event.to_value + " " + event.text).split() == ["word"] * 100


def test_the_same_note_sent_twice_is_one(row: Incident) -> None:
    assert written(row, key="same") == written(row, key="same")


def test_a_note_of_earlier_stands_where_it_happened_and_says_when_it_was_written(row: Incident) -> None:
    written(row, "Second", when=NOW - 5 * MINUTE)
    written(row, "First", when=NOW - 10 * MINUTE)
    assert words_of(row)[:2] == ["Second", "First"]
    assert timeline_of(row).entries[1].written_at == NOW


@pytest.mark.parametrize(("text", "when", "why"), [
    ("   ", None, "Write what happened"), ("Later", NOW + MINUTE, "lies ahead"),
    ("Long ago", NOW - timedelta(days=90), "check the day"),
])
def test_a_note_without_words_of_the_future_or_of_long_ago_is_refused(
    row: Incident, text: str, when: datetime | None, why: str,
) -> None:
    with pytest.raises(Refused, match=why):
        written(row, text, when=when)


def test_a_note_is_taken_back_by_whoever_wrote_it_and_by_nobody_else(row: Incident) -> None:
    event, other = written(row), people.person(PersonRole.ENGINEER)
    assert row.declared_by is not None
    assert not notes.take_back(event=event, by=other, at=NOW)
    assert notes.take_back(event=event, by=row.declared_by, at=NOW)
    assert not notes.take_back(event=event, by=row.declared_by, at=NOW)
    assert event.to_value not in words_of(row)
    [line] = IncidentEvent.objects.filter(incident=row, what=What.NOTE_BACK)
    assert (line.to_value.endswith(" was taken back"), line.by, line.at) == (True, row.declared_by, NOW)
    assert event.to_value not in line.to_value
    assert notes.put_back(event=event, by=row.declared_by, at=NOW)
    assert event.to_value in words_of(row)
    assert IncidentEvent.objects.filter(incident=row, what=What.NOTE_BACK, to_value__endswith="put back").count() == 1


def test_what_the_portal_wrote_stays(row: Incident) -> None:
    declared = IncidentEvent.objects.get(incident=row, what=What.DECLARED)
    assert row.declared_by is not None
    assert not notes.take_back(event=declared, by=row.declared_by, at=NOW)


# ---- Filters, pins, older lines ---------------------------------------------------------


def test_a_topic_shows_its_lines_alone_and_an_unknown_one_shows_all(row: Incident) -> None:
    written(row, "Noted")
    assert words_of(row, topic=Topic.NOTES.value) == ["Noted"]
    assert len(words_of(row, topic="nonsense")) == 4
    assert timeline_of(row, topic=Topic.CHAT.value).label == "Chat"


def test_what_became_of_an_update_stands_at_its_line_and_each_arrival_among_the_updates(row: Incident) -> None:
    update = Update.objects.create(incident=row, number=1, at=NOW, status=row.status, key="k")
    version = UpdateVersion.objects.create(of=update, number=1, at=NOW, status_name="x", values={})
    there, gone, waits = [
        Target.objects.create(incident=row, kind="channel", reading="internal", address=name, label=name, at=NOW)
        for name in ("a", "b", "c")
    ]
    UpdateDelivery.objects.create(version=version, target=there, done_at=NOW)
    UpdateDelivery.objects.create(version=version, target=gone, fault="The channel is archived.")
    UpdateDelivery.objects.create(version=version, target=waits, waits=True)
    record(What.UPDATE, incident=row, at=NOW, by=None, words="Update 1 sent", update=update)
    record(What.DELIVERED, incident=row, at=NOW, by=None, words="Update 1 arrived: a", update=update)
    newest = timeline_of(row).entries[0]
    assert newest.words == "Update 1 sent"
    assert [mark.words for mark in newest.marks] == [
        "1 sent", "1 for a second person", "1 failed: The channel is archived"]
    assert words_of(row, topic="updates") == ["Update 1 arrived: a", "Update 1 sent"]


def test_a_pinned_line_is_found_among_the_pinned(row: Incident) -> None:
    event, by, other = written(row, "Root cause"), row.declared_by, people.person(PersonRole.ENGINEER)
    assert by is not None
    assert notes.pin(event=event, pinned=True, by=by, at=NOW)
    assert not notes.pin(event=event, pinned=True, by=other, at=NOW)
    assert words_of(row, topic="pinned") == ["Root cause"]
    # Who pinned it stands among the notes, who did so no longer among all.
    said = f"The line of {moment_words(event.at, row.zone)} was pinned"
    assert said in words_of(row, topic="notes") and said not in words_of(row)
    assert notes.pin(event=event, pinned=False, by=other, at=NOW + MINUTE)
    newest = timeline_of(row).entries[0]
    assert (newest.words, newest.who, newest.pinned) == (said.replace("pinned", "no longer pinned"), other.name, False)


def test_what_is_taken_back_stands_in_no_other_line(row: Incident) -> None:
    by = row.declared_by
    assert by is not None
    event = notes.note(incident=row, text="The password is hunter2", key="k", by=by, at=NOW)
    notes.pin(event=event, pinned=True, by=by, at=NOW)
    notes.take_back(event=event, by=by, at=NOW)
    left = IncidentEvent.objects.filter(incident=row, removed_at=None).values_list("to_value", "text")
    assert not any("hunter2" in words for line in left for words in line)


@pytest.mark.django_db
def test_older_pages_hold_every_line_once_though_many_are_of_one_moment() -> None:
    row = factories.incident()
    for number in range(2 * SHOWN + 7):
        record(What.CHAT, incident=row, at=NOW + MINUTE * (number // 9), by=None, words=f"line {number}")
    seen, before = list[int](), None
    for _ in range(4):
        page = timeline_of(row, before=before)
        seen += [entry.id for entry in page.entries]
        before = page.older
        if before is None:
            break
    everything = list(IncidentEvent.objects.filter(incident=row).order_by("-at", "-pk").values_list("pk", flat=True))
    assert seen == everything


def test_a_line_is_found_by_its_own_address_however_old(row: Incident) -> None:
    first = IncidentEvent.objects.filter(incident=row).earliest("pk")
    for number in range(SHOWN + 3):
        written(row, f"note {number}")
    assert first.pk not in [entry.id for entry in timeline_of(row).entries]
    assert first.pk in [entry.id for entry in timeline_of(row, around=first.pk).entries]


def test_a_line_that_stands_among_the_newest_is_read_with_them(row: Incident) -> None:
    event = written(row, "Seen it")
    written(row, "And then")
    page = timeline_of(row, around=event.pk)
    assert [entry.words for entry in page.entries][:2] == ["And then", "Seen it"]
    assert not page.anchored
    assert timeline_of(row, before=event.pk).anchored


def test_the_address_of_an_arrival_shows_it_among_the_updates(row: Incident) -> None:
    event = record(What.DELIVERED, incident=row, at=NOW, by=None, words="Update 1 arrived: a")
    assert event is not None
    page = timeline_of(row, around=event.pk)
    assert (page.topic, [entry.id for entry in page.entries]) == ("updates", [event.pk])


def test_a_page_of_the_timeline_takes_the_same_few_queries_however_long_it_is(
    row: Incident, django_assert_max_num_queries: "object",
) -> None:
    for number in range(60):
        written(row, f"note {number}")
    last = IncidentEvent.objects.latest("pk").pk
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        timeline_of(row, before=last)


# ---- By the pages -----------------------------------------------------------------------


def test_somebody_who_works_on_it_notes_back_dates_and_undoes(row: Incident) -> None:
    assert row.declared_by is not None
    here, desk = reverse("incidents:note", args=[row.pk]), client(row.declared_by)
    answer = desk.post(here, {"text": "Seen it", "key": "k", "on": "2026-11-17", "time": "05:00"})
    event = IncidentEvent.objects.get(what=What.NOTE)
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"#entry-{event.pk}")
    desk.post(reverse("incidents:note_back", args=[row.pk, event.pk]))
    assert "Seen it" not in words_of(row)
    desk.post(reverse("incidents:note_back", args=[row.pk, event.pk]) + "?again=1")
    assert "Seen it" in words_of(row)


def test_what_could_not_be_noted_stands_in_the_form_with_the_reason(row: Incident) -> None:
    assert row.declared_by is not None
    here, desk = reverse("incidents:note", args=[row.pk]), client(row.declared_by)
    answer = desk.post(here, {"text": "To come", "on": "2090-01-01", "time": "05:00"})
    assert (answer.status_code, "lies ahead" in answer.content.decode()) == (422, True)
    part = desk.post(here, {"text": "", "key": "k"}, headers={"HX-Request": "true"})
    assert (part.status_code, "Write what happened." in part.content.decode()) == (422, True)
    assert "To come" in answer.content.decode()


def test_a_viewer_reads_the_timeline_and_neither_notes_nor_pins(row: Incident) -> None:
    viewer, event = client(people.person(PersonRole.VIEWER)), IncidentEvent.objects.filter(incident=row).first()
    assert event is not None
    assert viewer.get(reverse("incidents:line", args=[row.pk, event.pk])).status_code == 200
    assert viewer.post(reverse("incidents:note", args=[row.pk]), {"text": "x"}).status_code == 403
    assert viewer.post(reverse("incidents:pin", args=[row.pk, event.pk])).status_code == 403


def test_a_line_of_another_incident_is_not_there(row: Incident) -> None:
    other = factories.incident("Another")
    event = IncidentEvent.objects.filter(incident=other).first()
    assert event is not None and row.declared_by is not None
    assert client(row.declared_by).post(reverse("incidents:pin", args=[row.pk, event.pk])).status_code == 404


def test_a_private_incident_is_not_there_for_others(row: Incident) -> None:
    Incident.objects.filter(pk=row.pk).update(private=True)
    other = client(people.person(PersonRole.ENGINEER))
    assert other.get(reverse("incidents:incident", args=[row.pk])).status_code == 404
    with patch("incidents.views.page.connections.close_all"):  # the test's own transaction goes on
        assert other.get(reverse("incidents:live", args=[row.pk])).status_code == 404
    assert other.post(reverse("incidents:note", args=[row.pk]), {"text": "x"}).status_code == 404


# ---- What open pages are told -----------------------------------------------------------


def test_the_head_says_another_ticket_at_once_and_the_notices_that_it_is_a_drill() -> None:
    assert "head" in parts_of(What.TICKET)
    assert {"head", "notices"} <= set(parts_of(What.CHANGED))


def test_a_line_is_sent_once_to_everybody_without_a_token_or_a_zone(
    row: Incident, told: list[tuple[str, str, str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        event = written(row, "On the bridge")
    sent = [(name, html) for topic, name, html in told if topic == f"incident-{row.pk}" and name == "entry"]
    assert len(sent) == 1
    assert f'id="entry-{event.pk}"' in sent[0][1]
    assert "On the bridge" in sent[0][1]
    assert "csrf" not in sent[0][1]


def test_a_change_of_the_head_is_sent_to_those_who_work_and_to_those_who_read(
    row: Incident, told: list[tuple[str, str, str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        record(What.ROLE, incident=row, at=NOW, by=None, words="Joel is deputy")
    names = [name for topic, name, _ in told if topic == f"incident-{row.pk}"]
    assert names == ["entry", "works", "reads"]
    assert ("incidents", "stale", "") in told


def test_what_one_transaction_writes_is_told_line_by_line_and_what_it_touches_once(
    row: Incident, told: list[tuple[str, str, str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        record(What.ROLE, incident=row, at=NOW, by=None, words="Joel is deputy")
        record(What.STEP, incident=row, at=NOW, by=None, words="Done: Root cause")
        with contextlib.suppress(Refused), transaction.atomic():
            record(What.STEP, incident=row, at=NOW, by=None, words="Done: never")
            raise Refused
    names = [name for topic, name, _ in told if topic == f"incident-{row.pk}"]
    assert names == ["entry", "entry", "works", "reads"]
    assert not any("never" in html for _, name, html in told if name == "entry")


def test_what_is_told_says_when_it_was_read_so_that_what_was_read_earlier_replaces_nothing_newer(
    row: Incident, told: list[tuple[str, str, str]],
) -> None:
    event = record(What.ROLE, incident=row, at=NOW, by=None, words="Joel is deputy")
    assert event is not None
    publish(row.pk, event.pk)
    publish(row.pk, event.pk)
    own = [html for topic, _, html in told if topic == f"incident-{row.pk}"]
    numbers = [int(html.removeprefix("<!--").partition("-->")[0]) for html in own]
    first, second = set(numbers[:3]), set(numbers[3:])
    assert len(first) == len(second) == 1
    assert max(first) < min(second)


def test_where_telling_fails_what_was_written_stands_and_the_rest_goes_on(row: Incident) -> None:
    written(row)
    hooks: list[Any] = [hook for hook in connection.run_on_commit if isinstance(hook[1], Telling)]
    assert hooks
    assert all(robust for _, _, robust in hooks)


def test_a_note_taken_back_is_said_to_be_gone(
    row: Incident, told: list[tuple[str, str, str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    event = written(row)
    assert row.declared_by is not None
    with django_capture_on_commit_callbacks(execute=True):
        notes.take_back(event=event, by=row.declared_by, at=datetime.now(UTC))
    assert (f"incident-{row.pk}", "gone", str(event.pk)) in told
