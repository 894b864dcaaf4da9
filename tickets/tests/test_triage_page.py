"""The page of triage: what it shows, what its forms do, who may, and what it costs."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Component, FeatureTeam, Person
from people.tests.factories import person, team
from portal.common import clock
from tickets.actions import triage
from tickets.choices import Presence
from tickets.models import Ticket, TriageDecision, TriageMeeting
from tickets.queries.triage.numbers import numbers, read_period
from tickets.rules.triage import Choice, read_choice
from tickets.tests.factories import NOON, make_comment, make_project, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> Any:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(clock, "now", turned.now)
    return turned


@pytest.fixture
def ines() -> Person:
    return person(Role.LEAD, name="Ines Okafor")


@pytest.fixture
def lead(client: Client, time: Clock, ines: Person) -> Client:
    client.force_login(ines)
    make_project()
    for status in ("To Do", "Done"):
        make_status(status)
    return client


@pytest.fixture
def channels() -> FeatureTeam:
    found = team("Channels")
    FeatureTeam.objects.filter(pk=found.pk).update(jira_label="team-channels")
    return found


def bug(**kw: Any) -> Ticket:
    return make_ticket("Backlog", **{"created": NOON - DAY, **kw})


def page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(f"/triage/{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def decide(client: Client, ticket: Ticket, verb: str = "take", **more: str) -> Any:
    return client.post("/triage/decide/", {"ticket": ticket.key, "verb": verb, **more})


# What it shows


def test_the_first_bug_is_read_in_full_with_its_verbs(lead: Client, channels: FeatureTeam) -> None:
    pia = person(Role.VIEWER, name="Pia Manager")
    Component.objects.create(name="Notifications", team=channels, product_manager=pia)
    ticket = bug(
        summary="Sound plays twice", severity="S3 - minor", labels=["regression"], components=["Notifications"],
        description="*Twice*.", environment="Windows 11", reporter=make_user("Bo Quist"),
    )
    make_comment(ticket, "Seen _here_ too.", author=make_user("Ada Park"))
    shown = page(lead)
    for words in (
        "Sound plays twice", "S3 - minor", "regression", "Notifications", "<strong>Twice</strong>", "Windows 11",
        "Bo Quist", "<em>here</em>", "Ada Park", "1 of 1", "Feature team", "Take for SET", "Is a feature", "Needs info",
        "Duplicate", "Close", "which owns the area Notifications",
    ):
        assert words in shown, words
    asked = page(lead, f"?ticket={ticket.key}&verb=feature")
    assert "Pia Manager manages Notifications" in asked
    routed = page(lead, f"?ticket={ticket.key}&verb=route")
    assert f'value="{channels.pk}"' in routed and "checked" in routed


def test_who_only_looks_on_sees_no_verbs(client: Client, time: Clock) -> None:
    client.force_login(person(Role.VIEWER))
    make_status("To Do")
    ticket = bug()
    shown = page(client, f"?ticket={ticket.key}&verb=take")
    assert "verb-form" not in shown and 'aria-label="Decide"' not in shown
    assert decide(client, ticket).status_code == 403
    made = triage.decide(ticket_id=bug().id, choice=read_choice({"verb": "take"}), by=person(Role.LEAD), at=NOON)
    assert client.post(f"/triage/{made.pk}/undo/").status_code == 403
    assert client.post(f"/triage/{made.pk}/retry/").status_code == 403
    assert TriageDecision.objects.count() == 1


def test_what_the_last_meeting_left_is_marked_and_the_list_is_counted(lead: Client, time: Clock) -> None:
    bug(summary="Left over")
    triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    time.at = NOON + 2 * DAY - 3 * HOUR
    bug(summary="Brand new", created=NOON + DAY)
    assert triage.make_next_list(at=time.at) is not None
    assert triage.make_next_list(at=time.at) is None
    shown = page(lead)
    assert "1 left by the last meeting and 1 new" in shown
    assert shown.count("left <time") == 1


def test_no_list_is_made_before_it_is_time(lead: Client) -> None:
    assert triage.make_next_list(at=NOON - 5 * HOUR) is None
    assert not TriageMeeting.objects.exists()


def test_older_bugs_are_counted_and_shown_when_asked_for(lead: Client) -> None:
    old = bug(created=NOON - 90 * DAY, summary="An old one")
    assert "1 older in the Backlog" in page(lead)
    assert "An old one" not in page(lead)
    assert "An old one" in page(lead, "?show=all")
    assert "verb-row" in page(lead, f"?ticket={old.key}")


def test_the_list_alone_is_a_view_of_its_own(lead: Client) -> None:
    bug(reporter=make_user("Bo Quist"))
    shown = page(lead, "?view=list")
    assert "by Bo Quist" in shown and "triage-read" not in shown


def test_its_parts_are_answered_alone(lead: Client) -> None:
    ticket = bug()
    queue = page(lead, f"?ticket={ticket.key}", HX_Target="triage-queue", HX_Request="true")
    assert 'id="triage-queue"' in queue and "triage-read" not in queue and "<html" not in queue
    verbs = page(lead, f"?ticket={ticket.key}&verb=take", HX_Target="triage-verbs", HX_Request="true")
    assert "verb-form" in verbs and 'id="triage-queue"' not in verbs


@pytest.mark.parametrize("query", [
    "?ticket=MM-404404", "?ticket=%00&verb=%00", "?verb=explode", "?ticket=" + "x" * 5_000, "?show=0&view=x",
    "numbers/?from=2026-13-45&to=x", "numbers/?from=0001-01-01&to=9999-12-31", "numbers/?meeting=9999999999999999999",
    "numbers/?what=%00&where=%00", "numbers/?what=route&where=Nowhere", "similar/?q=%00&ticket=%00",
    "similar/?q=" + "%27%3B%20" * 200, "numbers/?to=1999-01-01",
])  # fmt: skip
def test_an_address_that_makes_no_sense_breaks_nothing(lead: Client, query: str) -> None:
    bug()
    page(lead, query)


def test_empty_it_says_so(lead: Client) -> None:
    assert "Nothing to triage" in page(lead)


def test_the_number_of_queries_does_not_grow(lead: Client, ines: Person, django_assert_max_num_queries: Any) -> None:
    for number in range(25):
        ticket = bug(summary=f"Number {number} of words", reporter=make_user(f"User {number}"))
        triage.decide(ticket_id=ticket.id, choice=read_choice({"verb": "take"}), by=ines, at=NOON)
        make_comment(bug(summary=f"Another {number} of words"), author=make_user(f"Other {number}"))
    triage.count_words()
    with django_assert_max_num_queries(50):
        page(lead)
    with django_assert_max_num_queries(40):
        page(lead, "numbers/")


# What it does


def test_a_verb_leads_to_the_next_bug_and_says_what_was_done(lead: Client) -> None:
    first, second, third = bug(created=NOON - 3 * DAY), bug(created=NOON - 2 * DAY), bug()
    response = decide(lead, second, next=third.key)
    assert response["Location"] == f"/triage/?ticket={third.key}"
    assert f"Ines Okafor took {second.key} for SET." in page(lead)
    assert "data-pending" in page(lead)
    response = decide(lead, third, next=second.key)
    assert response["Location"] == "/triage/"
    assert page(lead).count(f"ticket={first.key}") > 0


def test_with_a_script_the_answer_is_the_page_and_a_toast_with_undo(lead: Client) -> None:
    ticket, other = bug(created=NOON - 2 * DAY), bug()
    headers = {"HX-Request": "true", "HX-Target": "triage"}
    response = lead.post("/triage/decide/", {"ticket": ticket.key, "verb": "take", "next": other.key}, headers=headers)
    made = TriageDecision.objects.get()
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["undo"] == f"/triage/{made.pk}/undo/"
    assert response["HX-Push-Url"] == f"/triage/?ticket={other.key}"
    assert 'id="triage"' in response.content.decode() and "<html" not in response.content.decode()
    undone = lead.post(toast["undo"], headers={"HX-Request": "true"})
    assert json.loads(undone["HX-Location"])["path"] == f"/triage/?ticket={ticket.key}"


def test_what_does_not_fit_is_said_and_the_form_stays(lead: Client) -> None:
    ticket = bug()
    response = lead.post(
        "/triage/decide/", {"ticket": ticket.key, "verb": "duplicate", "q": "MM-404404"},
        headers={"HX-Request": "true", "HX-Target": "triage"},
    )
    assert response["HX-Reswap"] == "none"
    assert "There is no ticket MM-404404" in json.loads(response["HX-Trigger"])["toast"]["text"]
    assert decide(lead, ticket, "route")["Location"] == f"/triage/?ticket={ticket.key}&verb=route"
    assert decide(lead, make_ticket(key="XX-1"), "take").status_code == 302
    assert lead.post("/triage/decide/", {"ticket": "MM-404404", "verb": "take"}).status_code == 302
    assert not TriageDecision.objects.exists()


def test_the_second_of_two_is_told_who_decided_what(lead: Client, channels: FeatureTeam) -> None:
    ticket, other = bug(), bug()
    decide(lead, ticket, "route", team=str(channels.pk))
    engineer = Client()
    engineer.force_login(person(Role.ENGINEER))
    decide(engineer, ticket, "take", next=other.key)
    assert f"Nothing was changed: Ines Okafor sent {ticket.key} to Channels" in page(engineer)
    assert f"Ines Okafor sent {ticket.key} to Channels" in page(engineer, f"?ticket={ticket.key}")


def test_the_comment_names_the_product_manager_where_jira_knows_them(lead: Client) -> None:
    make_user("Pia Manager", "acc-pia")
    pia = person(Role.VIEWER, name="Pia Manager", jira_account_id="acc-pia")
    text = "Hi [reporter name], talk to [PM name]."
    decide(lead, bug(reporter=make_user("Bo Quist")), "feature", kind="story", manager=str(pia.pk), text=text)
    comment = Delivery.objects.get(topic="jira.comment")
    assert comment.payload["said"] == "Hi Bo Quist, talk to [~accountid:acc-pia] (Pia Manager)."


def test_it_is_taken_back_until_it_leaves_and_then_that_is_said(lead: Client, time: Clock) -> None:
    ticket = bug()
    decide(lead, ticket)
    made = TriageDecision.objects.get()
    assert lead.post(f"/triage/{made.pk}/undo/")["Location"] == f"/triage/?ticket={ticket.key}"
    assert f"{ticket.key} is in triage again." in page(lead)
    decide(lead, ticket)
    again = TriageDecision.objects.latest("id")
    assert outbox.claim(delivery_id=again.writes.get().delivery_id, at=NOON + timedelta(seconds=8)) is not None
    lead.post(f"/triage/{again.pk}/undo/")
    assert f"{ticket.key} has left for Jira already" in page(lead)
    assert lead.post("/triage/999999/undo/").status_code == 404


def test_what_jira_refused_is_said_on_top_with_a_way_on(lead: Client) -> None:
    ticket = bug()
    decide(lead, ticket)
    made = TriageDecision.objects.get()
    delivery = outbox.claim(delivery_id=made.writes.get().delivery_id, at=NOON + timedelta(seconds=8))
    assert delivery is not None
    outbox.fail(delivery=delivery, words="From Backlog Jira does not allow this move.", detail="", at=NOON)
    shown = page(lead)
    assert "Jira refused: From Backlog Jira does not allow this move." in shown
    assert f"/triage/{made.pk}/retry/" in shown
    lead.post(f"/triage/{made.pk}/retry/")
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING
    lead.post(f"/triage/{made.pk}/retry/")
    assert "Nothing of this waits" in page(lead)


def test_what_jira_no_longer_shows_is_not_decided(lead: Client) -> None:
    ticket = bug()
    Ticket.objects.filter(pk=ticket.pk).update(presence=Presence.DELETED)
    assert decide(lead, ticket).status_code == 302
    assert "cannot be changed" in page(lead)


def test_similar_tickets_come_while_words_are_typed(lead: Client) -> None:
    twin = make_ticket("To Do", summary="Session expires early on Windows")
    mine = bug(summary="Session expires early everywhere")
    triage.count_words()
    shown = lead.get("/triage/similar/", {"q": "sessions expiring", "ticket": mine.key}).content.decode()
    assert twin.key in shown and mine.key not in shown
    keyed = lead.get("/triage/similar/", {"q": twin.key.lower(), "ticket": mine.key}).content.decode()
    assert f'value="{twin.key}" checked' in keyed


# The numbers


@pytest.fixture
def week(lead: Client, ines: Person, channels: FeatureTeam) -> dict[str, Any]:
    """Five came: two to Channels after one and three days, one closed, one taken back, one waits."""
    def made(ticket: Ticket, at: Any, **choice: Any) -> TriageDecision:
        return triage.decide(ticket_id=ticket.id, choice=read(choice), by=ines, at=at)

    def read(choice: dict[str, str]) -> Choice:
        return read_choice(choice)

    bugs = [bug(created=NOON - 3 * DAY, summary=f"Bug {number}") for number in range(5)]
    triage.make_list(meeting_at=NOON, at=NOON - 2 * DAY - HOUR)
    made(bugs[0], NOON - 2 * DAY, verb="route", team=str(channels.pk))
    made(bugs[1], NOON, verb="route", team=str(channels.pk))
    made(bugs[2], NOON - 2 * DAY, verb="close", resolution="Won't Do")
    back = made(bugs[3], NOON - DAY, verb="take")
    triage.undo(decision=back, by=ines, at=NOON - DAY)
    return {"bugs": bugs, "by": ines}


def test_what_came_where_it_went_and_how_long_it_took(week: dict[str, Any]) -> None:
    counted = numbers(read_period({}, NOON), NOON)
    assert (counted.came.count, counted.decided.count, counted.undecided.count) == (5, 3, 2)
    assert [(row.label, row.count, row.waited) for row in counted.rows] == [
        ("Channels", 2, 2 * DAY), ("Closed, Won't Do", 1, DAY),
    ]
    assert counted.decided.waited == DAY
    assert numbers(read_period({"from": "2026-10-01", "to": "2026-10-31"}, NOON), NOON).came.count == 0


def test_a_meetings_numbers_are_those_of_its_list(week: dict[str, Any]) -> None:
    meeting = TriageMeeting.objects.get()
    counted = numbers(read_period({"meeting": str(meeting.pk)}, NOON), NOON)
    assert counted.left is not None
    assert (counted.left.count, counted.came.count, counted.decided.count, counted.undecided.count) == (0, 5, 3, 2)
    assert [(row.came, row.decided) for row in counted.meetings] == [(5, 3)]


def test_each_count_opens_its_list_and_the_list_is_a_spreadsheet(week: dict[str, Any], lead: Client) -> None:
    counted = numbers(read_period({}, NOON), NOON)
    for row in (counted.came, counted.decided, counted.undecided, *counted.rows):
        shown = lead.get(row.url)
        assert len(shown.context["numbers"].list_) == row.count, row.label
        lines = list(csv.reader(StringIO(lead.get(f"{row.url}&format=csv").content.decode())))
        assert len(lines) == row.count + 1
    routed = list(csv.reader(StringIO(lead.get(f"{counted.rows[0].url}&format=csv").content.decode())))
    assert [(line[2], line[3], line[7]) for line in routed[1:]] == [("route", "Channels", "72.0"),
                                                                    ("route", "Channels", "24.0")]


def test_a_spreadsheet_takes_nothing_for_a_formula(lead: Client, ines: Person) -> None:
    ticket = bug(summary="=HYPERLINK(1)")
    triage.decide(ticket_id=ticket.id, choice=read_choice({"verb": "take"}), by=ines, at=NOON)
    assert "'=HYPERLINK" in lead.get("/triage/numbers/?format=csv").content.decode()


def test_signed_out_nobody_sees_it(client: Client) -> None:
    for path in ("/triage/", "/triage/numbers/", "/triage/similar/"):
        assert client.get(path)["Location"].startswith("/sign-in/")
