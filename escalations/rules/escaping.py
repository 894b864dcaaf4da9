"""What somebody typed into a field as Markdown that shows it as it was typed; web addresses stay links."""

import re
from collections.abc import Sequence

_ADDRESS = re.compile(r"https?://[^\s<>]{1,2000}")
_AFTER = ".,;:!?'\")]}"  # at the end of an address it belongs to the sentence
_SPECIAL = re.compile(r"([\\`*\[\]<~|&]|(?<![^\W_])_|_(?![^\W_]))")
_START = re.compile(r"\A(#{1,6}(?=\s|\Z)|[-+>=]|\d{1,9}(?=[.)](?:\s|\Z)))")
_MENTION = re.compile(r"(?<![\w.])@(?=\w)")
_BROWSE = re.compile(r"https?://[^\s<>()\[\]]+/browse/([A-Za-z][A-Za-z0-9_]*-\d+)\Z")
_BULLET = re.compile(r"\A(?:[-*+•]|\d{1,3}[.)])\s+(?=\S)")


def as_text(line: str, *, ticket: bool = False, begins: bool = True) -> str:
    """One line as Markdown that shows it as it is. Addresses become links; `ticket`: that of a ticket in Jira is shown
    by its key. Nobody is called by an @ in it. `begins`: nothing stands before it on its line."""
    browse = _BROWSE.match(line) if ticket else None
    if browse:
        return f"[{browse[1]}]({line})"
    written, at = [], 0
    for match in _ADDRESS.finditer(line):
        address = match[0].rstrip(_AFTER)
        written += [_plain(line[at:match.start()]), f"<{address}>"]
        at = match.start() + len(address)
    written.append(_plain(line[at:]))
    return _begun("".join(written)) if begins else "".join(written)


def as_items(lines: Sequence[str], *, first: int | None, mark: str, headed: bool = False) -> str:
    """Lines as the items of a list: numbered from `first` on, or each after the dash `mark`. A dash or a number that
    somebody typed before a line is dropped. Without `headed` the first item's own number stands there already."""
    written = []
    for number, line in enumerate(lines, start=first or 0):
        head = f"{number}{mark} " if first is not None else f"{mark} "
        written.append((head if headed or number != (first or 0) else "") + as_text(_BULLET.sub("", line)))
    return "\n".join(written)


def _plain(text: str) -> str:
    return _MENTION.sub("@\u200b", _SPECIAL.sub(r"\\\1", text))


def _begun(text: str) -> str:
    """What would make a heading, a list or a quote of the line at its start is taken for a mere character."""
    match = _START.match(text)
    if not match:
        return text
    end = match.end()
    return f"{text[:end]}\\{text[end:]}" if match[1].isdigit() else f"\\{text}"
