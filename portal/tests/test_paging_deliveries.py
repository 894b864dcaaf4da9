"""The messages of a page while the doors are shut: they come late, or not at all once somebody has answered."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings as now_settings

from integrations.outbox import actions as outbox
from integrations.outbox import rules
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.models import Person
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.env import Mattermost
from set_rotation.actions import paging
from set_rotation.choices import ContactKind, PageSource, PageState, Urgency
from set_rotation.models import Page, PageAttempt

pytestmark = pytest.mark.django_db
AWAY, SOON = timedelta(minutes=5), timedelta(seconds=5)


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox) -> Iterator[Sandbox]:
    """With the settling time of a team's server."""
    before = now_settings.ENV
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team)
    now_settings.ENV = dataclasses.replace(before, mattermost=config, outbox_settle=60.0)
    yield site
    now_settings.ENV = before
    site.clear_faults(chat=True)


@pytest.fixture
def ines() -> Person:
    return person(name="Ines", mattermost_name="ines.okafor", email="ines.okafor@example.test")


def called(ines: Person, reason: str) -> Delivery:
    """The message in Mattermost by which a page calls her."""
    page, _ = paging.raise_page(key=reason, urgency=Urgency.URGENT, reason=reason, at=clock.now(),
                                source=PageSource.API, only_to=ines)
    paging.take_steps(page_id=page.pk, at=clock.now())
    found = PageAttempt.objects.get(page=page, kind=ContactKind.MATTERMOST).delivery
    assert found is not None
    return found


def tried(delivery: Delivery, *, later: timedelta = timedelta()) -> Delivery:
    flows.deliver(delivery_id=delivery.id, at=clock.now() + later)
    delivery.refresh_from_db()
    return delivery


def answer(ines: Person) -> None:
    paging.acknowledge(page=Page.objects.get(state=PageState.OPEN), by=ines, at=clock.now())


def posted(site: Sandbox, reason: str) -> int:
    """How many messages about it the bot wrote to her."""
    ids = [site.mattermost("GET", path).json()["id"] for path in ("users/me", "users/username/ines.okafor")]
    channel = site.mattermost("POST", "channels/direct", json=ids, user="ines.okafor").json()["id"]
    posts = site.mattermost("GET", f"channels/{channel}/posts", user="ines.okafor").json()["posts"]
    return sum(reason in post["message"] for post in posts.values())


def test_what_was_being_tried_when_somebody_answered_is_not_sent_once_mattermost_is_back(
    chat: Sandbox, ines: Person
) -> None:
    delivery = called(ines, "Tried in vain")
    claimed = outbox.claim(delivery_id=delivery.pk, at=clock.now())
    assert claimed is not None
    answer(ines)
    outbox.postpone(delivery=claimed, words="Mattermost is away.", detail="", at=clock.now(), until=clock.now())
    assert tried(delivery, later=AWAY).state == State.DROPPED
    assert delivery.events.latest("at", "id").to_value == "the page was answered meanwhile"
    assert posted(chat, "Tried in vain") == 0


@pytest.mark.parametrize(("drop", "state", "messages"), [("before", State.DROPPED, 0), ("after", State.SENT, 1)])
def test_what_may_have_left_before_an_answer_is_looked_for_and_never_sent_again(
    chat: Sandbox, ines: Person, drop: str, state: State, messages: int
) -> None:
    chat.fault(chat=True, path="posts$", method="POST", drop=drop)
    delivery = tried(called(ines, f"Lost {drop}"))
    assert delivery.state == State.UNKNOWN
    answer(ines)
    assert tried(delivery, later=AWAY).state == state
    assert posted(chat, f"Lost {drop}") == messages


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_page_whose_answer_was_lost_is_looked_for_at_once_and_there_once(
    chat: Sandbox, ines: Person, drop: str
) -> None:
    chat.fault(chat=True, path="posts$", method="POST", drop=drop)
    delivery = tried(called(ines, f"Soon {drop}"))
    assert delivery.state == State.UNKNOWN and delivery.due_at - clock.now() < SOON
    assert tried(delivery, later=SOON).state == State.SENT
    assert posted(chat, f"Soon {drop}") == 1


def test_a_page_whose_worker_died_waits_no_longer_than_its_claim(chat: Sandbox, ines: Person) -> None:
    delivery = called(ines, "Died")
    assert outbox.claim(delivery_id=delivery.id, at=clock.now()) is not None  # and the worker is gone
    assert tried(delivery, later=rules.CLAIM + timedelta(seconds=1)).state == State.SENT
    assert posted(chat, "Died") == 1
