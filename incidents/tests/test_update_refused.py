"""What was not sent, and why, stands where it was written."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from incidents.tests import factories
from people.choices import Role as PersonRole
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
BY_SCRIPT = {"HX-Request": "true", "HX-Target": "update"}


def form(**more: str) -> dict[str, str]:
    return {"do": "send", "status": "investigating", "summary": "One in five fails.", "seen": "0", "next": "",
            "usual": "", "key": uuid.uuid4().hex} | more


def test_a_correction_that_is_refused_stays_a_page_of_its_own_and_an_update_keeps_its_receipts(client: Client) -> None:
    writer = people.person(PersonRole.ENGINEER)
    row = factories.incident(commander=writer, at=clock.now())
    client.force_login(writer)
    update, correct = reverse("incidents:compose", args=[row.pk]), reverse("incidents:correct", args=[row.pk, 1])
    assert client.post(update, form()).status_code == 302

    def refused(url: str, **more: Any) -> str:
        answer = client.post(url, form(seen="1", **more), headers=BY_SCRIPT)
        assert answer.status_code == 422
        return answer.content.decode()

    assert 'id="receipts"' not in refused(correct, what="", summary="One in four.")
    assert 'id="receipts"' in refused(update, summary="")
