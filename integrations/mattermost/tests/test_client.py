"""The client of Mattermost against a running one: what it makes is found again, what goes wrong is said in words."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from integrations.mattermost import (
    MattermostAway,
    MattermostClient,
    MattermostFault,
    MattermostMissing,
    MattermostRefused,
    MattermostWaits,
)
from integrations.sandbox.testing import Sandbox, run_sandbox
from portal.common import clock
from portal.env import Mattermost

CHANNEL = "sustained-engineering"


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox) -> Iterator[MattermostClient]:
    site.clear_faults(chat=True)
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team)
    with MattermostClient(config) as client:
        yield client


def test_a_post_is_found_by_its_marker_and_no_other(chat: MattermostClient) -> None:
    channel, before = chat.channel(CHANNEL), clock.now() - timedelta(minutes=1)
    made = chat.post(channel, "One", key="key-1")
    chat.post(channel, "Two", key="key-2")
    found = chat.find(channel, "key-1", before)
    assert found is not None and (found.id, found.message) == (made.id, "One")
    assert chat.find(channel, "key-3", before) is None


def test_a_post_whose_answer_was_lost_is_there_and_is_found(chat: MattermostClient, site: Sandbox) -> None:
    channel, before = chat.channel(CHANNEL), clock.now() - timedelta(minutes=1)
    chat.me()
    site.fault(chat=True, path="posts$", method="POST", drop="after")
    with pytest.raises(MattermostAway) as caught:
        chat.post(channel, "Lost", key="key-lost")
    assert caught.value.unanswered
    assert chat.find(channel, "key-lost", before) is not None


def test_a_post_can_be_given_another_text_and_a_reply_stands_in_its_thread(chat: MattermostClient) -> None:
    channel = chat.channel(CHANNEL)
    root = chat.post(channel, "Root", key="key-root")
    assert chat.edit(root.id, "Corrected").message == "Corrected"
    assert chat.post(channel, "Reply", key="key-reply", root=root.id).root_id == root.id


def test_a_channel_that_is_not_there_is_named(chat: MattermostClient) -> None:
    with pytest.raises(MattermostMissing, match="no channel ~nowhere in the team community"):
        chat.channel("nowhere")


def test_an_archived_channel_says_so(chat: MattermostClient, site: Sandbox) -> None:
    team = site.mattermost("GET", "teams/name/community").json()["id"]
    body = {"team_id": team, "name": "old-talk", "display_name": "Old talk", "type": "O"}
    made = site.mattermost("POST", "channels", json=body).json()
    site.mattermost("DELETE", f"channels/{made['id']}")
    with pytest.raises(MattermostRefused, match="archived"):
        chat.channel("old-talk")


@pytest.mark.parametrize(("lever", "fault", "unanswered"), [
    ({"status": 500}, MattermostAway, True), ({"status": 429, "retry_after": 7}, MattermostWaits, False),
    ({"html": True}, MattermostAway, True), ({"status": 403}, MattermostRefused, False),
    ({"status": 401}, MattermostRefused, False), ({"drop": "before"}, MattermostAway, True),
    ({"garbage": True}, MattermostAway, True), ({"truncate": True}, MattermostAway, True),
    ({"status": 302, "headers": {"Location": "http://elsewhere.example/"}}, MattermostRefused, False),
])
def test_each_fault_says_whether_the_post_may_be_there(
    chat: MattermostClient, site: Sandbox, lever: dict[str, object], fault: type[MattermostFault], unanswered: bool
) -> None:
    channel = chat.channel(CHANNEL)
    chat.me()
    site.fault(chat=True, path="posts$", method="POST", **lever)
    with pytest.raises(fault) as caught:
        chat.post(channel, "Spoilt", key="key-spoilt")
    assert caught.value.unanswered is unanswered and caught.value.words


def test_a_server_that_is_not_there_cannot_have_taken_anything() -> None:
    config = Mattermost(base_url="http://127.0.0.1:9", bot_token="t", team="t")
    with MattermostClient(config) as client, pytest.raises(MattermostAway) as caught:
        client.post("c", "x", key="k")
    assert not caught.value.unanswered
