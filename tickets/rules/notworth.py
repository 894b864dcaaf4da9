"""Bugs that are not worth the work: which they are, and the kind words with which they are closed.

Page: sustained-engineering-team, "Priority of Work": "Close any low priority bugs that are not worth the mana".
"""

import re
from collections.abc import Mapping

from tickets.rules.priority import UNSAID, severity_of

DAYS, FEWEST, MOST_DAYS = 180, 30, 3_650  # how long a bug has waited before it is proposed
AT_ONCE = 50  # tickets closed in one go
LONGEST = 4_000  # characters of a comment before it is filled in
PLACEHOLDERS = ("reporter", "key", "summary", "resolution")
COMMENT = (
    "Hi {reporter}, thank you for reporting this. We went through the bugs that have waited longest, and we do not "
    "expect to get to {key}: it affects few people, and more urgent work keeps coming before it. We close it as "
    "{resolution}, so that it does not look as if somebody were working on it.\n\n"
    "If it still gets in your way, or if more people meet it, please say so here and we will look at it again."
)
_NAMED = re.compile(r"\{([^{}\n]*)\}")


def is_low(severity: str, priority: str) -> bool:
    """Whether a bug is minor: S3 and below, or without a severity of low or lowest priority."""
    said = severity_of(severity, "")
    return said >= 3 if said != UNSAID else severity_of("", priority) == 4


def days_asked(text: str) -> int:
    """How many days a bug has waited at least; what makes no sense is the default, and 30 are the fewest."""
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else DAYS
    return min(max(days, FEWEST), MOST_DAYS)


def comment_fault(text: str) -> str:
    """What is wrong with a comment, in words; "" where nothing is."""
    if not text.strip():
        return "Say why it is closed."
    if len(text) > LONGEST:
        return f"A comment has at most {LONGEST:,} characters."
    unknown = [name for name in _NAMED.findall(text) if name not in PLACEHOLDERS]
    known = ", ".join("{" + name + "}" for name in PLACEHOLDERS)
    return f"Nothing is known for {{{unknown[0]}}}. What is filled in: {known}." if unknown else ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The comment for one ticket."""
    return _NAMED.sub(lambda found: values.get(found[1], found[0]), text).strip()
