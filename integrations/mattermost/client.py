"""A client of Mattermost's API v4 over httpx. It never retries and never sleeps: who calls it decides.

Facts: Mattermost's OpenAPI document. `pending_post_id` dedupes for about 30 s on one server node only, so a post is
also marked in its `props`, where it can be found again.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

import httpx

from integrations.clean import clean
from integrations.mattermost.faults import (
    MattermostAway,
    MattermostFault,
    MattermostMissing,
    MattermostRefused,
    MattermostWaits,
)
from portal.common import clock
from portal.env import Mattermost

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
LARGEST = 32_000_000  # bytes of one answer
MARKER = "set_delivery"  # the property of a post that holds a delivery's key
LONGEST_WAIT = timedelta(hours=1)
LONGEST_HEADER = 1_024  # characters of a channel's header
DIRECT = "channels/direct"  # opening one that is open does nothing
USERNAME = re.compile(r"[a-z0-9._-]{1,64}\Z")
UNWRITABLE = {
    "api.post.create_post.can_not_post_to_deleted.error": "The channel is archived.",
    "model.post.is_valid.message_length.app_error": "The post is too long for Mattermost.",
    "store.sql_channel.save_channel.exists.app_error":
        "There is a channel of that name already, which the bot does not see. Add the bot to it, or rename it.",
}


@dataclass(frozen=True)
class Post:
    """A post: where it stands, and the address that leads to it."""

    id: str
    channel_id: str
    root_id: str
    message: str
    url: str


@dataclass(frozen=True)
class Channel:
    """A channel: `name` as it stands in its address, `header` in Markdown."""

    id: str
    name: str
    display_name: str
    header: str
    archived: bool
    private: bool = False
    purpose: str = ""


class MattermostClient:
    """One conversation with Mattermost."""

    def __init__(self, config: Mattermost) -> None:
        self._config = config
        headers = {"Authorization": f"Bearer {config.bot_token}"}
        self._http = httpx.Client(
            base_url=f"{config.base_url}/api/v4/", headers=headers, timeout=TIMEOUT, trust_env=False
        )
        self._me = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def channel(self, name: str) -> str:
        """The id of a channel of the team by its name. Raises `MattermostMissing`, `MattermostRefused` if archived."""
        found = self.channel_named(name)
        if found.archived:
            raise MattermostRefused(f"The channel ~{name} is archived. Restore it, or choose another channel.")
        return found.id

    def channel_named(self, name: str) -> Channel:
        """A channel of the team by its name, archived ones too. Raises `MattermostMissing`."""
        try:
            path = f"teams/name/{self._config.team}/channels/name/{quote(name, safe='')}"
            return channel_of(self._asked("GET", path, query={"include_deleted": "true"}))
        except MattermostMissing as fault:
            words = f"Mattermost knows no channel ~{name} in the team {self._config.team}, or the bot may not see it."
            raise MattermostMissing(words, detail=fault.detail, status=fault.status) from fault

    def channel_by_id(self, identity: str) -> Channel:
        """A channel by its id, whatever it is named by now, archived ones too. Raises `MattermostMissing`."""
        return channel_of(self._asked("GET", f"channels/{quote(identity, safe='')}"))

    def set_header(self, identity: str, header: str) -> Channel:
        """Give a channel (by id) another header, of at most 1,024 characters. Everybody in it sees a line about it."""
        if len(header) > LONGEST_HEADER:
            words = f"The header has {len(header):,} characters; Mattermost takes {LONGEST_HEADER:,}."
            raise MattermostRefused(words)
        return channel_of(self._asked("PUT", f"channels/{quote(identity, safe='')}/patch", {"header": header}))

    def direct(self, username: str, email: str = "") -> str:
        """The id of the direct channel of the bot and somebody, found by username, else by e-mail; opened if it is not
        there. Raises `MattermostMissing` for somebody whom Mattermost does not know, or who is deactivated."""
        told = self._asked("POST", DIRECT, [self.me(), self._user(username, email)])
        return channel_of(told).id

    def _user(self, username: str, email: str) -> str:
        name = username.strip().removeprefix("@").lower()
        found = self._look(f"users/username/{name}") if USERNAME.match(name) and name.strip(".") else None
        found = found or (self._look(f"users/email/{quote(email.strip(), safe='@')}") if "@" in email else None)
        who = f"@{name}" if name else email.strip()
        if not who:
            raise MattermostMissing("Nobody is named: neither a Mattermost name nor an e-mail address is known here.")
        if found is None:
            raise MattermostMissing(f"Mattermost knows nobody named {who}" + (
                f", nor with the address {email.strip()}." if name and email.strip() else "."
            ))
        if found.get("delete_at"):
            raise MattermostMissing(f"{who} is deactivated in Mattermost.")
        return str(found.get("id", ""))

    def _look(self, path: str) -> Mapping[str, Any] | None:
        """Somebody, or None. A bot that may not look people up by e-mail is told 403."""
        try:
            return self._asked("GET", path)
        except MattermostRefused as fault:
            if fault.status in {400, 403, 404}:
                return None
            raise

    def post(self, channel: str, message: str, *, key: str, root: str = "") -> Post:
        """Post to a channel (by id), marked with a delivery's key; `root`: into that post's thread."""
        body = {
            "channel_id": channel, "message": message, "root_id": root, "props": {MARKER: key},
            "pending_post_id": f"{self.me()}:{key}",
        }
        return self._post(self._asked("POST", "posts", body))

    def edit(self, post: str, message: str) -> Post:
        """Give a post another text. Raises `MattermostMissing` for one that somebody has deleted."""
        try:
            return self._post(self._asked("PUT", f"posts/{post}/patch", {"message": message}))
        except MattermostRefused as fault:
            if fault.status == 403:  # which Mattermost also says of a post that is gone
                self._asked("GET", f"posts/{post}")
            raise

    def find(self, channel: str, key: str, since: datetime) -> Post | None:
        """The post of ours in a channel with this marker, among what was posted or changed since then."""
        told = self._asked("GET", f"channels/{channel}/posts", query={"since": int(since.timestamp() * 1000)})
        posts = told.get("posts")
        for post in posts.values() if isinstance(posts, Mapping) else ():
            if isinstance(post, Mapping) and (post.get("props") or {}).get(MARKER) == key and not post.get("delete_at"):
                return self._post(post)
        return None

    def me(self) -> str:
        """The bot's own id; asked once."""
        if not self._me:
            self._me = str(self._asked("GET", "users/me").get("id", ""))
        return self._me

    def _post(self, told: Mapping[str, Any]) -> Post:
        identity = str(told.get("id") or "")
        if not identity:
            raise MattermostAway("Mattermost did not say which post it made.", unanswered=True)
        return Post(
            identity, str(told.get("channel_id", "")), str(told.get("root_id") or ""), str(told.get("message", "")),
            f"{self._config.base_url}/{self._config.team}/pl/{identity}",
        )

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | list[str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        try:
            return self._answer(method, path, body, query)
        except MattermostFault as fault:
            if method == "GET" or path == DIRECT:
                fault.unanswered = False  # whatever became of it, nothing is there twice
            raise

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | list[str] | None, query: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        try:
            answer = self._http.request(method, path, json=body, params=query)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise MattermostAway("Mattermost cannot be reached.", detail=str(error)) from error
        except httpx.HTTPError as error:
            words = "Mattermost did not answer in time, or broke off its answer."
            raise MattermostAway(words, detail=str(error), unanswered=True) from error
        if answer.status_code >= 300:
            raise _fault(answer)
        return _decoded(answer)


def channel_of(told: Mapping[str, Any]) -> Channel:
    """A channel as Mattermost tells of it."""
    if not told.get("id"):
        raise MattermostAway("Mattermost did not say which channel that is.", unanswered=True)
    return Channel(
        str(told["id"]), str(told.get("name", "")), str(told.get("display_name", "")), str(told.get("header") or ""),
        bool(told.get("delete_at")), told.get("type") == "P", str(told.get("purpose") or ""),
    )


def _decoded(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        told = json.loads(answer.text, strict=False) if len(answer.content) <= LARGEST else None
        told = clean(told)[0]
    except (ValueError, RecursionError) as error:
        words = "Mattermost's answer is no data; often that is a sign-in page: check MATTERMOST_BASE_URL."
        raise MattermostAway(words, detail=answer.text[:500], unanswered=True) from error
    if not isinstance(told, Mapping):
        raise MattermostAway("Mattermost sent something else than was asked for.", unanswered=True)
    return told


def _fault(answer: httpx.Response) -> MattermostFault:
    status = answer.status_code
    identity, words = _its_words(answer)
    if status == 429:
        until = clock.now() + _wait(answer)
        return MattermostWaits(f"Mattermost asks to wait until {until:%H:%M:%S} UTC (HTTP 429).", until=until)
    if status >= 500:
        said = f"Mattermost is out of order (HTTP {status})."
        return MattermostAway(said, detail=words, status=status, unanswered=True)
    if status == 401:
        said = "Mattermost refuses the sign-in (HTTP 401): check MATTERMOST_BOT_TOKEN."
    elif status == 404:
        return MattermostMissing(f"Mattermost has nothing there (HTTP 404): {words}", detail=words, status=status)
    elif status == 403:
        said = "Mattermost does not allow the bot to do that (HTTP 403): is it a member of the channel?"
    elif status < 400:
        said = f"Mattermost sends the portal elsewhere (HTTP {status}): check MATTERMOST_BASE_URL."
    else:
        said = UNWRITABLE.get(identity) or f"Mattermost refused (HTTP {status}): {words}"
    return MattermostRefused(said, detail=words, status=status)


def _its_words(answer: httpx.Response) -> tuple[str, str]:
    try:
        told = json.loads(answer.text)
    except (ValueError, RecursionError):
        return "", "no reason given"
    if not isinstance(told, Mapping):
        return "", "no reason given"
    return str(told.get("id", "")), str(told.get("message") or "no reason given")[:500]


def _wait(answer: httpx.Response) -> timedelta:
    told = answer.headers.get("Retry-After") or answer.headers.get("X-RateLimit-Reset") or "5"
    return min(timedelta(seconds=int(told)), LONGEST_WAIT) if told.isdigit() and len(told) < 8 else timedelta(seconds=5)
