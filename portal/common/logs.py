"""What the log must not say: whoever reads it must not be able to act with what they read.

Django logs the path of a refused request with its query, and hands the request itself along; an address can hold a
secret: that of a webhook in its query, an invitation's or a reset's token in its last part.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

HIDDEN = "…"
# The value of any parameter that sounds like a secret, in a query or in other text.
_VALUES = re.compile(
    r"(?P<name>[?&;\s](?:[\w.-]*(?:secret|token|password|passwd|signature|api_?key)[\w.-]*)=)[^&\s\"'<>#]+", re.I
)
# What opens something by itself: /invitation/<token>/, /p/<token>/, /sign-in/reset/<uid>/<token>/,
# /calendars/<token>.ics, /escalations/form/<token>/, /escalations/rate/<token>/, /s/<token>/, /s/confirm/<token>/ and
# /s/leave/<token>/. Django signs with colons.
_ADDRESSES = re.compile(
    r"(?P<before>/invitation/|/p/|/s/(?:confirm/|leave/)?|/calendars/|/escalations/form/|/escalations/rate/"
    r"|/sign-in/reset/[^/\s?#\"']+/)"
    r"(?P<token>[^/\s?#\"']+)"
)
_BEARER = re.compile(r"(?P<word>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}|\bsetp_[\w-]{8,}", re.I)


def hidden(text: str) -> str:
    """The text without secrets: their place is marked."""
    text = _VALUES.sub(lambda found: f"{found['name']}{HIDDEN}", text)
    text = _ADDRESSES.sub(lambda found: f"{found['before']}{HIDDEN}", text)
    return _BEARER.sub(lambda found: f"{found['word'] or ''}{HIDDEN}", text)


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: drops requests, and hides secrets in every text of the event, tracebacks too."""
    for name in ("request", "environ", "scope"):
        event.pop(name, None)
    for name, value in event.items():
        event[name] = _without(value)
    return event


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, Mapping):
        return {name: _without(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without(each) for each in value]
    return value
