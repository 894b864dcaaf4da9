"""Response templates: what their texts leave open, and how two versions differ."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from escalations.rules.placeholders import Filled, Part, Placeholder, faults, fill, key_of, placeholders

__all__ = [
    "Change", "Filled", "Part", "Placeholder", "differences", "faults", "fill", "key_of", "placeholders",
]

_WORDS = re.compile(r"\s+|\{\{[^{}\n]*\}\}|[^\s{]+|\{")


@dataclass(frozen=True)
class Change:
    """A run of words in a comparison: kept ("same"), only in the older ("gone"), or only in the newer ("new")."""

    kind: str
    text: str


def differences(old: str, new: str) -> tuple[Change, ...]:
    """What became of a text, word by word, in the order in which it is read; what went stands before what came."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    changes: list[Change] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        changes += _runs(tag, before[a:b], after[c:d])
    return tuple(changes)


def _runs(tag: str, gone: Sequence[str], new: Sequence[str]) -> list[Change]:
    if tag == "equal":
        return [Change("same", "".join(gone))]
    return [Change(kind, "".join(words)) for kind, words in (("gone", gone), ("new", new)) if words]
