"""What happens in Jira reaches open boards: a real portal, a real worker, a real stream."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

import httpx
import pytest
import redis

from people.choices import Role
from people.tests.factories import person
from portal.common import live
from portal.supervisor.running import RunningPortal
from portal.tests.patience import PATIENCE, until
from portal.tests.streams import Heard, Stream, listen
from tickets.models import Ticket

Run = Callable[..., AbstractContextManager[RunningPortal]]
pytestmark = pytest.mark.xdist_group("live_portal")  # one worker starts it, once
_changes = count(1)
LIVE_ID = re.compile(r'data-live-id="([^"]*)"')


@pytest.fixture(scope="module")
def cookies(live_portal: RunningPortal) -> dict[str, str]:
    return live_portal.cookies_of(lambda: person(Role.VIEWER, email="live.viewer@example.org"))


def seen(portal: RunningPortal, cookies: dict[str, str]) -> str:
    """The live id of the board as a reader gets it now."""
    answer = httpx.get(f"{portal.url}/board/", cookies=cookies, trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 200
    found = LIVE_ID.search(answer.text)
    assert found
    return found[1]


def stream_of(portal: RunningPortal, cookies: dict[str, str], since: str, **headers: str) -> Any:
    return listen(f"{portal.url}/board/live/?since={since}", cookies=cookies, headers=headers)


def number_of(portal: RunningPortal, key: str) -> int:
    with portal.rows():
        return Ticket.objects.get(key=key).id


def test_an_edit_in_jira_reaches_an_open_board(live_portal: RunningPortal, cookies: dict[str, str]) -> None:
    identity = number_of(live_portal, "MM-30")
    since = seen(live_portal, cookies)
    with stream_of(live_portal, cookies, since) as stream:
        answer = live_portal.sandbox.jira(
            "PUT", "/rest/api/2/issue/MM-30", json={"fields": {"summary": "Seen <live> & at once"}}
        )
        assert answer.status_code == 204
        event = stream.card(identity)
        assert event.id.isdigit()
        assert int(event.id) > int(since or 0)
        assert f'id="c{identity}"' in event.data
        assert "Seen &lt;live&gt; &amp; at once" in event.data
        assert "data-counts=" in event.data
        assert "MM-30 renamed" in event.data
        later = live_portal.sandbox.jira(
            "PUT", "/rest/api/2/issue/MM-30", json={"fields": {"summary": "Seen again"}}
        )
        assert later.status_code == 204
        assert int(stream.card(identity).id) > int(event.id)


def test_every_open_board_hears_the_same(live_portal: RunningPortal, cookies: dict[str, str]) -> None:
    identity = number_of(live_portal, "MM-31")
    since = seen(live_portal, cookies)
    with stream_of(live_portal, cookies, since) as one, stream_of(live_portal, cookies, since) as other:
        live_portal.sandbox.jira("PUT", "/rest/api/2/issue/MM-31", json={"fields": {"summary": "For all"}})
        assert one.card(identity) == other.card(identity)


def first_heard(portal: RunningPortal, cookies: dict[str, str], since: str, **headers: str) -> str:
    """What a stream tells first, when MM-32 is changed right after it was opened."""
    with stream_of(portal, cookies, since, **headers) as stream:
        fields = {"summary": f"Changed for the {next(_changes)}. time"}
        portal.sandbox.jira("PUT", "/rest/api/2/issue/MM-32", json={"fields": fields})
        event: Heard = stream.next("card", "stale")
        if event.name == "stale":
            stream.next("card")
        return event.name


def test_who_has_seen_all_is_not_told_to_look_again_and_who_has_not_is(
    live_portal: RunningPortal, cookies: dict[str, str]
) -> None:
    # A change that overtakes the stream's own question for what it missed is told twice; that is not every time.
    def reads_on() -> str:
        return first_heard(live_portal, cookies, seen(live_portal, cookies))

    def comes_back() -> str:
        return first_heard(live_portal, cookies, "1", **{"Last-Event-ID": seen(live_portal, cookies)})

    until(lambda: reads_on() == "card", "it is told each time")
    until(lambda: comes_back() == "card", "it is told each time")
    for _ in range(3):
        assert first_heard(live_portal, cookies, "1") == "stale"
        with stream_of(live_portal, cookies, "") as stream:
            assert stream.next("card", "stale").name == "stale"


def test_a_deleted_ticket_goes_from_open_boards(live_portal: RunningPortal, cookies: dict[str, str]) -> None:
    fields = {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Here for a moment"}
    with stream_of(live_portal, cookies, seen(live_portal, cookies)) as stream:
        made = live_portal.sandbox.jira("POST", "/rest/api/2/issue", json={"fields": fields}).json()
        assert "is new" in stream.card(int(made["id"])).data
        live_portal.sandbox.jira("DELETE", f"/rest/api/2/issue/{made['key']}")
        event = stream.card(int(made["id"]))
        assert "data-gone" in event.data
        assert "was deleted in Jira" in event.data
        assert "<li" not in event.data


def test_who_may_not_see_tickets_is_refused_and_a_stranger_signs_in(live_portal: RunningPortal) -> None:
    nobody = live_portal.cookies_of(lambda: person(email="no.roles@example.org"))
    with stream_of(live_portal, nobody, "0") as stream:
        assert stream.status == 403
    with stream_of(live_portal, {}, "0") as stream:
        assert stream.status == 302


def publish(portal: RunningPortal, topic: str, name: str, html: str) -> str:
    """Publish in the portal's own broker, as its worker does."""
    with redis.Redis.from_url(portal.environ["REDIS_URL"]) as client:
        channel = f"{live.CHANNEL}{topic}"
        found = client.eval(live.NEXT_ID, 2, f"{live.CHANNEL}id:{topic}", channel, name, html)
        assert isinstance(found, bytes)
        return found.decode()


def carried(portal: RunningPortal, stream: Stream, html: str) -> str:
    """Publish until the stream carries it: whatever came before it listened is told as "stale", and is not repeated.
    The id of the event that it carried as it was published."""

    def heard() -> str:
        identity, event = publish(portal, "board", "card", html), stream.next("card", "stale")
        assert event.name == "stale" or (event.id, event.data) == (identity, html)
        return identity if event.name == "card" else ""

    return until(heard, "the stream says again and again that it is stale")


def test_streams_survive_a_broker_that_restarts_and_are_told_to_look_again(run_portal: Run) -> None:
    with run_portal() as portal:
        cookies = portal.cookies_of(lambda: person(Role.VIEWER, email="patient@example.org"))
        with stream_of(portal, cookies, seen(portal, cookies)) as stream:
            first = carried(portal, stream, "before")
            portal.stop("broker")
            answer = httpx.get(f"{portal.url}/board/", cookies=cookies, trust_env=False, timeout=PATIENCE)
            assert answer.status_code == 200
            portal.start_broker()
            assert stream.next("stale").name == "stale"
            second = carried(portal, stream, "after")
            assert int(second) > int(first)
