"""Strings that PostgreSQL refuses, taken out at the door: NUL, and halves of surrogate pairs."""

import re
from typing import Any

REFUSED = re.compile("[\x00\ud800-\udfff]")


def suspicious(body: str) -> bool:
    """Whether a JSON text may hold such a character; most do not, and are spared the walk."""
    return "\\u0000" in body or "\\ud" in body or "\\uD" in body or "\x00" in body


def clean(value: Any) -> tuple[Any, bool]:
    """The same value without NUL, with U+FFFD for half surrogates; and whether anything was changed."""
    if isinstance(value, str):
        if not REFUSED.search(value):
            return value, False
        return REFUSED.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", value), True
    if isinstance(value, list):
        cleaned = [clean(entry) for entry in value]
        return [entry for entry, _ in cleaned], any(changed for _, changed in cleaned)
    if isinstance(value, dict):
        pairs = {key: (clean(key), clean(entry)) for key, entry in value.items()}
        changed = any(key[1] or entry[1] for key, entry in pairs.values())
        return {key[0]: entry[0] for key, entry in pairs.values()}, changed
    return value, False
