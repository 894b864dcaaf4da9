"""Secrets in what people type and paste: masked before it is stored or sent, and counted, so that the sender is told.

What looks like a field of a log is prose here more often than in a file: "password: wrong!" is a sentence.
"""

import re
from collections.abc import Mapping
from typing import Any

from escalations.rules.secrets import FIELD, Span, find, mask_for

# Columns with a length of their own: a mask may be longer than what it hides.
LONGEST = {"title": 200, "hosting": 200, "affected_people": 80}
TEXTS = ("title", "happened", "expected", "steps", "tried", "logs", "hosting", "affected_people")
_SENTENCE_END = re.compile(rb"[A-Za-z]{1,24}[?!.:]{1,3}")
_ADDRESS = re.compile(rb"https?://[^\s@]*")


def mask_text(text: str) -> tuple[str, int]:
    """The text without its secrets, and how many were masked; one without any comes back as it is."""
    whole = text.encode(errors="replace")
    found = [span for span in find(whole, text=True) if not _prose(whole, span)]
    if not found:
        return text, 0
    block = whole
    for span in reversed(found):
        block = block[:span.start] + mask_for(span.kind).encode() + block[span.end:]
    return block.decode(errors="replace"), len(found)


def mask_values(values: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The fields of a form without secrets in their texts, and how many were masked."""
    clean, count = dict(values), 0
    for name in TEXTS:
        value = clean.get(name)
        if isinstance(value, str) and value:
            masked, more = mask_text(value)
            clean[name], count = masked[:LONGEST.get(name)] if more else value, count + more
    return clean, count


def mask_json(value: Any) -> Any:
    """What is kept of a form as JSON, with every text in it masked."""
    if isinstance(value, str):
        return mask_text(value)[0]
    if isinstance(value, Mapping):
        return {key: mask_json(each) for key, each in value.items()}
    return [mask_json(each) for each in value] if isinstance(value, list | tuple) else value


def masked_words(count: int) -> str:
    """What the sender is told: "1 secret in what you pasted was masked."; "" for none."""
    if not count:
        return ""
    return f"{count} secret{'s' if count > 1 else ''} in what you pasted {'were' if count > 1 else 'was'} masked."


def _prose(block: bytes, span: Span) -> bool:
    """Whether what stands behind "password:" belongs to a sentence: a word with its full stop, an address to open, or
    the line that follows."""
    before, value = block[max(span.start - 12, 0):span.start], block[span.start:span.end]
    if span.kind != FIELD or not before.rstrip().endswith(b":"):
        return False
    if b"\n" in before[before.rfind(b":"):]:
        rest = block[span.end:block.find(b"\n", span.end) if b"\n" in block[span.end:] else len(block)]
        return bool(rest.strip())
    return bool(_SENTENCE_END.fullmatch(value) or _ADDRESS.fullmatch(value))
