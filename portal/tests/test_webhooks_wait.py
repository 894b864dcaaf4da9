"""When Jira asks to wait, webhooks wait too."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.sandbox.testing import Sandbox
from portal import flows
from tickets import tasks
from tickets.actions.deliveries import store_delivery
from tickets.choices import DeliveryState
from tickets.models import MirroredProject, WebhookDelivery
from tickets.rules.webhooks import Hint

NOON = datetime(2026, 11, 17, 17, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def waiting(number: int) -> WebhookDelivery:
    hint = Hint("jira:issue_updated", 100_000 + number)
    found = store_delivery(identifier=f"wait-{number}", hint=hint, body="{}", at=NOON)
    assert found is not None
    return found


def test_while_jira_asks_to_wait_no_webhook_asks_it_and_waiting_is_no_try(small: Sandbox) -> None:
    MirroredProject.objects.create(key="MM", not_before=LATER)
    small.reset_log()
    delivery = waiting(1)
    assert flows.apply_delivery(delivery_id=delivery.id, at=NOON) is False
    delivery.refresh_from_db()
    assert small.requests() == []
    assert (delivery.state, delivery.attempts, delivery.claimed_until) == (DeliveryState.STORED, 0, LATER)


def test_the_sweep_ends_with_the_first_webhook_that_jira_does_not_answer(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    MirroredProject.objects.create(key="MM")
    for number in range(1, 6):
        waiting(number)
    small.fault(path="issue/", times=-1, status=503)
    monkeypatch.setattr("portal.common.clock.now", lambda: NOON + timedelta(minutes=1))
    small.reset_log()
    tasks.sweep_webhooks()
    asked = [entry for entry in small.requests() if "/issue/" in entry["path"]]
    assert len(asked) == 1
    assert WebhookDelivery.objects.filter(attempts=0).count() == 4
