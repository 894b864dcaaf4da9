"""Channels that the portal makes itself, and what is said in them. As the client: it never retries and never sleeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from integrations.mattermost.client import Channel, MattermostClient, channel_of
from integrations.mattermost.faults import MattermostFault, MattermostMissing, MattermostRefused

MOST = 1_000  # posts that Mattermost tells at once of what changed since a moment


@dataclass(frozen=True)
class NewChannel:
    """A channel to make: `name` as it stands in its address, `display_name` of 64 characters at most."""

    name: str
    display_name: str
    purpose: str
    header: str
    private: bool


@dataclass(frozen=True)
class Said:
    """A post as a reader finds it. `at`: when it was written, `changed`: when anything about it last changed, both by
    Mattermost's clock; `marks`: the emojis it is marked with. `own`: the server's, or a bot's."""

    id: str
    user: str
    message: str
    at: datetime
    changed: datetime
    marks: frozenset[str]
    url: str
    own: bool
    gone: bool


class MattermostChannels(MattermostClient):
    """A conversation with Mattermost about channels of the portal's own."""

    def find_channel(self, identity: str, name: str) -> Channel | None:
        """A channel by its id, whatever it is named by now; where that is gone, by its name, archived ones too."""
        if identity:
            try:
                return self.channel_by_id(identity)
            except MattermostMissing:
                pass
        try:
            return self.channel_named(name)
        except MattermostMissing:
            return None

    def create_channel(self, wanted: NewChannel) -> Channel:
        """Make a channel; the bot is its first member. Raises `MattermostRefused` where one of that name is there."""
        return self._channel("POST", "channels", {
            "team_id": self._team(), "name": wanted.name, "display_name": wanted.display_name[:64],
            "purpose": wanted.purpose[:250], "header": wanted.header, "type": "P" if wanted.private else "O",
        })

    def restore_channel(self, identity: str) -> Channel:
        """Bring an archived channel back."""
        return self._channel("POST", f"channels/{quote(identity, safe='')}/restore")

    def set_privacy(self, identity: str, *, private: bool) -> Channel:
        """Let a channel be read by its members alone, or by everybody in the team."""
        path = f"channels/{quote(identity, safe='')}/privacy"
        return self._channel("PUT", path, {"privacy": "P" if private else "O"})

    def describe(self, identity: str, values: Mapping[str, str]) -> Channel:
        """Give a channel another `display_name`, `purpose` or `header`. Everybody in it sees a line about it."""
        return self._channel("PUT", f"channels/{quote(identity, safe='')}/patch", values)

    def add_member(self, channel: str, username: str, email: str = "") -> None:
        """Make somebody a member of a channel; whoever is one stays one. Raises `MattermostMissing` for somebody whom
        Mattermost does not know."""
        user = self._user(username, email)
        path = f"channels/{quote(channel, safe='')}/members"
        try:
            self._asked("POST", path, {"user_id": user})
        except MattermostFault as fault:
            fault.unanswered = False  # whatever became of it, nobody is a member twice
            raise

    def remove_member(self, channel: str, username: str, email: str = "") -> None:
        """Put somebody out of a channel. Whoever is not in it, or whom Mattermost does not know, is out of it."""
        try:
            user = self._user(username, email)
            self._asked("DELETE", f"channels/{quote(channel, safe='')}/members/{quote(user, safe='')}")
        except MattermostMissing:
            return
        except MattermostFault as fault:
            fault.unanswered = False  # whatever became of it, nobody is put out twice
            raise

    def said_since(self, channel: str, since: datetime, *, most: int = MOST) -> list[Said]:
        """What was written or changed in a channel (by id) after a moment of Mattermost's clock, the oldest first;
        where that is as much as Mattermost tells at once (`most`), all that was written since then."""
        told = self._posts(channel, {"since": int(since.timestamp() * 1000)})
        if len(told) >= most:
            told |= self._earlier(channel, since, told)
        found = [self._said(post) for post in told.values()]
        return sorted(found, key=lambda said: (said.at, said.id))

    def username(self, user: str) -> tuple[str, str]:
        """By which name somebody (by id) is called in Mattermost, and their full name."""
        told = self._asked("GET", f"users/{quote(user, safe='')}")
        full = f"{told.get('first_name') or ''} {told.get('last_name') or ''}".strip()
        return str(told.get("username", "")), full

    def _earlier(self, channel: str, since: datetime, told: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for page in range(100):
            more = self._posts(channel, {"page": page, "per_page": 200})
            found |= {key: post for key, post in more.items() if _moment(post, "update_at") > since}
            if not more or min(_moment(post, "create_at") for post in more.values()) <= since:
                break
        return {key: post for key, post in found.items() if key not in told}

    def _posts(self, channel: str, query: Mapping[str, Any]) -> dict[str, Any]:
        told = self._asked("GET", f"channels/{quote(channel, safe='')}/posts", query=query).get("posts")
        posts = told.items() if isinstance(told, Mapping) else ()
        return {str(key): post for key, post in posts if isinstance(post, Mapping) and post.get("id")}

    def _said(self, post: Mapping[str, Any]) -> Said:
        metadata = post.get("metadata")
        marks = metadata.get("reactions") if isinstance(metadata, Mapping) else None
        names = [str(one.get("emoji_name", "")) for one in marks or () if isinstance(one, Mapping)]
        props = post.get("props")
        bot = isinstance(props, Mapping) and str(props.get("from_bot", "")) == "true"
        own = bool(post.get("type")) or bot or post.get("user_id") == self.me()
        return Said(
            str(post["id"]), str(post.get("user_id", "")), str(post.get("message", "")), _moment(post, "create_at"),
            _moment(post, "update_at"), frozenset(names), self.link(str(post["id"])), own, bool(post.get("delete_at")),
        )

    def link(self, post: str) -> str:
        """The address that leads to a post."""
        return f"{self._config.base_url}/{self._config.team}/pl/{post}"

    def page(self, name: str) -> str:
        """The address of a channel."""
        return f"{self._config.base_url}/{self._config.team}/channels/{name}"

    def _team(self) -> str:
        try:
            return str(self._asked("GET", f"teams/name/{quote(self._config.team, safe='')}").get("id", ""))
        except MattermostMissing as fault:
            words = f"Mattermost knows no team {self._config.team}, or the bot is not in it: check MATTERMOST_TEAM."
            raise MattermostRefused(words, detail=fault.detail, status=fault.status) from fault

    def _channel(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Channel:
        return channel_of(self._asked(method, path, body))


def _moment(post: Mapping[str, Any], name: str) -> datetime:
    told = post.get(name)
    stamp = told if isinstance(told, int) and 0 <= told < 10**14 else 0
    return datetime.fromtimestamp(stamp / 1000, UTC)
