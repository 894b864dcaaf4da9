"""How a line of the timeline is drawn: its icon, its tone, its words. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from incidents.choices import Topic, What

PINNED = "pinned"  # what is pinned, as a choice beside the topics
ICONS: dict[What, str] = {
    What.DECLARED: "incident", What.CHANGED: "edit", What.SEVERITY: "flag", What.STATUS: "flag", What.DECIDED: "check",
    What.CUSTOMER_ADDED: "team", What.CUSTOMER_REMOVED: "team", What.PRIVATE: "lock", What.ROLE: "person",
    What.WATCHER: "eye", What.MERGED: "link", What.REOPENED: "undo", What.CHANNEL: "chat", What.STAGE: "right",
    What.STEP: "done", What.STEP_SKIPPED: "right", What.STEP_OPENED: "undo", What.STEP_CHANGED: "edit",
    What.HOUR: "people", What.EVIDENCE: "clip", What.EVIDENCE_REMOVED: "clip", What.PATCH: "pr", What.UPDATE: "update",
    What.CORRECTED: "edit", What.DELIVERED: "send", What.FAILED: "fail", What.APPROVAL_ASKED: "people",
    What.APPROVED: "done", What.SENT_BACK: "undo", What.OVERRIDDEN: "shield", What.PROMISED: "clock",
    What.REMINDED: "bell", What.SNOOZED: "pause", What.STOPPED: "pause", What.ASKED_FOR_UPDATE: "bell",
    What.TICKET: "tickets", What.TICKET_CHANGED: "tickets", What.PAGED: "bell", What.CHAT: "chat", What.NOTE: "edit",
    What.NOTE_BACK: "undo", What.PINNED: "pin", What.UNPINNED: "pin",
    What.LINK: "link", What.LINK_REVOKED: "link", What.RESOLVED: "done", What.WATCHED: "eye", What.CONFIRMED: "done",
    What.RETRO: "edit", What.RETRO_SENT: "send", What.ACTION: "tickets", What.CLOSED: "archive",
    What.REMINDED_AFTER: "bell",
}
_INSTANT = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")
# Lines whose moments are kept beside their words: shown, they stand in the zone of whoever reads.
_TIMED: dict[What, str] = {
    What.PROMISED: "Next update promised for {}",
    What.SNOOZED: "Reminder snoozed until {}; the update stays promised for {}",
}
_CODE = re.compile(r"`([^`]+)`")
_UPDATE = re.compile(r"^(Update \d+)\b")


def tone_of(tone: str, *, pinned: bool) -> str:
    """The tone of a line's dot: its own, and of a pinned one without a tone blue."""
    return tone or ("blue" if pinned else "")


def is_topic(word: str) -> bool:
    """Whether the timeline can be filtered by this word of an address."""
    return word == PINNED or word in Topic.values


def timed(what: What, words: str, kept: str) -> str:
    """The words of a line with its moments as instants for `worded`. `kept`: the moments in ISO, in their order; a line
    that kept none, or that names none, keeps its words."""
    form, moments = _TIMED.get(what, ""), kept.split()
    if not form or len(moments) != form.count("{}"):
        return words
    return form.format(*(f"{datetime.fromisoformat(one).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for one in moments))


def worded(words: str, draw: Callable[[datetime], str]) -> SafeString:
    """A line in HTML. An instant in it ("2026-11-17T13:15:00Z") becomes what `draw` makes of it, so that each reader
    reads it in their own zone; the number of an update stands out, and what stands in backticks is code."""
    safe = _CODE.sub(r"<code>\1</code>", _UPDATE.sub(r"<b>\1</b>", escape(words)))
    return mark_safe(_INSTANT.sub(lambda found: draw(datetime.fromisoformat(f"{found[1]}+00:00")), safe))  # noqa: S308
