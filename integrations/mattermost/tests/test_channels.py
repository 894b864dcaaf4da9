"""Channels of the portal's own, and what is said in them: made, found, restored, read."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from integrations.mattermost import MattermostChannels, MattermostMissing, MattermostRefused, NewChannel
from integrations.sandbox.testing import Sandbox, run_sandbox
from portal.common import clock
from portal.env import Mattermost

AN_HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox) -> Iterator[MattermostChannels]:
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team)
    with MattermostChannels(config) as client:
        yield client


def wanted(*, private: bool = False) -> NewChannel:
    name = f"inc-{uuid.uuid4().hex[:12]}"
    return NewChannel(name, f"I-7 {'x' * 80}", "Messages fail to post", "**SEV1**", private)


def test_a_channel_is_made_and_found_by_id_though_renamed_and_by_name(site: Sandbox, chat: MattermostChannels) -> None:
    made = chat.create_channel(wanted())
    assert len(made.display_name) == 64 and made.header == "**SEV1**" and not made.private
    site.mattermost("PUT", f"channels/{made.id}/patch", json={"name": f"{made.name}-x"})
    found = chat.find_channel(made.id, made.name)
    assert found is not None and found.name == f"{made.name}-x"
    assert chat.find_channel("", f"{made.name}-x") == found and chat.find_channel("gone", "no-such") is None


def test_a_second_channel_of_the_same_name_is_refused_in_words(chat: MattermostChannels) -> None:
    given = wanted()
    chat.create_channel(given)
    with pytest.raises(MattermostRefused, match="There is a channel of that name already"):
        chat.create_channel(given)


def test_an_archived_channel_is_brought_back_and_one_is_made_private(site: Sandbox, chat: MattermostChannels) -> None:
    made = chat.create_channel(wanted())
    site.mattermost("DELETE", f"channels/{made.id}")
    assert (found := chat.find_channel(made.id, made.name)) is not None and found.archived
    assert not chat.restore_channel(made.id).archived
    assert chat.set_privacy(made.id, private=True).private and not chat.set_privacy(made.id, private=False).private


def test_somebody_is_a_member_once_and_nobody_is_nobody(site: Sandbox, chat: MattermostChannels) -> None:
    made = chat.create_channel(wanted(private=True))
    for _ in range(2):
        chat.add_member(made.id, "ines.okafor")
    chat.add_member(made.id, "", "ines.okafor@example.test")
    assert len(site.mattermost("GET", f"channels/{made.id}/members").json()) == 2
    with pytest.raises(MattermostMissing, match="knows nobody"):
        chat.add_member(made.id, "no.such")


def test_whoever_is_put_out_is_out_and_whoever_is_not_in_it_is_out_already(
    site: Sandbox, chat: MattermostChannels
) -> None:
    made = chat.create_channel(wanted(private=True))
    chat.add_member(made.id, "ines.okafor")
    for _ in range(2):
        chat.remove_member(made.id, "", "ines.okafor@example.test")
    assert len(site.mattermost("GET", f"channels/{made.id}/members").json()) == 1
    chat.remove_member(made.id, "no.such")
    site.fault(chat=True, path="/members/", method="DELETE", status=403, times=1)
    with pytest.raises(MattermostRefused):
        chat.remove_member(made.id, "ines.okafor")


def test_a_channel_is_described_otherwise_and_keeps_what_is_not_said(chat: MattermostChannels) -> None:
    made = chat.create_channel(wanted())
    found = chat.describe(made.id, {"display_name": "I-7 Initech", "purpose": "Nobody signs in"})
    assert (found.display_name, found.purpose, found.header) == ("I-7 Initech", "Nobody signs in", "**SEV1**")


def test_a_team_that_is_not_there_is_named(site: Sandbox) -> None:
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team="no-such-team")
    with MattermostChannels(config) as client, pytest.raises(MattermostRefused, match="MATTERMOST_TEAM"):
        client.create_channel(wanted())


def test_what_is_said_comes_with_its_marks_in_order_and_the_servers_own_lines_are_known(
    site: Sandbox, chat: MattermostChannels
) -> None:
    made = chat.create_channel(wanted())
    chat.add_member(made.id, "ines.okafor")
    chat.set_header(made.id, "another")
    said = [site.mattermost("POST", "posts", user="ines.okafor",
                            json={"channel_id": made.id, "message": f"line {number}"}).json() for number in range(4)]
    me = site.mattermost("GET", "users/username/ines.okafor").json()["id"]
    site.mattermost("POST", "reactions", user="ines.okafor",
                    json={"user_id": me, "post_id": said[1]["id"], "emoji_name": "pushpin"})
    own = chat.post(made.id, "ours", key="k")
    found = chat.said_since(made.id, clock.now() - AN_HOUR)
    assert [one.message for one in found if not one.own] == [f"line {number}" for number in range(4)]
    assert [one.message for one in found if "pushpin" in one.marks] == ["line 1"]
    assert next(one for one in found if one.id == own.id).own
    marked = next(one for one in found if one.marks)
    assert marked.changed > marked.at and marked.url.endswith(f"/pl/{marked.id}")
    assert chat.username(me) == ("ines.okafor", "Ines Okafor")
    # As if Mattermost told no more than three at once: the rest is read page by page.
    assert chat.said_since(made.id, clock.now() - AN_HOUR, most=3) == found
    assert chat.said_since(made.id, max(one.changed for one in found)) == []
