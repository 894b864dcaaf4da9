"""The weekly update by itself: drafted when its time comes, called to mind in the evening, once."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from cadence.rules.meetings import Meeting
from integrations.mail.tests.server import mail_server
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import ActingRole
from people.tests.factories import person
from portal import flows
from portal.common import jobs
from portal.common.models import Timer
from portal.env import Jira
from portal.flows.delivery import SEND
from portal.tests.mirroring import mirroring
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.mapping import set_counted
from tickets.actions.weekly import updates
from tickets.actions.weekly.states import replay_all
from tickets.models import ApartResolution, BugType, DailyCount, MappingEvent, WeeklyUpdate
from tickets.queries.weekly.dates import due_on
from tickets.queries.weekly.numbers import meaning
from tickets.rules.weekly.dates import due_on as due_in
from tickets.tests.factories import make_project, make_ticket

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 11, 17, tzinfo=UTC).date()
HOUR = timedelta(hours=1)


class Worker:
    """Ticks, and sends at the same moment what is put on its way."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 17, tzinfo=UTC)

    def tick(self, at: datetime) -> None:
        self.at = at
        flows.tick(at=at)

    def queue(self, name: str, *args: object, expires: float | None = None) -> bool:
        if name == SEND and Delivery.objects.filter(id=str(args[0]), topic="mail.send").exists():
            flows.deliver(delivery_id=int(str(args[0])), at=self.at)
        return True


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    found = Worker()
    monkeypatch.setattr(jobs, "queue", found.queue)
    return found


@pytest.fixture(autouse=True)
def _mirror() -> None:
    load_marks()
    load_weekly()
    make_project()
    make_ticket("To Do", id=1, components=["Search"])
    replay_all()


def test_the_draft_is_made_two_hours_before_the_meeting_and_once_and_a_late_one_counts_the_same_week() -> None:
    due = due_on(TUESDAY)
    assert flows.draft_weekly(at=due.draft_at - HOUR) is None
    assert flows.draft_weekly(at=due.draft_at + HOUR) is not None
    assert flows.draft_weekly(at=due.draft_at + HOUR) is None
    update = WeeklyUpdate.objects.get()
    assert (update.meeting_date, update.at, update.drafted_at) == (TUESDAY, due.draft_at, due.draft_at + HOUR)
    assert DailyCount.objects.exists()


def test_an_update_of_a_meeting_at_night_is_not_called_to_mind_before_the_meeting() -> None:
    at_night = due_in(TUESDAY, Meeting(frozenset({1}), time(21), "America/New_York"), "America/New_York")
    by_day = due_in(TUESDAY, Meeting(frozenset({1}), time(14), "America/New_York"), "America/New_York")
    assert at_night.remind_at == at_night.meeting_at
    assert by_day.remind_at - by_day.meeting_at == 4 * HOUR


def test_in_the_evening_whoever_leads_gets_one_mail_unless_it_is_posted(mailoutbox: list[Any], worker: Worker) -> None:
    person(Role.LEAD)
    acting, due = person(Role.ENGINEER), due_on(TUESDAY)
    ActingRole.objects.create(
        person=acting, role=Role.LEAD, starts_at=due.draft_at - HOUR, ends_at=due.draft_at + 100 * HOUR
    )
    flows.draft_weekly(at=due.draft_at)
    worker.tick(due.remind_at - HOUR)
    assert not mailoutbox
    worker.tick(due.remind_at)
    worker.tick(due.remind_at + HOUR)
    [letter] = mailoutbox
    assert letter.to == [acting.email]
    assert f"{settings.PORTAL_BASE_URL}/updates/weekly/2026-11-17/" in letter.body
    assert not Timer.objects.exists()


def test_a_mail_server_that_is_away_loses_no_reminder(mailoutbox: list[Any], settings: Any, worker: Worker) -> None:
    lead, due, inbox = person(Role.LEAD), due_on(TUESDAY), settings.EMAIL_BACKEND
    update = flows.draft_weekly(at=due.draft_at)
    assert update is not None
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 9
    worker.tick(due.remind_at)
    delivery = Delivery.objects.get(key=f"weekly-reminder-{TUESDAY}-{lead.pk}")
    assert delivery.state == State.WAITING and "cannot be reached" in delivery.fault
    assert not updates.reminded(update)
    settings.EMAIL_BACKEND = inbox
    Delivery.objects.update(due_at=due.remind_at)
    cache.clear()
    worker.tick(due.remind_at + HOUR)
    worker.tick(due.remind_at + 2 * HOUR)
    assert len(mailoutbox) == 1 and not Timer.objects.exists()
    assert updates.reminded(update) == {lead.pk}


@pytest.mark.parametrize(("answer", "state"), [("550 no", State.FAILED), ("451 later", State.WAITING)])
def test_who_is_refused_by_the_mail_server_makes_nobody_get_it_again(
    settings: Any, worker: Worker, answer: str, state: State
) -> None:
    people, due = [person(Role.LEAD) for _ in range(3)], due_on(TUESDAY)
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        server.answers[f"RCPT {people[1].email}"] = answer
        flows.draft_weekly(at=due.draft_at)
        for place in range(4):
            cache.clear()
            worker.tick(due.remind_at + place * HOUR)
            Delivery.objects.filter(state=State.WAITING).update(due_at=due.remind_at)
    assert sorted(message["To"] for message in server.messages) == sorted([people[0].email, people[2].email])
    assert server.tried.count(people[1].email) == (4 if state == State.WAITING else 1)
    refused = Delivery.objects.get(key=f"weekly-reminder-{TUESDAY}-{people[1].pk}")
    assert refused.state == state and refused.path == f"/updates/weekly/{TUESDAY}/"


def test_the_tick_itself_sends_no_mail(mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    person(Role.LEAD)
    due, queued = due_on(TUESDAY), list[str]()
    monkeypatch.setattr(jobs, "queue", lambda name, *args, expires=None: queued.append(name))
    flows.draft_weekly(at=due.draft_at)
    flows.tick(at=due.remind_at)
    assert queued == [SEND] and not mailoutbox


def test_a_reminder_that_has_not_left_is_taken_back_once_the_update_is_in_the_channel(
    mailoutbox: list[Any], settings: Any, worker: Worker
) -> None:
    lead, due = person(Role.LEAD), due_on(TUESDAY)
    update = flows.draft_weekly(at=due.draft_at)
    assert update is not None
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_PORT = 9
    worker.tick(due.remind_at)
    flows.post_weekly(update=update, text=None, seen=1, by=lead, at=due.remind_at)
    post = Delivery.objects.get(topic="mattermost.post")
    post.state, post.sent_at = State.SENT, due.remind_at
    post.save()
    flows.delivered(post, due.remind_at)
    reminder = Delivery.objects.get(topic="mail.send")
    assert reminder.state == State.DROPPED and not mailoutbox
    assert reminder.events.latest("id").to_value == "the update is in the channel"


def test_what_is_in_the_channel_is_not_called_to_mind_and_what_was_refused_is(
    mailoutbox: list[Any], worker: Worker
) -> None:
    lead, due = person(Role.LEAD), due_on(TUESDAY)
    update = flows.draft_weekly(at=due.draft_at)
    assert update is not None
    assert flows.post_weekly(update=update, text=None, seen=1, by=lead, at=due.meeting_at)
    delivery = Delivery.objects.get()
    Delivery.objects.update(state=State.FAILED, fault="The channel is archived.")
    worker.tick(due.remind_at)
    assert "Mattermost has not taken it" in mailoutbox[0].body
    Delivery.objects.update(state=State.SENT, sent_at=due.remind_at)
    delivery.refresh_from_db()
    flows.delivered(delivery, due.remind_at)
    assert not Timer.objects.exists()
    worker.tick(due.remind_at + HOUR)
    assert len(mailoutbox) == 1


def test_a_post_that_the_operator_drops_is_a_draft_that_can_be_saved(client: Client) -> None:
    lead, due = person(Role.LEAD), due_on(TUESDAY)
    update = flows.draft_weekly(at=due.draft_at)
    assert update is not None
    flows.post_weekly(update=update, text=None, seen=1, by=lead, at=due.meeting_at)
    Delivery.objects.update(state=State.FAILED)
    flows.answer_delivery(delivery=Delivery.objects.get(), by=lead, at=due.meeting_at, verb="drop")
    client.force_login(lead)
    form = {"text": update.text + "\n\n* A note", "version": "1"}
    assert client.post(f"/updates/weekly/{TUESDAY}/save/", form).status_code == 302
    update.refresh_from_db()
    assert update.text.endswith("* A note") and Timer.objects.exists()


def test_a_technical_debt_ticket_names_the_bugs_and_is_made_once_a_day() -> None:
    lead, at = person(Role.LEAD), due_on(TUESDAY).meeting_at
    with mirroring(Jira(base_url="https://jira.example.org", projects=("MM",), email="a@b.c", api_token="t")):
        for _ in range(2):
            flows.make_debt_ticket(component="Search", at=at, by=lead)
    [delivery] = Delivery.objects.all()
    fields = delivery.payload["fields"]
    assert (delivery.topic, fields["project"], fields["components"]) == (
        "jira.create", {"key": "MM"}, [{"name": "Search"}]
    )
    assert "1 bugs came in Search" in fields["description"]


def test_what_the_lead_says_is_a_bug_stays_said_over_a_new_start() -> None:
    lead, at = person(Role.LEAD), due_on(TUESDAY).meeting_at
    assert set_counted(bugs=["Fault", " bug "], apart=[], by=lead, at=at)
    assert meaning().bugs == {"bug", "fault"}
    assert meaning().apart == frozenset()
    assert load_weekly() == 0
    assert not set_counted(bugs=["bug", "fault"], apart=[], by=lead, at=at)
    assert MappingEvent.objects.filter(by=lead).count() == 2
    assert BugType.objects.get(name="Defect").counts is False
    assert ApartResolution.objects.filter(counts=True).count() == 0
