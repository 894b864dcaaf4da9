"""Teams, channels, users and posts in memory, each a JSON row in the state file."""

import hashlib
import json
import secrets
from typing import Any

from integrations.sandbox.clock import now_ms
from integrations.sandbox.people import PORTAL_ACCOUNT, SandboxPerson, load_people
from integrations.sandbox.storage import Storage

Doc = dict[str, Any]
ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"
TEAM = "community"
CHANNELS = (
    ("town-square", "Town Square", "", "O"),
    ("sustained-engineering", "Sustained Engineering", "", "O"),
    ("ask-r-and-d", "Ask R&D", "Questions to R&D from support and customer success", "O"),
)
DEDUPE_MS = 30_000


def stable_id(text: str) -> str:
    """Return a 26-character id that is the same in every run."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:17])
    return "".join(ALPHABET[number >> 5 * at & 31] for at in range(26))


def fresh_id() -> str:
    """Return a new 26-character id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


class ChatStore:
    """All of one Mattermost."""

    def __init__(self, storage: Storage) -> None:
        """Load kept state, or make the team, its channels and its people."""
        self.storage = storage
        self.docs: dict[str, dict[str, Doc]] = {
            kind: {} for kind in ("user", "team", "channel", "post", "reaction", "member")
        }
        self.pending: dict[tuple[str, str], tuple[str, int]] = {}
        self._last_ms = 0
        for row in storage.rows("mattermost"):
            kind, key, doc = json.loads(row)
            self.docs[kind][key] = doc
        self.by_channel: dict[str, list[Doc]] = {}
        for post in sorted(self.docs["post"].values(), key=lambda found: found["create_at"]):
            self.by_channel.setdefault(post["channel_id"], []).append(post)
        if not self.docs["team"]:
            self._make()
        self.bot = self.find("user", "username", PORTAL_ACCOUNT.username) or {}

    def _make(self) -> None:
        at = now_ms()
        team: Doc = {
            "id": stable_id("team"), "create_at": at, "update_at": at, "delete_at": 0, "display_name": "Community",
            "name": TEAM, "description": "", "email": "", "type": "O", "company_name": "", "allowed_domains": "",
            "invite_id": stable_id("invite"), "allow_open_invite": True,
        }  # fmt: skip
        self.save("team", team["id"], team)
        for person in (PORTAL_ACCOUNT, *load_people()):
            user = _user(person, at)
            self.save("user", user["id"], user)
        for name, display, purpose, kind in CHANNELS:
            self.new_channel(team["id"], name, display, kind, purpose=purpose, key=stable_id(f"channel {name}"))
        for channel in self.docs["channel"].values():
            for user in self.docs["user"].values():
                self.join(channel["id"], user["id"])

    def tick(self) -> int:
        """Return the present, later than any moment given before: posts have an order."""
        self._last_ms = max(now_ms(), self._last_ms + 1)
        return self._last_ms

    def save(self, kind: str, key: str, doc: Doc) -> Doc:
        """Keep a document."""
        self.docs[kind][key] = doc
        self.storage.put("mattermost", f"{kind}:{key}", json.dumps([kind, key, doc]))
        return doc

    def drop(self, kind: str, key: str) -> None:
        """Forget a document."""
        if self.docs[kind].pop(key, None) is not None:
            self.storage.delete("mattermost", f"{kind}:{key}")

    def find(self, kind: str, name: str, value: object) -> Doc | None:
        """Return the first document whose field has this value."""
        return next((doc for doc in self.docs[kind].values() if doc.get(name) == value), None)

    def new_channel(
        self, team: str, name: str, display: str, kind: str, *, header: str = "", purpose: str = "",
        creator: str = "", key: str = "",
    ) -> Doc:  # fmt: skip
        """Make a channel."""
        at = self.tick()
        channel: Doc = {
            "id": key or fresh_id(), "create_at": at, "update_at": at, "delete_at": 0, "team_id": team, "type": kind,
            "display_name": display, "name": name, "header": header, "purpose": purpose, "last_post_at": 0,
            "total_msg_count": 0, "extra_update_at": 0, "creator_id": creator, "scheme_id": None, "props": None,
            "group_constrained": None, "shared": None,
        }  # fmt: skip
        return self.save("channel", channel["id"], channel)

    def forget_channel(self, channel: str) -> None:
        """Forget a channel with its posts and its members."""
        for post in self.by_channel.pop(channel, []):
            self.drop("post", post["id"])
        for key in [key for key, member in self.docs["member"].items() if member["channel_id"] == channel]:
            self.drop("member", key)
        self.drop("channel", channel)

    def direct(self, one: str, other: str) -> Doc | None:
        """Return the channel that two people have for themselves, if they have spoken."""
        return self.find("channel", "name", "__".join(sorted([one, other])))

    def join(self, channel: str, user: str) -> Doc:
        """Make a user a member of a channel."""
        key = f"{channel}:{user}"
        if key in self.docs["member"]:
            return self.docs["member"][key]
        member = {
            "channel_id": channel, "user_id": user, "roles": "channel_user", "last_viewed_at": 0, "msg_count": 0,
            "mention_count": 0, "notify_props": {}, "last_update_at": now_ms(),
        }  # fmt: skip
        return self.save("member", key, member)

    def new_post(self, channel: Doc, user: str, given: Doc) -> Doc:
        """Write a post; one repeated with the same pending id within 30 s is the first one."""
        at, pending = self.tick(), str(given.get("pending_post_id") or "")
        if pending:
            known = self.pending.get((user, pending))
            if known is not None and at - known[1] < DEDUPE_MS and known[0] in self.docs["post"]:
                return self.docs["post"][known[0]]
        post = {
            "id": fresh_id(), "create_at": at, "update_at": at, "edit_at": 0, "delete_at": 0, "is_pinned": False,
            "user_id": user, "channel_id": channel["id"], "root_id": given.get("root_id") or "", "original_id": "",
            "message": given.get("message", ""), "type": given.get("type", ""), "props": given.get("props") or {},
            "hashtags": " ".join(word for word in str(given.get("message", "")).split() if word.startswith("#")),
            "file_ids": given.get("file_ids") or [], "pending_post_id": pending, "reply_count": 0, "metadata": {},
        }  # fmt: skip
        if pending:
            # In memory only: a restarted server has forgotten, as the real one has.
            self.pending[user, pending] = (post["id"], at)
        self.save("post", post["id"], post)
        self.by_channel.setdefault(channel["id"], []).append(post)
        root = self.docs["post"].get(post["root_id"])
        if root is not None:
            self.save("post", root["id"], self._update(root, reply_count=root["reply_count"] + 1, update_at=at))
        channel.update(last_post_at=at, total_msg_count=channel["total_msg_count"] + 1)
        self.save("channel", channel["id"], channel)
        return post

    def _update(self, doc: Doc, **changes: Any) -> Doc:
        doc.update(changes)
        return doc

    def edit_post(self, post: Doc, changes: Doc) -> Doc:
        """Change a post."""
        at = self.tick()
        if "message" in changes and changes["message"] != post["message"]:
            post["edit_at"] = at
        post.update(changes, update_at=at)
        return self.save("post", post["id"], post)

    def system_post(self, channel: Doc, user: str, kind: str, message: str, props: Doc) -> None:
        """Write one of the server's own posts."""
        self.new_post(channel, user, {"message": message, "type": kind, "props": props})

    def shown(self, post: Doc) -> Doc:
        """Return a post as the API shows it, with its reactions."""
        reactions = [doc for doc in self.docs["reaction"].values() if doc["post_id"] == post["id"]]
        metadata = {"reactions": reactions} if reactions else {}
        return {**post, "has_reactions": bool(reactions), "metadata": metadata}


def _user(person: SandboxPerson, at: int) -> Doc:
    first, _, last = person.name.partition(" ")
    bot = person.role == "bot"
    return {
        "id": stable_id(person.email), "create_at": at, "update_at": at, "delete_at": 0, "username": person.username,
        "first_name": first, "last_name": last, "nickname": "", "email": person.email, "email_verified": True,
        "auth_service": "", "roles": "system_user", "locale": "en", "position": "", "is_bot": bot,
        "timezone": {"useAutomaticTimezone": "false", "manualTimezone": person.zone, "automaticTimezone": ""},
        "notify_props": {}, "props": {}, "last_password_update": at, "last_picture_update": 0, "failed_attempts": 0,
        "mfa_active": False,
    }  # fmt: skip
