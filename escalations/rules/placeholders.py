"""The placeholders of a text: found, filled, left out.

A placeholder is written `{{reporter name}}`: Markdown, Mattermost and mail leave two braces alone, while `[…]` would
begin a link. One that ends in a question mark, `{{other needs?}}`, may be left out, and the item of the
list or the sentence around it goes with it. A value
is never read for placeholders or Markdown: whatever somebody typed stays what they typed (`rules.escaping`).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from escalations.rules.escaping import as_items, as_text

PLACEHOLDER = re.compile(r"\{\{[ \t]*([^\W_](?:[\w '’/-]{0,58}[\w'’])?)[ \t]*(\??)[ \t]*\}\}")
LONGEST = 60
PLACED = "\x00"  # in no text that came in: a list that was put in place of a placeholder
_ITEM = re.compile(r"[ \t]*(?:(\d{1,6})([.)])|([-*+]))[ \t]+\Z")
_LISTED = re.compile(r"[ \t]*(?:\d{1,6}[.)]|[-*+])[ \t]")
_SENTENCES = re.compile(r"(?<=[.!?])([ \t]+)(?![a-z}])")  # a placeholder's own question mark ends none
_BLANKS = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Placeholder:
    """Something that a text leaves open. `name` as it was first written; `optional`: it may be left out."""

    name: str
    optional: bool = False

    @property
    def key(self) -> str:
        """What it is looked up by: `PM name` and `pm  name` are one."""
        return key_of(self.name)

    @property
    def mark(self) -> str:
        """How it stands in a text."""
        return f"{{{{{self.name}{'?' if self.optional else ''}}}}}"

    @property
    def many(self) -> bool:
        """Whether several lines are wanted: each becomes an item of a list."""
        return self.key.startswith("list of ") or self.key.endswith(" needs")


@dataclass(frozen=True)
class Part:
    """A piece of a text in order: literal words (`key` empty), or a placeholder with its value, "" while it is open."""

    text: str
    key: str = ""
    name: str = ""

    @property
    def missing(self) -> bool:
        """A placeholder that is not filled in."""
        return bool(self.key) and not self.text


@dataclass(frozen=True)
class Filled:
    """A text with its values. `text` is Markdown, in which what is open stands as it was written; `missing`: the names
    of what is open, in order."""

    text: str
    missing: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def ready(self) -> bool:
        """Whether it may leave."""
        return not self.missing


def key_of(name: str) -> str:
    """A placeholder's name as it is compared."""
    return " ".join(name.split()).casefold()


def placeholders(body: str) -> tuple[Placeholder, ...]:
    """What a text leaves open, each once, in order. It may be left out only if it may be wherever it stands."""
    found: dict[str, Placeholder] = {}
    for match in PLACEHOLDER.finditer(body):
        one = _named(match)
        earlier = found.get(one.key)
        found[one.key] = Placeholder(earlier.name, earlier.optional and one.optional) if earlier else one
    return tuple(found.values())


def fill(body: str, values: Mapping[str, str], left_out: Collection[str] = ()) -> Filled:
    """A text with its placeholders filled in by `values` (name → value, names in any case; blank ones count as open).

    `left_out`: names of optional ones that are not needed; what is around them goes, whatever their values are.
    Others in it are still asked for.
    """
    body = body.replace(PLACED, "")
    told = {key_of(name): value.replace(PLACED, "").strip() for name, value in values.items()}
    known = {key: value for key, value in told.items() if value}
    gone = {one.key for one in placeholders(body) if one.optional} & {key_of(name) for name in left_out}
    parts: list[Part] = []
    written: list[str] = []
    missing: dict[str, str] = {}
    for piece in _pieces(without(body, gone)):
        if isinstance(piece, str):
            parts.append(Part(piece))
            written.append(piece)
            continue
        value = known.get(piece.key, "")
        parts.append(Part(value, piece.key, piece.name))
        if not value:
            missing.setdefault(piece.key, piece.name)
        written.append(_written(piece, value, "".join(written[-1:])) if value else piece.mark)
    return Filled("".join(_apart(written)).strip(), tuple(missing.values()), tuple(parts))


def without(body: str, keys: Collection[str]) -> str:
    """The text without the items of lists and the sentences in which one of these placeholders stands; where nothing
    would be left of it, without the placeholders alone."""
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not keys:
        return body
    lines = [_line_without(line, keys) if _holds(line, keys) else line for line in body.split("\n")]
    rest = _BLANKS.sub("\n\n", "\n".join(line for line in lines if line is not None)).strip()
    return rest or PLACEHOLDER.sub(lambda match: "" if _named(match).key in keys else match[0], body).strip()


def _line_without(line: str, keys: Collection[str]) -> str | None:
    """What is left of a line; None where it goes as a whole."""
    if _LISTED.match(line):
        return None
    pieces = _SENTENCES.split(line)  # a sentence, what is between, a sentence, ...
    kept = [words for words in pieces[::2] if not _holds(words, keys)]
    return " ".join(kept) or None


def _holds(words: str, keys: Collection[str]) -> bool:
    return any(_named(match).key in keys for match in PLACEHOLDER.finditer(words))


def faults(body: str) -> list[str]:
    """What is wrong with the text of a template, in words; empty if nothing is."""
    rest = PLACEHOLDER.sub("", body)
    said = []
    if not body.strip():
        said.append("Write what it says.")
    if "{{" in rest or "}}" in rest:
        said.append(
            "Two braces begin and end a placeholder: a name of letters, digits and spaces, at most 60 of them, as in "
            "{{reporter name}}. One of them is not closed, or holds something else."
        )
    return said


def _named(match: re.Match[str]) -> Placeholder:
    return Placeholder(_SPACES.sub(" ", match[1].strip()), bool(match[2]))


def _pieces(body: str) -> Iterator[str | Placeholder]:
    """The text as literal words and placeholders in turn."""
    at = 0
    for match in PLACEHOLDER.finditer(body):
        if match.start() > at:
            yield body[at:match.start()]
        yield _named(match)
        at = match.end()
    if at < len(body):
        yield body[at:]


def _written(one: Placeholder, value: str, before: str) -> str:
    """A value as Markdown, after the words before it: several lines after the number or dash of an item become further
    items, several lines elsewhere become a list where one is wanted."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    line = before.rpartition("\n")[2]
    item = _ITEM.match(line)
    if len(lines) == 1:
        return as_text(lines[0], ticket="ticket" in one.key, begins=bool(item) or not line.strip())
    if item:
        return as_items(lines, first=int(item[1]) if item[1] else None, mark=item[2] or item[3])
    if one.many:
        return f"\n\n{PLACED}{as_items(lines, first=1, mark='.', headed=True)}\n\n"
    return "\n".join(as_text(each, begins=bool(at) or not line.strip()) for at, each in enumerate(lines))


def _apart(written: list[str]) -> list[str]:
    """One empty line around a list that stands for a placeholder, whatever stood around that."""
    for at, piece in enumerate(written):
        if piece.startswith("\n\n") and piece.endswith("\n\n") and PLACED in piece:
            written[at] = piece.replace(PLACED, "")
            if at:
                written[at - 1] = written[at - 1].rstrip()
            if at + 1 < len(written):
                written[at + 1] = written[at + 1].lstrip()
    return written
