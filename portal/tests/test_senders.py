"""Letters and direct messages by the outbox: one to each, whatever becomes of answers; who is not there is named."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as now_settings

from integrations import mail
from integrations.mail.tests.server import MailServer, mail_server
from integrations.outbox import actions as outbox
from integrations.outbox import rules
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.outbox.queries import receipt
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.env import Mattermost

pytestmark = pytest.mark.django_db
INES = "ines.okafor"


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox) -> Iterator[Sandbox]:
    before = now_settings.ENV
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team)
    now_settings.ENV = dataclasses.replace(before, mattermost=config, outbox_settle=0.0)
    yield site
    now_settings.ENV = before
    site.clear_faults(chat=True)


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        yield found


def delivered(delivery: Delivery, *, later: timedelta = timedelta()) -> Delivery:
    """It as it stands once a worker has tried it."""
    flows.deliver(delivery_id=delivery.id, at=clock.now() + later)
    delivery.refresh_from_db()
    return delivery


def message(text: str, username: str = INES, email: str = "") -> Delivery:
    return outbox.enqueue(
        topic="mattermost.direct", scope=f"direct:{username}", title=f"Tell {username}", at=clock.now(),
        payload={"username": username, "email": email, "message": text},
    )


def letter(to: str = "ines@example.test", key: str = "") -> Delivery:
    return outbox.enqueue(
        topic="mail.send", scope=f"mail:{to}", title=f"Mail to {to}", at=clock.now(), key=key,
        payload={"to": to, "subject": "You are paged", "text": "Look at it."},
    )


def told(sandbox: Sandbox, username: str = INES) -> list[str]:
    """What the bot wrote to somebody alone, as they see it."""
    ids = [sandbox.mattermost("GET", path).json()["id"] for path in ("users/me", f"users/username/{username}")]
    channel = sandbox.mattermost("POST", "channels/direct", json=ids, user=username).json()["id"]
    posts = sandbox.mattermost("GET", f"channels/{channel}/posts", user=username).json()["posts"]
    return sorted(post["message"] for post in posts.values())


def test_somebody_is_told_alone_by_name_or_by_address(chat: Sandbox) -> None:
    assert delivered(message("By name")).state == State.SENT
    by_address = delivered(message("By address", username="no.such", email="ines.okafor@example.test"))
    assert by_address.state == State.SENT and by_address.remote_url.startswith(chat.mattermost_url)
    assert {"By name", "By address"} <= set(told(chat))
    channel = chat.mattermost("GET", "teams/name/community/channels/name/sustained-engineering").json()["id"]
    posts = chat.mattermost("GET", f"channels/{channel}/posts").json()["posts"].values()
    assert not any(post["message"].startswith("By ") for post in posts)


def test_a_message_whose_answer_was_lost_is_found_in_that_channel_and_not_sent_again(chat: Sandbox) -> None:
    chat.fault(chat=True, path="posts$", method="POST", drop="after")
    delivery = delivered(message("Once"))
    assert delivery.state == State.UNKNOWN
    assert delivered(delivery, later=timedelta(minutes=5)).state == State.SENT
    assert told(chat).count("Once") == 1


def test_a_message_that_never_arrived_is_sent_after_the_look(chat: Sandbox) -> None:
    chat.fault(chat=True, path="posts$", method="POST", drop="before")
    delivery = delivered(message("After all"))
    assert delivery.state == State.UNKNOWN
    assert delivered(delivery, later=timedelta(minutes=5)).state == State.SENT
    assert told(chat).count("After all") == 1


def test_a_mattermost_that_fails_before_the_message_is_asked_again_soon(chat: Sandbox) -> None:
    chat.fault(chat=True, path="users/username", status=502)
    delivery = delivered(message("Soon"))
    assert delivery.state == State.WAITING and delivery.due_at - clock.now() < timedelta(seconds=5)


def test_somebody_whom_mattermost_does_not_know_is_named_and_nothing_is_tried_again(chat: Sandbox) -> None:
    delivery = delivered(message("x", username="no.such"))
    assert (delivery.state, delivery.fault) == (State.FAILED, "Mattermost knows nobody named @no.such.")


def test_a_letter_leaves_once_and_its_receipt_says_so(server: MailServer) -> None:
    delivery = letter(key="page-7-step-1")
    assert receipt(delivery).words == "On its way to the mail server"
    assert delivered(delivery).state == State.SENT
    assert letter(key="page-7-step-1").id == delivery.id
    delivered(delivery)
    [got] = server.messages
    assert got["Message-ID"] == delivery.remote_id == mail.message_id("page-7-step-1")
    assert receipt(delivery).words == "Mailed"


def test_a_letter_of_which_nobody_knows_is_sent_again_with_the_same_id(server: MailServer) -> None:
    server.answers["END"] = ""
    delivery = delivered(letter())
    assert delivery.state == State.WAITING and "broke off" in delivery.fault
    server.answers.clear()
    assert delivered(delivery, later=timedelta(minutes=5)).state == State.SENT
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_a_letter_whose_worker_died_leaves_once_its_claim_is_over_and_waits_no_longer(server: MailServer) -> None:
    delivery, at = letter(), clock.now()
    assert outbox.claim(delivery_id=delivery.id, at=at) is not None  # and the worker is gone
    assert delivered(delivery).state == State.SENDING
    assert delivered(delivery, later=rules.CLAIM + timedelta(seconds=1)).state == State.SENT
    assert len(server.messages) == 1


def test_a_direct_message_whose_worker_died_is_looked_for_before_it_is_sent(chat: Sandbox) -> None:
    now_settings.ENV = dataclasses.replace(now_settings.ENV, outbox_settle=60.0)
    delivery, over = message("After a death"), rules.CLAIM + timedelta(seconds=1)
    assert outbox.claim(delivery_id=delivery.id, at=clock.now()) is not None
    assert delivered(delivery, later=over).state == State.UNKNOWN
    assert delivered(delivery, later=over + timedelta(seconds=61)).state == State.SENT
    assert told(chat).count("After a death") == 1


@pytest.mark.parametrize(("answer", "state"), [("550 no such user", State.FAILED), ("451 later", State.WAITING)])
def test_an_address_refused_for_good_waits_for_a_person_and_one_refused_for_now_does_not(
    server: MailServer, answer: str, state: State
) -> None:
    server.answers["RCPT"] = answer
    delivery = delivered(letter())
    assert delivery.state == state and answer[4:] in delivery.fault
    server.answers.clear()
    flows.answer_delivery(delivery=delivery, by=person(Role.LEAD), at=clock.now(), verb="retry")
    assert delivered(delivery).state == State.SENT
