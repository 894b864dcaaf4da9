"""What people write inside the form: Markdown that cannot break it. Nothing of it is lost."""

import re

from markdown_it import MarkdownIt

from escalations.rules.escaping import as_text

# Behind quotes and list marks too: there it would still be a heading.
_INSIDE = r"(?P<before>\s*(?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*)*)"
_HEADING = re.compile(_INSIDE + r"(?P<mark>#{2,6}|#(?=[ \t]|$))")
_UNDERLINE = re.compile(_INSIDE + r"(?P<mark>=+|-+)[ \t]*$")
_RULE = re.compile(r"\s{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})(.*)$")
_NAME = re.compile(r"([\\`*\[\]<>~|#]|(?<![^\W_])_|_(?![^\W_]))")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")  # other programs end lines with these
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # XML, and so a feed, refuses most
_MENTION = re.compile(r"@(?=\w)")
_SENTINEL = "\n\n###### end of what was written\n"
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def tidy(text: str) -> str:
    """A text as it is kept: one kind of line end, no control characters and no half signs, nothing around it. Never
    cut."""
    return _UNSEEN.sub("", _BREAK.sub("\n", text)).strip()


def line_of(text: str) -> str:
    """A name in a heading, a status, a short answer: one line that is shown as it was typed, and calls nobody."""
    line = " ".join(tidy(text).split())
    return _MENTION.sub("@\u200b", _NAME.sub(r"\\\1", line))


def body(text: str) -> str:
    """A part of an update: Markdown as it was written, but what would be a heading is shown as it was typed, and a
    block of code that was left open ends where the part ends."""
    text = tidy(text)
    if not text:
        return ""
    written, fence = [], ""
    for line in text.split("\n"):
        fence, shown = _line(line, fence)
        written.append(shown)
    if fence:
        written.append(fence)
    found = "\n".join(written)
    return found if _whole(found) else "\n".join(as_text(line) for line in text.split("\n"))


def fence_after(line: str, fence: str) -> str:
    """The fence of a block of code that is open after a line, "" for none, where `fence` was open before it."""
    return _line(line, fence)[0]


def _line(line: str, fence: str) -> tuple[str, str]:
    """The fence that is open after a line, and the line as it may stand."""
    found = _FENCE.match(line)
    if fence:
        closes = found and found[1].startswith(fence) and not found[2].strip()
        return ("" if closes else fence), line
    if found and not ("`" in found[1] and "`" in found[2]):
        return found[1], line
    if _RULE.match(line):
        return "", "* * *" if line.strip().startswith("-") else line
    for pattern in (_HEADING, _UNDERLINE):
        match = pattern.match(line)
        if match and not (pattern is _UNDERLINE and _only_marks(match)):
            at = match.end("before")
            return "", f"{line[:at]}\\{line[at:]}"
    return "", line


def _only_marks(match: re.Match[str]) -> bool:
    """An empty item of a list below other items is no underline, and needs no backslash."""
    return match["mark"] == "-" and bool(match["before"].strip())


def _whole(text: str) -> bool:
    """Whether what stands behind a part is still read as the form has it, and the part itself has no heading."""
    tokens = _PARSER.parse(text + _SENTINEL)
    headings = [token for token in tokens if token.type == "heading_open"]
    return len(headings) == 1 and headings[0].level == 0 and headings[0].tag == "h6"
