"""The inbound door: verified, stored once, answered at once; applied by fetching the issue, the newest stays."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.sandbox.testing import Sandbox, run_sandbox
from integrations.sandbox.tests.receiver import receive
from portal import flows
from portal.celery import app
from portal.common import clock
from portal.env import Jira
from portal.tests.mirroring import SECRET, dump, mirroring, sync, ticket
from tickets import tasks
from tickets.actions import deliveries
from tickets.choices import DeliveryState, Presence
from tickets.models import Ticket, WebhookDelivery
from tickets.rules.webhooks import Hint
from tickets.tests import junk

pytestmark = pytest.mark.django_db
PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "data" / "jira-webhooks"
NOWHERE = Jira(base_url="http://127.0.0.1:9", email="a@example.org", api_token="x", webhook_secret=SECRET)
NOON = datetime(2026, 11, 17, 17, tzinfo=UTC)
Post = Callable[..., Any]


@pytest.fixture
def door(client: Client) -> Post:
    """Post a body to the door, signed unless said otherwise."""

    def post(body: object, *, identifier: str = "", query: str = "", sign: bool = True, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if sign:
            headers["X-Hub-Signature"] = "sha256=" + hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest()
        if identifier:
            headers["X-Atlassian-Webhook-Identifier"] = identifier
        return client.post(f"/webhooks/jira/{query}", data, content_type="application/json", headers=headers)

    return post


@pytest.fixture(autouse=True)
def _jira_is_down() -> Any:
    """Unless a test names another: nobody listens where Jira is said to be."""
    with mirroring(NOWHERE):
        yield


def payloads() -> list[Any]:
    if not PAYLOADS.is_dir():
        skip = pytest.mark.skip(reason=f"the real payloads are absent: {PAYLOADS}")
        return [pytest.param(PAYLOADS, marks=skip)]
    return [pytest.param(path, id=path.stem) for path in sorted(PAYLOADS.glob("*.json"))]


HOOKS = ("webhookEvent", "issue", "comment", "issueLink", "timestamp")
UPDATED = {"webhookEvent": "jira:issue_updated", "timestamp": 1, "issue": {"id": "100001", "key": "MM-2"}}


# The door


@pytest.mark.parametrize("path", payloads())
def test_every_real_payload_is_let_in_signed_and_by_secret(door: Post, path: Path) -> None:
    body = path.read_bytes()
    signed = door(body, identifier="one")
    by_secret = door(body, identifier="two", sign=False, query=f"?secret={SECRET}")
    assert (signed.status_code, by_secret.status_code) == (202, 202)
    states = set(WebhookDelivery.objects.values_list("state", flat=True))
    assert states <= {DeliveryState.STORED, DeliveryState.IGNORED}
    for delivery in WebhookDelivery.objects.filter(state=DeliveryState.IGNORED):
        assert delivery.note


@pytest.mark.parametrize(
    ("headers", "query"),
    [({}, ""), ({}, "?secret="), ({}, "?secret=wrong"), ({}, "?secret=%00"), ({"X-Hub-Signature": "sha256=00"}, ""),
     ({"X-Hub-Signature": "sha1=00"}, ""), ({"X-Hub-Signature": "sha256"}, ""), ({"X-Hub-Signature": "=" * 500}, ""),
     ({"X-Hub-Signature": "sha256=00"}, f"?secret={SECRET}")],
)
def test_who_does_not_know_the_secret_is_refused_and_nothing_is_stored(
    door: Post, headers: dict[str, str], query: str
) -> None:
    answer = door(UPDATED, sign=False, query=query, **headers)
    assert answer.status_code == 403
    assert SECRET not in answer.content.decode()
    assert not WebhookDelivery.objects.exists()


def test_a_signature_of_another_body_is_refused(door: Post) -> None:
    other = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
    assert door(UPDATED, sign=False, **{"X-Hub-Signature": f"sha256={other}"}).status_code == 403


def test_without_a_secret_configured_nobody_gets_in(door: Post) -> None:
    with mirroring(Jira(base_url="http://127.0.0.1:9")):
        assert door(UPDATED, sign=False).status_code == 403
        empty = hmac.new(b"", json.dumps(UPDATED).encode(), hashlib.sha256).hexdigest()
        assert door(UPDATED, sign=False, **{"X-Hub-Signature": f"sha256={empty}"}).status_code == 403
        assert door(UPDATED, sign=False, query="?secret=").status_code == 403


def test_only_post_is_answered(client: Client) -> None:
    assert [client.get("/webhooks/jira/").status_code, client.put("/webhooks/jira/").status_code] == [405, 405]


def test_the_same_identifier_twice_is_stored_once(door: Post) -> None:
    assert [door(UPDATED, identifier="same").status_code for _ in range(3)] == [202, 200, 200]
    assert WebhookDelivery.objects.count() == 1


def test_without_identifier_the_same_body_is_the_same_webhook(door: Post) -> None:
    assert [door(UPDATED).status_code for _ in range(2)] == [202, 200]
    assert door({**UPDATED, "timestamp": 2}).status_code == 202
    without_time = {name: value for name, value in UPDATED.items() if name != "timestamp"}
    assert [door(without_time).status_code for _ in range(2)] == [202, 202]


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"\xff\xfe\x00", b"[]", b"null", b'"text"', b"[" * 50_000, b"{}", b"1" * 6_000, b"NaN",
     b'{"webhookEvent": "a\\u0000b", "issue": {"id": "1", "key": "MM\\u0000-1"}}',
     b'{"webhookEvent": "a\\ud800b", "issue": {"id": "1", "key": "MM-\\udfff1"}}',
     b'{"webhookEvent": "' + b"x" * 5_000 + b'", "issue": {"id": "1", "key": "' + b"K" * 5_000 + b'"}}',
     b'{"issue": {"id": 99999999999999999999999}}', b'{"issue": {"id": -1}}', b'{"issue": {"id": 1e999}}',
     b'{"issue": {"id": "7"}, "timestamp": "\x00"}'],
)  # fmt: skip
def test_garbage_is_stored_and_never_an_error(door: Post, body: bytes) -> None:
    assert door(body, identifier=uuid.uuid4().hex).status_code == 202
    assert WebhookDelivery.objects.count() == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(HOOKS, junk.values)) | junk.values,
       st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=300))
def test_no_body_and_no_identifier_give_an_error(door: Post, body: Any, identifier: str) -> None:
    assert door(body, identifier=identifier).status_code in {200, 202}


def test_a_body_that_is_too_large_is_refused(door: Post) -> None:
    assert door(b"x" * 6_000_000).status_code == 413
    assert not WebhookDelivery.objects.exists()


def test_with_the_broker_away_it_is_stored_and_answered(
    door: Post, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        assert door(UPDATED).status_code == 202
    delivery = WebhookDelivery.objects.get()
    assert delivery.state == DeliveryState.STORED
    assert deliveries.waiting_deliveries(at=clock.now() + timedelta(seconds=6)) == [delivery.id]


# Applying


@pytest.fixture
def jira(small: Sandbox) -> Sandbox:
    """A mirrored Jira that edits can be made in."""
    sync()
    return small


def deliver(event: str, issue: str | int, at: datetime | None = None) -> WebhookDelivery:
    """A webhook came and is applied now."""
    delivery = stored(event, issue)
    flows.apply_delivery(delivery_id=delivery.id, at=at or clock.now())
    delivery.refresh_from_db()
    return delivery


def stored(event: str = "jira:issue_updated", issue: str | int = 100_001, at: datetime = NOON) -> WebhookDelivery:
    body = {"webhookEvent": event, "issue": {"id": str(issue), "key": "MM-0"}}
    hint = Hint(event, int(issue), "MM-0")
    found = deliveries.store_delivery(identifier=uuid.uuid4().hex, hint=hint, body=json.dumps(body), at=at)
    assert found is not None
    return found


def test_a_change_is_fetched_and_applied(jira: Sandbox) -> None:
    jira.bulk("set", issues=["MM-2"], fields={"summary": "From a webhook"})
    delivery = deliver("jira:issue_updated", 100_001)
    assert (delivery.state, delivery.note) == (DeliveryState.APPLIED, "")
    assert ticket("MM-2").summary == "From a webhook"
    again = deliver("jira:issue_updated", 100_001)
    assert (again.state, again.note) == (DeliveryState.APPLIED, "already here")


def test_a_known_jira_is_asked_once_for_a_webhook(jira: Sandbox) -> None:
    deliver("jira:issue_updated", 100_002)
    jira.reset_log()
    jira.bulk("set", issues=["MM-3"], fields={"summary": "One request"})
    deliver("jira:issue_updated", 100_002)
    assert len(jira.requests()) == 1


def test_a_created_issue_arrives_by_its_webhook(jira: Sandbox) -> None:
    made = jira.jira("POST", "/rest/api/2/issue", json={
        "fields": {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Fresh"}}).json()
    deliver("jira:issue_created", made["id"])
    assert ticket(made["key"]).summary == "Fresh"
    jira.bulk("delete", issues=[made["key"]])


def test_out_of_order_and_late_webhooks_leave_the_newest(jira: Sandbox) -> None:
    late = [stored() for _ in range(3)]
    for name in ("first", "second", "third"):
        jira.bulk("set", issues=["MM-2"], fields={"summary": name})
    for delivery in reversed(late):
        flows.apply_delivery(delivery_id=delivery.id, at=clock.now())
    assert ticket("MM-2").summary == "third"
    before = dump("ticket", "ticketchange")
    deliver("jira:issue_created", 100_001)
    assert dump("ticket", "ticketchange") == before


def test_a_deletion_is_believed_and_what_comes_late_does_not_undo_it(jira: Sandbox) -> None:
    made = jira.jira("POST", "/rest/api/2/issue", json={
        "fields": {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Doomed"}}).json()
    deliver("jira:issue_created", made["id"])
    jira.bulk("delete", issues=[made["key"]])
    assert deliver("jira:issue_deleted", made["id"]).note == "deleted"
    assert Ticket.objects.get(id=made["id"]).presence == Presence.DELETED
    late = deliver("jira:issue_updated", made["id"])
    assert (late.state, late.note) == (DeliveryState.APPLIED, "Jira no longer shows it; the census will tell why")
    assert deliver("jira:issue_deleted", made["id"]).note == "it was not mirrored"
    assert Ticket.objects.get(id=made["id"]).presence == Presence.DELETED


def test_a_move_out_of_sight_and_an_issue_of_another_project_are_told_apart(jira: Sandbox) -> None:
    identity = ticket("MM-55").id
    new = jira.bulk("move", issues=["MM-55"], project="ELSE")["moved"]["MM-55"]
    assert deliver("jira:issue_updated", identity).note == "moved to ELSE"
    found = Ticket.objects.get(id=identity)
    assert (found.presence, found.key) == (Presence.MOVED, new)
    assert deliver("jira:issue_updated", identity).note == "ELSE is not mirrored"
    jira.bulk("move", issues=[new], project="MM")
    deliver("jira:issue_updated", identity)
    assert Ticket.objects.get(id=identity).presence == Presence.PRESENT


# Postponing


@pytest.mark.parametrize("rule", [{"status": 500}, {"html": True}, {"drop": "before"}, {"truncate": True},
{"status": 403}])
def test_with_jira_away_it_is_tried_again_later_and_later(jira: Sandbox, rule: dict[str, Any]) -> None:
    jira.fault(path="issue/100001", times=-1, **rule)
    delivery, at, waits = stored(), NOON, []
    for _ in range(deliveries.ATTEMPTS - 1):
        flows.apply_delivery(delivery_id=delivery.id, at=at)
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.STORED
        assert delivery.note
        assert delivery.claimed_until is not None
        assert deliveries.claim_delivery(delivery_id=delivery.id, at=delivery.claimed_until) is None
        waits.append(delivery.claimed_until - at)
        at = delivery.claimed_until + timedelta(seconds=1)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=10)
    assert waits[-1] <= timedelta(minutes=11)
    flows.apply_delivery(delivery_id=delivery.id, at=at)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    assert at not in deliveries.waiting_deliveries(at=at + timedelta(days=1))


def test_what_jira_asks_to_wait_is_waited(jira: Sandbox) -> None:
    jira.fault(path="issue/100001", status=429, retry_after=300)
    before = clock.now()
    delivery = deliver("jira:issue_updated", 100_001)
    assert delivery.claimed_until is not None
    assert before <= delivery.claimed_until - timedelta(minutes=5) <= clock.now()
    flows.apply_delivery(delivery_id=delivery.id, at=delivery.claimed_until + timedelta(seconds=1))
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.APPLIED


def test_a_dead_workers_claim_is_taken_over_after_a_minute(jira: Sandbox) -> None:
    delivery = stored()
    assert deliveries.claim_delivery(delivery_id=delivery.id, at=NOON) is not None
    for seconds, free in ((1, False), (59, False), (61, True)):
        at = NOON + timedelta(seconds=seconds)
        assert (delivery.id in deliveries.waiting_deliveries(at=at)) == free
    flows.apply_delivery(delivery_id=delivery.id, at=NOON + timedelta(seconds=30))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.STORED, 1)
    flows.apply_delivery(delivery_id=delivery.id, at=NOON + timedelta(seconds=61))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.APPLIED, 2)


def test_one_that_kills_its_worker_each_time_is_given_up(jira: Sandbox) -> None:
    delivery, at = stored(), NOON
    for _ in range(deliveries.ATTEMPTS):
        assert deliveries.claim_delivery(delivery_id=delivery.id, at=at) is not None
        at += timedelta(seconds=61)
    flows.apply_delivery(delivery_id=delivery.id, at=at)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    assert delivery.note


def test_a_fault_of_our_own_is_postponed_and_raised(jira: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("portal.flows.jira.changed_facts", broken)
    delivery = stored()
    with pytest.raises(ZeroDivisionError):
        flows.apply_delivery(delivery_id=delivery.id, at=NOON)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.STORED
    assert "ZeroDivisionError" in delivery.note


def test_one_poisonous_webhook_does_not_keep_the_sweeper_from_the_others(
    jira: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = flows.apply_delivery
    first, second = stored(), stored(issue=100_003)
    jira.bulk("set", issues=["MM-4"], fields={"summary": "Swept up"})

    def broken(*, delivery_id: int, at: datetime) -> None:
        if delivery_id == first.id:
            raise ZeroDivisionError("ours")
        real(delivery_id=delivery_id, at=at)

    monkeypatch.setattr(flows, "apply_delivery", broken)
    tasks.sweep_webhooks()
    second.refresh_from_db()
    assert second.state == DeliveryState.APPLIED
    assert ticket("MM-4").summary == "Swept up"


def test_settled_webhooks_are_forgotten_after_two_weeks_and_waiting_ones_kept(db: None) -> None:
    old, waiting = stored(at=NOON - timedelta(days=15)), stored(at=NOON - timedelta(days=15))
    deliveries.settle_delivery(delivery=old, state=DeliveryState.APPLIED, at=NOON)
    assert deliveries.forget_deliveries(at=NOON) == 1
    assert WebhookDelivery.objects.get().id == waiting.id


# Signed by the stand-in itself


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_what_the_stand_in_sends_is_let_in(client: Client, flavour: str) -> None:
    with receive() as receiver, run_sandbox(
        issues=3, changes=1, flavour=flavour, webhook_url=receiver.url, webhook_secret=SECRET
    ) as sandbox:
        sandbox.jira("POST", "/rest/api/2/issue/MM-1/comment", json={"body": "said"})
        sandbox.jira("PUT", "/rest/api/2/issue/MM-1", json={"fields": {"summary": "New"}})
        for headers, body in receiver.wait(2 if flavour == "cloud" else 3):
            kept = {name: headers[name] for name in ("x-hub-signature", "x-atlassian-webhook-identifier")}
            answer = client.post("/webhooks/jira/", body, content_type="application/json", headers=kept)
            assert answer.status_code == 202
    found = list(WebhookDelivery.objects.values_list("issue_id", "state", "note"))
    assert found == [(100_000, DeliveryState.STORED, "")] * len(found)
