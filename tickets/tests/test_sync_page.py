"""The mirror's page, its buttons, and the stamp of every page."""

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from people.choices import Role
from people.tests.factories import person
from portal import env
from portal.celery import app
from portal.common import clock
from tickets.choices import Column, DeliveryState, RunKind, RunState
from tickets.models import JiraStatus, MappingEvent, Ticket, WebhookDelivery
from tickets.queries.sync import mirror_state
from tickets.rules.freshness import ProjectState, first_import, project_words, stamp_of, trouble_of
from tickets.tests.factories import NOON, make_project, make_run, make_status, make_ticket

ZONE = ZoneInfo("America/New_York")
JIRA = env.Jira(base_url="https://jira.example.org", email="a@b.c", api_token="t")


def state(**kw: Any) -> ProjectState:
    values: dict[str, Any] = {
        "key": "MM", "on_board": True, "answered_at": NOON - timedelta(minutes=1), "silent_since": None,
        "complete": True, "running": False, "failing": False,
    }
    return ProjectState(**values | kw)


# ---- The stamp, without a database ----------------------------------------------------


def test_the_stamp_names_the_oldest_answer() -> None:
    old = NOON - timedelta(minutes=5)
    stamp = stamp_of([state(), state(key="MX", answered_at=old)], so_far=0, at=NOON)
    assert (stamp.text, stamp.at, stamp.tone) == ("", old, "")


def test_a_silent_jira_turns_the_stamp_amber_and_after_an_hour_red() -> None:
    silent = state(answered_at=NOON - timedelta(minutes=4), silent_since=NOON - timedelta(minutes=2))
    stamp = stamp_of([silent], so_far=0, at=NOON)
    assert (stamp.at, stamp.after, stamp.tone) == (silent.answered_at, ", Jira has not answered since", "amber")
    assert stamp_of([silent], so_far=0, at=NOON + timedelta(hours=2)).tone == "red"


@pytest.mark.parametrize("kind", [{}, {"silent_since": NOON - timedelta(minutes=2)}, {"complete": False}])
def test_a_stamp_sent_to_everybody_says_its_time_only_where_a_page_puts_it_into_its_reader_s_zone(
    kind: dict[str, Any],
) -> None:
    stamp = stamp_of([state(answered_at=NOON - timedelta(hours=3), **kind)], so_far=0, at=NOON)
    with timezone.override("Asia/Tokyo"):
        drawn = render_to_string("parts/stamp.html", {"stamp": stamp, "live": True, "now": NOON})
    assert '<time datetime="2026-11-17T14:00:00Z" data-when="near"' in drawn
    assert not re.search(r"\d:\d\d", re.sub(r"<time.*?</time>", "", drawn))


@pytest.mark.parametrize(
    "kind", [{"failing": True}, {"silent_since": NOON - timedelta(hours=3)}, {"failing": True, "running": True}]
)
def test_a_project_that_cannot_be_read_does_not_hold_the_others_back_and_is_named(kind: dict[str, Any]) -> None:
    never = state(key="MX", answered_at=None, complete=False, **kind)
    stamp = stamp_of([state(), never], so_far=5, at=NOON)
    assert (stamp.text, stamp.at, stamp.tone, stamp.after) == ("", NOON - timedelta(minutes=1), "", "")
    assert not first_import([state(), never])
    trouble = trouble_of([state(), never], at=NOON, zone=ZONE)
    assert trouble is not None
    assert (trouble.title, trouble.tone) == ("MX cannot be read.", "amber")
    once = dataclasses.replace(never, answered_at=NOON - timedelta(hours=2), complete=True)
    named = trouble_of([state(), once], at=NOON, zone=ZONE)
    assert named is not None
    assert named.title == "MX cannot be read since 10:00 am."


def test_while_jira_answers_nobody_no_single_project_is_blamed() -> None:
    began = NOON - timedelta(minutes=3)
    silent = [state(key=key, answered_at=began - timedelta(minutes=2), silent_since=began) for key in ("MM", "MX")]
    waiting = state(key="MY", answered_at=began - timedelta(minutes=1))
    trouble = trouble_of([*silent, waiting], at=NOON, zone=ZONE)
    assert trouble is not None
    assert trouble.title == "Jira has not answered since 11:57 am."
    assert stamp_of([*silent, waiting], so_far=0, at=NOON).after == ", Jira has not answered since"


def test_a_first_import_that_failed_alone_is_still_one() -> None:
    alone = state(answered_at=None, complete=False, failing=True, running=True)
    assert stamp_of([alone], so_far=7, at=NOON).text == "first import under way, 7 so far"


def test_before_the_first_run_the_stamp_says_so() -> None:
    assert stamp_of([], so_far=0, at=NOON).text == "not mirrored yet"
    assert stamp_of([state(answered_at=None, complete=False)], so_far=0, at=NOON).text == "not mirrored yet"


def test_the_first_import_counts() -> None:
    importing = state(answered_at=None, complete=False, running=True)
    assert stamp_of([importing], so_far=1234, at=NOON).text == "first import under way, 1,234 so far"


def test_a_mirror_that_nobody_runs_is_said() -> None:
    late = state(answered_at=NOON - timedelta(minutes=20))
    assert stamp_of([late], so_far=0, at=NOON).tone == "amber"
    trouble = trouble_of([late], at=NOON, zone=ZONE)
    assert trouble is not None
    assert trouble.title == "The mirror stands still since 11:40 am."
    assert trouble_of([state(answered_at=NOON - timedelta(minutes=20), running=True)], at=NOON, zone=ZONE) is None


def test_trouble_is_none_while_all_is_well_and_has_words_otherwise() -> None:
    assert trouble_of([state()], at=NOON, zone=ZONE) is None
    silent = trouble_of([state(silent_since=NOON - timedelta(minutes=2))], at=NOON, zone=ZONE)
    failing = trouble_of([state(failing=True)], at=NOON, zone=ZONE)
    assert silent is not None
    assert silent.title == "Jira has not answered since 11:58 am."
    assert failing is not None
    assert failing.title == "Jira cannot be read since 11:59 am."


@pytest.mark.parametrize(
    ("kw", "words"),
    [
        ({}, "Up to date"), ({"running": True}, "Reading now"), ({"failing": True}, "Cannot be read"),
        ({"silent_since": NOON}, "Jira does not answer"), ({"complete": False}, "Not read whole yet"),
        ({"notice": "held"}, "Census held"), ({"answered_at": NOON - timedelta(hours=1)}, "Late"),
    ],
)
def test_a_project_has_its_state_in_words(kw: dict[str, Any], words: str) -> None:
    assert project_words(state(**kw), configured=True, at=NOON)[2] == words


def test_a_project_that_is_no_longer_configured_says_so() -> None:
    assert project_words(state(), configured=False, at=NOON)[2] == "No longer mirrored"


@pytest.mark.django_db
def test_a_project_that_is_no_longer_configured_does_not_hold_the_stamp_back() -> None:
    make_project("MM", answered_at=NOON)
    make_project("OLD", answered_at=NOON - timedelta(days=90))
    assert mirror_state(NOON).stamp.at == NOON


@pytest.mark.django_db
def test_the_state_costs_one_query(django_assert_num_queries: Callable[..., Any]) -> None:
    for key in ("MM", "CLD", "X"):
        make_run(make_project(key))
    with django_assert_num_queries(1):
        mirror_state(NOON)


# ---- The page -------------------------------------------------------------------------


@pytest.fixture
def jira(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    settings.ENV = dataclasses.replace(settings.ENV, jira=JIRA)


def signed_in(client: Client, *roles: Role) -> Client:
    client.force_login(person(*roles))
    return client


@pytest.mark.django_db
def test_without_a_jira_the_page_says_what_to_set(client: Client) -> None:
    assert b"JIRA_BASE_URL" in signed_in(client, Role.VIEWER).get("/sync/").content


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_before_the_first_run_the_page_says_that_it_comes(client: Client) -> None:
    assert b"The first run begins within two minutes" in signed_in(client, Role.VIEWER).get("/sync/").content


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_the_page_shows_projects_and_runs(client: Client) -> None:
    project = make_project()
    make_run(project, seen=20, created=3, updated=7, unchanged=10, requests=4)
    make_ticket("To Do")
    shown = signed_in(client, Role.VIEWER).get("/sync/").content.decode()
    for words in ("Up to date", "what changed", "2.0 s", ">20<", ">7<", ">4<", "1 open"):
        assert words in shown, words


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_what_jira_calls_done_is_not_open_though_its_status_has_no_column(client: Client) -> None:
    make_project()
    make_ticket("To Do")
    make_ticket("Ready for QA")
    status = make_status("Rejected")
    JiraStatus.objects.filter(id=status.id).update(category="done")
    make_ticket(status)
    Ticket.objects.filter(id=make_ticket("Ready for QA").id).update(status=None)
    assert "3 open" in signed_in(client, Role.VIEWER).get("/sync/").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
@pytest.mark.parametrize(("role", "sees"), [(Role.ENGINEER, True), (Role.VIEWER, False)])
def test_the_words_of_an_error_are_for_those_who_may_see_them(client: Client, role: Role, sees: bool) -> None:
    project = make_project(silent_since=NOON - timedelta(minutes=2))
    make_run(project, state=RunState.FAILED, error="Jira answered 503.", detail="GET /rest/api/2/search token=abc")
    shown = signed_in(client, role).get("/sync/").content.decode()
    assert ("Jira answered 503." in shown) is sees
    assert ("token=abc" in shown) is sees
    assert "Failed" in shown


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_a_run_under_way_shows_how_far_it_is(client: Client) -> None:
    project = make_project(complete=False, answered_at=None)
    make_run(project, kind=RunKind.FULL, state=RunState.RUNNING, finished_at=None, seen=120, expected=400)
    shown = signed_in(client, Role.VIEWER).get("/sync/").content.decode()
    assert 'value="120" max="400"' in shown
    assert "the first import" in shown


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_calls_from_jira_are_counted(client: Client) -> None:
    WebhookDelivery.objects.create(
        identifier="a", received_at=NOON, state=DeliveryState.FAILED, note="MM-1 could not be read.")
    assert b"MM-1 could not be read." in signed_in(client, Role.ENGINEER).get("/sync/").content


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_the_number_of_queries_does_not_grow(client: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    signed_in(client, Role.LEAD)
    for key in ("MM", "CLD", "X", "Y"):
        make_run(make_project(key), by=person(Role.LEAD))
    with django_assert_max_num_queries(18):
        client.get("/sync/")


@pytest.mark.django_db
def test_signed_out_goes_to_sign_in(client: Client) -> None:
    assert client.get("/sync/")["Location"] == "/sign-in/?next=/sync/"
    assert client.post("/sync/run/")["Location"].startswith("/sign-in/")


# ---- Run now --------------------------------------------------------------------------


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(app, "send_task", lambda name, args, **_: found.append((name, *args)))
    return found


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
@pytest.mark.parametrize("kind", ["incremental", "full"])
def test_an_engineer_starts_a_run(client: Client, queued: list[tuple[Any, ...]], kind: str) -> None:
    engineer = person(Role.ENGINEER)
    client.force_login(engineer)
    assert client.post("/sync/run/", {"kind": kind})["Location"] == "/sync/"
    assert queued == [("tickets.sync_now", kind, engineer.pk)]


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_pressing_twice_asks_once(client: Client, queued: list[tuple[Any, ...]]) -> None:
    signed_in(client, Role.ENGINEER)
    client.post("/sync/run/")
    assert b"a moment ago" in client.post("/sync/run/", follow=True).content
    assert len(queued) == 1
    cache.clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.EXECUTIVE])
def test_whoever_may_not_run_is_refused(client: Client, queued: list[tuple[Any, ...]], role: Role) -> None:
    signed_in(client, role)
    assert client.post("/sync/run/", {"kind": "full"}).status_code == 403
    assert b'action="/sync/run/"' not in client.get("/sync/").content
    assert queued == []


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
@pytest.mark.parametrize("kind", ["census", "rubbish", "\x00", ""])
def test_no_other_kind_can_be_asked_for(client: Client, queued: list[tuple[Any, ...]], kind: str) -> None:
    assert signed_in(client, Role.LEAD).post("/sync/run/", {"kind": kind}).status_code == 302
    assert queued == []


@pytest.mark.django_db
@pytest.mark.usefixtures("jira")
def test_a_broker_that_is_away_is_said_in_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("nobody there")

    monkeypatch.setattr(app, "send_task", away)
    answer = signed_in(client, Role.LEAD).post("/sync/run/", follow=True)
    assert answer.status_code == 200
    assert b"worker cannot be reached" in answer.content


@pytest.mark.django_db
def test_without_a_jira_nothing_is_queued(client: Client, queued: list[tuple[Any, ...]]) -> None:
    assert b"No Jira is set" in signed_in(client, Role.LEAD).post("/sync/run/", follow=True).content
    assert queued == []


@pytest.mark.django_db
@pytest.mark.usefixtures("jira", "queued")
@pytest.mark.parametrize(
    ("referer", "back"),
    [("http://testserver/board/?q=x", "http://testserver/board/?q=x"), ("https://evil.example/", "/sync/")],
)
def test_the_way_back_is_to_the_page_the_button_stood_on(client: Client, referer: str, back: str) -> None:
    answer = signed_in(client, Role.LEAD).post("/sync/run/", headers={"Referer": referer})
    assert answer["Location"] == back


# ---- Columns --------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_lead_says_where_a_status_stands(client: Client) -> None:
    ticket, status = make_ticket("Ready for QA"), make_status("Ready for QA")
    answer = signed_in(client, Role.LEAD).post("/sync/mapping/", {f"status_{status.id}": "submitted"})
    assert answer["Location"] == "/sync/#mapping"
    assert JiraStatus.objects.get(id=status.id).column == Column.SUBMITTED
    assert Ticket.objects.get(id=ticket.id).column == Column.SUBMITTED
    assert MappingEvent.objects.count() == 1


@pytest.mark.django_db
def test_an_engineer_may_not_say_where_a_status_stands(client: Client) -> None:
    status = make_status("Ready for QA")
    signed_in(client, Role.ENGINEER)
    assert client.post("/sync/mapping/", {f"status_{status.id}": "submitted"}).status_code == 403
    assert client.post("/sync/mapping/accept/").status_code == 403
    assert JiraStatus.objects.get(id=status.id).column == Column.UNMAPPED


@pytest.mark.django_db
@pytest.mark.parametrize(
    "data",
    [
        {"status_s-to-do": "nowhere"}, {"status_s-to-do": "\x00"}, {"status_\x00": "todo"}, {"status_unknown": "todo"},
        {"status_": "todo"}, {}, {"status_s-to-do": ""},
    ],
)
def test_what_makes_no_sense_changes_nothing(client: Client, data: dict[str, str]) -> None:
    status = make_status("To Do")
    assert signed_in(client, Role.LEAD).post("/sync/mapping/", data, follow=True).status_code == 200
    assert JiraStatus.objects.get(id=status.id).column == Column.TODO
    assert not MappingEvent.objects.exists()


@pytest.mark.django_db
def test_the_proposed_columns_are_accepted_all_at_once(client: Client) -> None:
    make_ticket("Ready for QA")
    signed_in(client, Role.LEAD)
    assert b"Accept all" in client.get("/sync/").content
    client.post("/sync/mapping/accept/")
    assert JiraStatus.objects.get(name="Ready for QA").column == Column.IN_PROGRESS
    assert b"Accept all" not in client.get("/sync/").content


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [(Role.LEAD, 302), (Role.ENGINEER, 403)])
def test_a_stopped_census_is_confirmed_by_the_lead_alone(client: Client, role: Role, status: int) -> None:
    make_project(key="MM", notice="Half of it is missing.")
    client.force_login(person(role))
    shown = client.get(reverse("tickets:sync")).content.decode()
    assert ("They are gone" in shown) is (status == 302)
    assert client.post(reverse("tickets:census_confirm"), {"project": "MM"}).status_code == status


@pytest.mark.django_db
def test_a_project_that_is_not_mirrored_cannot_be_confirmed(client: Client) -> None:
    client.force_login(person(Role.LEAD))
    answer = client.post(reverse("tickets:census_confirm"), {"project": "XX"}, follow=True)
    assert "That project is not mirrored." in answer.content.decode()
