"""The Mattermost's manners: headers, repeated posts, limits, threads."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as running:
        yield running


@pytest.fixture
def channel(sandbox: Sandbox) -> Any:
    return sandbox.mattermost("GET", "teams/name/community/channels/name/sustained-engineering").json()


def posts(sandbox: Sandbox, channel: Any, **query: Any) -> Any:
    return sandbox.mattermost("GET", f"channels/{channel['id']}/posts", params=query).json()


def post(sandbox: Sandbox, channel: Any, message: str, **more: Any) -> Any:
    user = more.pop("user", "")
    answer = sandbox.mattermost(
        "POST", "posts", user=user, json={"channel_id": channel["id"], "message": message, **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_changed_header_is_told_in_the_channel_but_the_same_again_is_not(sandbox: Sandbox, channel: Any) -> None:
    before = len(posts(sandbox, channel)["order"])
    for _ in range(2):
        answer = sandbox.mattermost("PUT", f"channels/{channel['id']}/patch", json={"header": "Lead: @ines.okafor"})
        assert answer.json()["header"] == "Lead: @ines.okafor"
    after = posts(sandbox, channel)
    assert len(after["order"]) == before + 1
    assert after["posts"][after["order"][0]]["type"] == "system_header_change"


def test_a_header_over_1024_characters_is_refused(sandbox: Sandbox, channel: Any) -> None:
    answer = sandbox.mattermost("PUT", f"channels/{channel['id']}/patch", json={"header": "x" * 1025})
    assert answer.status_code == 400
    assert set(answer.json()) >= {"id", "message", "status_code"}


def test_the_same_pending_id_gives_the_same_post(sandbox: Sandbox, channel: Any) -> None:
    first = post(sandbox, channel, "once", pending_post_id="row-1", props={"set_delivery": "row-1"})
    again = post(sandbox, channel, "once", pending_post_id="row-1", props={"set_delivery": "row-1"})
    other = post(sandbox, channel, "once", pending_post_id="row-2")
    assert again["id"] == first["id"] != other["id"]
    assert first["props"] == {"set_delivery": "row-1"}


def test_a_post_over_the_limit_is_refused(sandbox: Sandbox, channel: Any) -> None:
    body = {"channel_id": channel["id"], "message": "x" * 16_384}
    assert sandbox.mattermost("POST", "posts", json=body).status_code == 400
    assert post(sandbox, channel, "x" * 16_383)["id"]


def test_since_finds_new_and_changed_posts(sandbox: Sandbox, channel: Any) -> None:
    old = post(sandbox, channel, "old")
    mark = post(sandbox, channel, "mark")["create_at"]
    new = post(sandbox, channel, "new")
    sandbox.mattermost("PUT", f"posts/{old['id']}/patch", json={"message": "old, edited"})
    assert set(posts(sandbox, channel, since=mark)["order"]) == {old["id"], new["id"]}


def test_pages_go_backwards_and_hold_each_post_once(sandbox: Sandbox, channel: Any) -> None:
    made = [post(sandbox, channel, f"page {number}")["id"] for number in range(7)]
    first = posts(sandbox, channel, per_page=4)["order"]
    second = posts(sandbox, channel, per_page=4, page=1)["order"]
    assert first == made[:2:-1]
    assert second[:3] == made[2::-1]
    assert posts(sandbox, channel, before=made[3], per_page=2)["order"] == [made[2], made[1]]
    assert posts(sandbox, channel, after=made[3], per_page=2)["order"] == [made[5], made[4]]


def test_a_thread_holds_root_and_replies_and_a_reply_cannot_be_a_root(sandbox: Sandbox, channel: Any) -> None:
    root = post(sandbox, channel, "root")
    reply = post(sandbox, channel, "reply", root_id=root["id"], user="tomasz.brandt")
    thread = sandbox.mattermost("GET", f"posts/{reply['id']}/thread").json()
    assert thread["order"] == [root["id"], reply["id"]]
    body = {"channel_id": channel["id"], "message": "deeper", "root_id": reply["id"]}
    assert sandbox.mattermost("POST", "posts", json=body).status_code == 400


def test_reactions_show_on_the_post(sandbox: Sandbox, channel: Any) -> None:
    made = post(sandbox, channel, "react to me")
    person = sandbox.mattermost("GET", "users/username/hana.lindqvist").json()
    body = {"user_id": person["id"], "post_id": made["id"], "emoji_name": "pushpin"}
    assert sandbox.mattermost("POST", "reactions", user="hana.lindqvist", json=body).status_code == 201
    shown = posts(sandbox, channel, since=made["update_at"])["posts"][made["id"]]
    assert shown["metadata"]["reactions"][0]["emoji_name"] == "pushpin"


def test_a_direct_channel_is_always_the_same(sandbox: Sandbox) -> None:
    ids = [sandbox.mattermost("GET", f"users/{name}").json()["id"] for name in ("me", "username/priya.v")]
    one = sandbox.mattermost("POST", "channels/direct", json=ids)
    other = sandbox.mattermost("POST", "channels/direct", json=ids[::-1])
    assert one.status_code == 201
    assert one.json()["id"] == other.json()["id"]


def test_an_archived_channel_takes_no_posts(sandbox: Sandbox, channel: Any) -> None:
    body = {"team_id": channel["team_id"], "name": "incident-7", "display_name": "Incident 7", "type": "O"}
    made = sandbox.mattermost("POST", "channels", json=body)
    assert made.status_code == 201
    assert sandbox.mattermost("POST", "channels", json=body).status_code == 400
    assert sandbox.mattermost("DELETE", f"channels/{made.json()['id']}").json() == {"status": "OK"}
    refused = sandbox.mattermost("POST", "posts", json={"channel_id": made.json()["id"], "message": "late"})
    assert (refused.status_code, refused.json()["status_code"]) == (400, 400)


def test_people_are_found_in_every_way(sandbox: Sandbox) -> None:
    one = sandbox.mattermost("GET", "users/email/ines.okafor@example.test").json()
    assert one["username"] == "ines.okafor"
    assert sandbox.mattermost("POST", "users/ids", json=[one["id"]]).json() == [one]
    assert sandbox.mattermost("POST", "users/usernames", json=["ines.okafor", "nobody"]).json() == [one]
    assert sandbox.mattermost("GET", "users/username/nobody").status_code == 404


def test_strangers_are_refused(sandbox: Sandbox) -> None:
    answer = sandbox._client.get(f"{sandbox.mattermost_url}/api/v4/users/me")
    assert answer.status_code == 401
    assert set(answer.json()) >= {"id", "message", "status_code"}


def test_the_channels_page_shows_posts_and_permalinks_lead_there(sandbox: Sandbox, channel: Any) -> None:
    made = post(sandbox, channel, "<b>not bold</b>")
    page = sandbox._client.get(f"{sandbox.mattermost_url}/community/channels/sustained-engineering").text
    assert "&lt;b&gt;not bold" in page
    answer = sandbox._client.get(f"{sandbox.mattermost_url}/community/pl/{made['id']}")
    assert answer.headers["location"].endswith(f"/community/channels/sustained-engineering#{made['id']}")
