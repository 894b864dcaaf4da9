"""Declaring by the API of a really running portal: its web process, worker, beat and broker are killed with -9 around
each declaring in turns. Whoever declares sends the same again until it is answered."""

import threading
import time
import uuid
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from incidents.choices import What
from incidents.models import Incident, IncidentEvent, Promise
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.actions.keys import make_token
from people.choices import Role
from people.tests import factories as people
from portal.common import clock
from portal.supervisor.running import RunningPortal
from portal.tests.patience import ended, until
from set_rotation.models import Page

WAITS = (0.0, 0.03, 0.08, 0.2)  # seconds after the declaring was sent
_numbers = count(1)


@pytest.fixture(scope="module")
def chat() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def portal(run_portal: Any, chat: Sandbox) -> Iterator[RunningPortal]:
    names = {key: value for key, value in chat.environment.items() if key.startswith("MATTERMOST_")}
    environ = names | {"PORTAL_OUTBOX_SETTLE": "1"}
    with run_portal(worker=True, beat=True, processes=2, environ=environ) as found, found.rows():
        yield found


@pytest.fixture(scope="module")
def headers(portal: RunningPortal) -> dict[str, str]:
    who = people.person(Role.ENGINEER, name="Ines Okafor", mattermost_name="ines.okafor",
                        email="ines.okafor@example.test")
    return {"Authorization": f"Bearer {make_token(person=who, name='script', at=clock.now())[1]}"}


def declared(portal: RunningPortal, headers: dict[str, str], kill: str, wait: float) -> Incident:
    """Declare while this is killed so many seconds later; sent again until it is answered."""
    said: dict[str, Any] = {"submission": str(uuid.uuid4()), "title": f"Outage {next(_numbers)}", "severity": 1,
                            "customers": ["Northwind"], "anyway": True}

    def sent() -> bool:
        try:
            answer = httpx.post(f"{portal.url}/api/v1/incidents/", json=said, headers=headers, timeout=30,
                                trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code in (200, 201)

    thread = threading.Thread(target=sent)
    thread.start()
    time.sleep(wait)
    portal.kill(kill)
    portal.revive(kill)
    ended(thread)
    until(sent, "it was never answered")
    return Incident.objects.get(submission=said["submission"])


@pytest.mark.long
@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("kill", ["web", "worker", "broker", "beat"])
def test_whichever_process_is_killed_around_a_declaring_there_is_one_incident_with_one_channel(
    portal: RunningPortal, headers: dict[str, str], chat: Sandbox, kill: str
) -> None:
    for wait in WAITS:
        row = declared(portal, headers, kill, wait)
        there = IncidentEvent.objects.filter(incident=row, what=What.CHANNEL, to_value__endswith=" is there")
        portal.until(there.exists, what=f"its channel was not made after {kill} was killed")
        row.refresh_from_db()
        assert there.count() == 1 and Promise.objects.filter(incident=row).count() == 1
        assert IncidentEvent.objects.filter(incident=row, what=What.DECLARED).count() == 1
        assert Page.objects.filter(incidents=row).count() == 1
        channels = Delivery.objects.filter(key__startswith=f"inc-channel-{row.pk}-")
        assert {one.remote_id for one in channels if one.remote_id} == {row.channel_id}
        found = chat.mattermost("GET", f"teams/name/{chat.mattermost_team}/channels/name/{row.channel}").json()
        assert found["id"] == row.channel_id
    made = [one for one in chat.requests(chat=True) if one["method"] == "POST" and one["status"] == 201]
    assert sum(one["path"].endswith("/api/v4/channels") for one in made) == Incident.objects.count()
