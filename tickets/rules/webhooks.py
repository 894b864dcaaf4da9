"""What a webhook hints at. Its payload is never applied: it names the issue to fetch, or is knowingly ignored."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from tickets.rules.shapes import text, whole

ISSUE_EVENTS = {"jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "jira:issue_moved"}
COMMENT_EVENTS = {"comment_created", "comment_updated", "comment_deleted"}
LINK_EVENTS = {"issuelink_created", "issuelink_deleted"}
SELF = "/issue/"


@dataclass(frozen=True)
class Hint:
    """Which issue to look at; `ignored` says why there is nothing to do."""

    event: str
    issue_id: int | None = None
    issue_key: str = ""
    deleted: bool = False
    ignored: str = ""


def read_hint(body: object) -> Hint:
    """The hint in a webhook's body, whatever its shape."""
    if not isinstance(body, Mapping):
        return Hint("", ignored="its body is no JSON object")
    event = _kept(body.get("webhookEvent"), 100)
    issue = body.get("issue")
    identity = whole(issue.get("id")) if isinstance(issue, Mapping) else None
    key = _kept(issue.get("key"), 80) if isinstance(issue, Mapping) else ""
    if identity is None:
        identity = _from_comment(body.get("comment")) or _from_link(body.get("issueLink"))
    if identity is None:
        return Hint(event, issue_key=key, ignored="it names no issue")
    # Old servers send no event name, or one of their own: that it names an issue is enough to look at it.
    known = event in ISSUE_EVENTS | COMMENT_EVENTS | LINK_EVENTS or not event or event.startswith("jira:issue")
    if not known:
        return Hint(event, identity, key, ignored=f"nothing is mirrored of {event}")
    return Hint(event, identity, key, deleted=event == "jira:issue_deleted")


def _kept(raw: object, length: int) -> str:
    """A text as the database takes it: it refuses NUL and halves of surrogate pairs, and JSON can spell both."""
    return text(raw).replace("\x00", "").encode("utf-8", "replace").decode()[:length]


def _from_comment(comment: object) -> int | None:
    """A server's comment event carries only the comment; its address holds the issue's id."""
    address = text(comment.get("self")) if isinstance(comment, Mapping) else ""
    if SELF not in address:
        return None
    return whole(address.partition(SELF)[2].partition("/")[0])


def _from_link(link: object) -> int | None:
    return whole(link.get("sourceIssueId")) if isinstance(link, Mapping) else None


def signature_holds(secret: str, body: bytes, header: str) -> bool:
    """Whether `X-Hub-Signature` (`sha256=<hex>`) is the HMAC of the raw body; compared in constant time."""
    method, _, given = header.strip().partition("=")
    if method.lower() != "sha256":
        return False
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, given.strip().lower().encode("ascii", "replace").decode())


def secret_matches(secret: str, given: str) -> bool:
    """Whether `?secret=` is right (Data Center may not sign); compared in constant time."""
    return hmac.compare_digest(secret.encode(), given.encode())
