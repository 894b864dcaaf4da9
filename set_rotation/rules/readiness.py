"""Whether somebody is ready for SET: what is checked before each rotation, and in which words.

Related facts, "SET roles and on-call": before the first day a person has an account, phone and notification rules set
up and tested with a test alert, the channels joined, the incident process read, a practice incident run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.common.templatetags.parts import ago_text

FRESH = timedelta(days=90)  # so long an acknowledged test page proves that somebody can be reached
WARNED = timedelta(days=3)  # so long before a rotation begins its lead is told who is not ready


@dataclass(frozen=True)
class ReadyFacts:
    """What is known of one person. `unproven`: the names of addresses in their steps that no test page has reached;
    `proven`: how many of their ways one has; `items` and `left`: the checklist's number of items, and the words of
    those that are open. `chat`: whether a Mattermost is configured."""

    active: bool
    joined: bool
    chat: bool
    chat_name: bool
    proven: int
    unproven: tuple[str, ...]
    tested_at: datetime | None
    test_waits: bool
    items: int
    left: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """One thing to be ready for; `path` is the name of the page where its person mends it."""

    key: str
    label: str
    ok: bool
    words: str
    path: str


def checks_of(facts: ReadyFacts, at: datetime) -> tuple[Check, ...]:
    """What is ready and what is not, always in the same order. Without a Mattermost nobody needs a name there, and
    without a checklist nothing of it is open."""
    found = [_account(facts)]
    if facts.chat:
        words = "The name is known" if facts.chat_name else "No Mattermost name: messages are sent by the mail address"
        found.append(Check("chat", "Mattermost name", facts.chat_name, words, "people:me"))
    found += [_contacts(facts), _tested(facts, at)]
    if facts.items:
        found.append(_checklist(facts))
    return tuple(found)


def _account(facts: ReadyFacts) -> Check:
    words = "Signed up" if facts.joined else "Invited, but never signed up"
    if not facts.active:
        words = "Has left: somebody else has to take the place"
    return Check("account", "Account", facts.active and facts.joined, words, "people:people")


def _contacts(facts: ReadyFacts) -> Check:
    ok = facts.proven > 0 and not facts.unproven
    if facts.unproven:
        words = f"No test page has come by {', '.join(facts.unproven)}"
    else:
        words = f"{facts.proven} proven" if ok else "No way is proven: a test page does that"
    return Check("contacts", "Contacts", ok, words, "set_rotation:reach")


def _tested(facts: ReadyFacts, at: datetime) -> Check:
    tested = facts.tested_at
    ok = tested is not None and at - tested < FRESH
    if facts.test_waits and not ok:
        words = "Sent, and not acknowledged yet"
    elif tested is None:
        words = "No test page was acknowledged"
    else:
        words = f"Acknowledged {ago_text((at - tested).total_seconds())}" + ("" if ok else ": too long ago")
    return Check("test", "Test page", ok, words, "set_rotation:reach")


def _checklist(facts: ReadyFacts) -> Check:
    done = facts.items - len(facts.left)
    return Check("checklist", "Checklist", not facts.left, f"{done} of {facts.items} done", "set_rotation:cycle")


def is_ready(checks: Sequence[Check]) -> bool:
    """Whether nothing is missing."""
    return all(check.ok for check in checks)


def counted(ready: int, total: int) -> str:
    """`2 of 5 ready`."""
    return f"{ready} of {total} ready"


def may_warn(starts_at: datetime, at: datetime) -> bool:
    """Whether a rotation's lead is to be told now: from `WARNED` before its start to its start."""
    return starts_at - WARNED <= at < starts_at
