"""What somebody has typed into the composer so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalations.rules.responses import Filled, fill, key_of

LONGEST_VALUE = 4_000  # characters of a placeholder's value
MOST_VALUES = 40
OPENED, SHUT = "\ue000", "\ue001"  # around what is open, on its way through Markdown; in no text that came in


@dataclass(frozen=True)
class Typed:
    """`template`: its slug, "" for none. `text`: with its placeholders as written, None where nothing was typed yet.
    `values`: by key; `left_out`: keys. `ways`: None until somebody chose; `asks` too. `seen`: the newest message that
    the writer saw."""

    template: str = ""
    version: int | None = None
    text: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    ways: tuple[str, ...] | None = None
    asks: bool | None = None
    key: str = ""
    seen: int | None = None

    def filled(self, body: str, known: Mapping[str, str]) -> Filled:
        """A text with what is known, and over it what was typed."""
        return fill(body, {**known, **self.values}, self.left_out)


def open_marks(filled: Filled) -> dict[str, str]:
    """A value for each placeholder that is open, by which it is found again in what Markdown made of the text."""
    return {key_of(name): f"{OPENED}{name}{SHUT}" for name in filled.missing}


def unmarked(text: str) -> str:
    """A text without the marks above."""
    return text.replace(OPENED, "").replace(SHUT, "")


def clean_value(value: str) -> str:
    """A value as it is taken: no null bytes, none of the marks above, not longer than it may be."""
    return unmarked(value).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")[:LONGEST_VALUE]


def why_not(missing: tuple[str, ...]) -> str:
    """What is to be done before it can be sent; "" when nothing is. static/js/composer.js says the same words."""
    if not missing:
        return ""
    *first, last = (f"“{name}”" for name in missing)
    return f"Fill in {', '.join(first)} and {last} to send" if first else f"Fill in {last} to send"
