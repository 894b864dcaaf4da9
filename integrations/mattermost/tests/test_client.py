"""The client of Mattermost against a running one: what it makes is found again, what goes wrong is said in words."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
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
from portal.tests.patience import PATIENCE

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


def test_a_post_that_somebody_deleted_is_said_to_be_gone_though_mattermost_says_not_allowed(
    chat: MattermostClient, site: Sandbox
) -> None:
    made = chat.post(chat.channel(CHANNEL), "Told", key="key-gone")
    site.mattermost("DELETE", f"posts/{made.id}")
    assert site.mattermost("PUT", f"posts/{made.id}/patch", json={"message": "Anew"}).status_code == 403
    with pytest.raises(MattermostMissing):
        chat.edit(made.id, "Anew")


def test_a_channel_that_is_not_there_is_named(chat: MattermostClient) -> None:
    with pytest.raises(MattermostMissing, match="no channel ~nowhere in the team community"):
        chat.channel("nowhere")


def test_a_direct_message_reaches_somebody_by_name_or_address_and_is_found_again(
    chat: MattermostClient, site: Sandbox
) -> None:
    channel, before = chat.direct("@Ines.Okafor"), clock.now() - timedelta(minutes=1)
    assert chat.direct("", "ines.okafor@example.test") == chat.direct("no-such-name", "ines.okafor@example.test")
    assert chat.direct("", "ines.okafor@example.test") == channel
    made = chat.post(channel, "You are paged", key="key-direct")
    found = chat.find(channel, "key-direct", before)
    assert found is not None and found.id == made.id
    assert chat.find(chat.direct("tomasz.brandt"), "key-direct", before) is None
    page = httpx.get(made.url, follow_redirects=True, timeout=PATIENCE)
    assert str(page.url).split("#")[0].endswith("/community/messages/@ines.okafor") and "You are paged" in page.text


@pytest.mark.parametrize(("username", "email", "words"), [
    ("nobody", "", "knows nobody named @nobody."),
    ("nobody", "no@body.example", "nobody named @nobody, nor with the address no@body.example."),
    ("", "no@body.example", "nobody named no@body.example."), ("", "", "Nobody is named"),
    ("../teams", "", "nobody named @../teams"), ("..", "", "nobody named @.."), ("ines okafor", "a", "@ines okafor"),
])
def test_somebody_who_is_not_there_is_named(chat: MattermostClient, username: str, email: str, words: str) -> None:
    with pytest.raises(MattermostMissing, match=re.escape(words)):
        chat.direct(username, email)


def test_what_fails_before_the_post_has_posted_nothing(chat: MattermostClient, site: Sandbox) -> None:
    chat.me()
    for path in ("users/username", "channels/direct"):
        site.fault(chat=True, path=path, status=500)
        with pytest.raises(MattermostAway) as caught:
            chat.direct("ines.okafor")
        assert not caught.value.unanswered


def test_a_channels_header_is_read_and_replaced_also_after_it_was_renamed(
    chat: MattermostClient, site: Sandbox
) -> None:
    team = site.mattermost("GET", "teams/name/community").json()["id"]
    body = {"team_id": team, "name": "headed", "display_name": "Headed", "type": "O", "header": "Ours"}
    site.mattermost("POST", "channels", json=body)
    found = chat.channel_named("headed")
    assert (found.display_name, found.header, found.archived) == ("Headed", "Ours", False)
    assert chat.set_header(found.id, "Lead: @ines.okafor").header == "Lead: @ines.okafor"
    site.mattermost("PUT", f"channels/{found.id}/patch", json={"name": "renamed"})
    with pytest.raises(MattermostMissing, match="no channel ~headed"):
        chat.channel_named("headed")
    assert chat.channel_by_id(found.id).name == "renamed"
    site.mattermost("DELETE", f"channels/{found.id}")
    assert chat.channel_named("renamed").archived
    with pytest.raises(MattermostMissing):
        chat.channel_by_id("nosuchchannel")


def test_a_header_that_is_too_long_is_refused_before_anything_is_asked(chat: MattermostClient, site: Sandbox) -> None:
    channel = chat.channel(CHANNEL)
    assert len(chat.set_header(channel, "x" * 1_024).header) == 1_024
    site.reset_log(chat=True)
    with pytest.raises(MattermostRefused, match="1,025 characters; Mattermost takes 1,024"):
        chat.set_header(channel, "x" * 1_025)
    assert site.requests(chat=True) == []


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
