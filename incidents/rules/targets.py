"""Where updates go, in words that the other systems take. Pure."""

import re
from datetime import datetime

from incidents.choices import TargetKind

LONGEST_NAME = 64  # characters of a channel's name in Mattermost
LONGEST_POST = 16_383  # characters of one post
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+\Z")
_LIST = re.compile(r"list:\d{1,9}\Z")


def channel_name(number: int, slug: str, at: datetime) -> str:
    """The name of an incident's channel: the number, the customer, and the day, by which it is another one than that
    of an earlier portal's incident of the same number."""
    day = at.strftime("%d%b").lower()
    head, tail = f"inc-{number}", f"-{day}"
    middle = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[: LONGEST_NAME - len(head) - len(tail) - 1].strip("-")
    return f"{head}-{middle}{tail}" if middle else f"{head}{tail}"


def read_address(kind: TargetKind, text: str) -> tuple[str, str]:
    """What somebody typed as a target: its address and how pages name it. Raises `ValueError`, in words."""
    given = text.strip()
    if kind == TargetKind.CHANNEL:
        name = given.removeprefix("~").removeprefix("#").rsplit("/", 1)[-1].lower()
        if not _CHANNEL.match(name):
            raise ValueError("Name a channel as it stands in its address: small letters, digits and dashes.")
        return name, f"~{name}"
    if kind == TargetKind.MAIL:
        if _LIST.match(given):
            return given, given
        if len(given) > 254 or not _ADDRESS.match(given):
            raise ValueError("That is no mail address: write one such as ana@example.com.")
        return given.lower(), given.lower()
    raise ValueError("Add a channel, a mail list or a mail address.")


def clipped(text: str, limit: int, more: str) -> str:
    """A text that fits: cut at its end where it is too long, with `more` saying where the rest is."""
    if len(text) <= limit:
        return text
    tail = f"…\n\n{more}"
    return text[: limit - len(tail)].rstrip() + tail
