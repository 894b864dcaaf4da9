"""Jira's wiki markup within a line: emphasis, links, mentions. Every pattern reads a line once, whatever it holds."""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import quote, urlsplit

SCHEMES = frozenset({"http", "https", "mailto"})
KEPT = "%/:=&?~#+!$,;@()*[]'"
# Private-use characters hold the place of what is drawn already; the text itself never keeps any.
OPEN, SHUT = "\ue000", "\ue001"
HELD = re.compile(f"{OPEN}(\\d+){SHUT}")
MENTION = re.compile(r"\[~(?:accountid:)?([^\[\]\n]{1,255})\]")

TOKEN = re.compile(
    r"(?P<mono>\{\{[^\n{}]*(?:\{[^\n{}]*\}[^\n{}]*)*\}\})"
    r"|(?P<link>\[[^\[\]\n]{1,2000}\])"
    r"|(?P<image>![^\s!|][^!\n|]{0,300}(?:\|[^!\n]{0,300})?!)"
    r"|(?P<url>\bhttps?://[^\s<>\"|\[\]{}]+)"
    r"|(?P<newline>\\\\)"
    r"|(?P<plain>\\[*_{}\[\]!|+^~?\-])"
    r"|(?P<macro>\{(?:color|anchor|toc|status|jira)(?::[^{}\n]{0,200})?\})"
)
IMAGE = re.compile(r"(?:https?://\S+|[^|]+\.\w{2,5})\Z")
EMPHASIS = (
    (re.compile(r"(?<!\w)\*(?=\S)([^*\n]+)(?<=\S)\*(?!\w)"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w/])_(?=\S)([^_\n]+)(?<=\S)_(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w-])-(?=[^\s-])([^-\n]+)(?<=\S)-(?![\w-])"), r"<del>\1</del>"),
    (re.compile(r"(?<![\w+])\+(?=[^\s+])([^+\n]+)(?<=\S)\+(?![\w+])"), r"<ins>\1</ins>"),
    (re.compile(r"(?<=\w)\^(?=\S)([^^\n]{1,60})(?<=\S)\^"), r"<sup>\1</sup>"),
    (re.compile(r"(?<=\w)~(?=\S)([^~\n]{1,60})(?<=\S)~"), r"<sub>\1</sub>"),
    (re.compile(r"\?\?(?=\S)([^?\n]+)(?<=\S)\?\?"), r"<em>\1</em>"),
    (re.compile(r"(?<= )---(?= )"), "—"),
    (re.compile(r"(?<= )--(?= )"), "–"),
)


def inline(text: str, names: Mapping[str, str]) -> str:
    """One line as HTML. `names`: account id → name, for mentions."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(_drawn(match, names))
        return f"{OPEN}{len(held) - 1}{SHUT}"

    emphasised = emphasis(TOKEN.sub(hold, text))
    return HELD.sub(lambda match: held[int(match[1])], emphasised)


def emphasis(text: str) -> str:
    """Bold, italic and their like, in text that is escaped first."""
    drawn = escape(text, quote=False)
    for pattern, form in EMPHASIS:
        drawn = pattern.sub(form, drawn)
    return drawn


def _drawn(match: re.Match[str], names: Mapping[str, str]) -> str:
    found = match[0]
    match match.lastgroup:
        case "mono":
            return f"<code>{escape(found[2:-2])}</code>"
        case "link":
            return _link(found[1:-1], names)
        case "image":
            return _image(found)
        case "url":
            return _bare(found)
        case "newline":
            return "<br>"
        case "plain":
            return escape(found[1:])
        case _:
            return ""


def _link(inside: str, names: Mapping[str, str]) -> str:
    if inside.startswith("~"):
        account = inside[1:].removeprefix("accountid:")
        return f"<b>@{escape(names.get(account) or (inside[1:] if account == inside[1:] else 'somebody'))}</b>"
    if inside.startswith("^"):
        return f"<code>{escape(inside[1:])}</code>"
    label, bar, rest = inside.partition("|")
    address = (rest.partition("|")[0] if bar else label).strip()
    if usable(address):
        return anchor(address, emphasis(label) if label.strip() else escape(address))
    if bar and address:
        return f"{emphasis(label)} ({escape(address)})"
    return f"[{emphasis(label)}]"


def _image(found: str) -> str:
    """Never fetched: a picture from elsewhere would tell its owner who reads what."""
    name = found[1:-1].partition("|")[0].strip()
    if not IMAGE.match(name):
        return emphasis(found)
    if usable(name):
        return anchor(name, escape(f"picture: {name}"))
    return f"<code>{escape(name)}</code>"


def _bare(found: str) -> str:
    address = found.rstrip(".,;:!?)'*_")
    # A closing bracket that belongs to the address stays with it: /wiki/Rust_(language)
    if found[len(address):].startswith(")") and address.count("(") > address.count(")"):
        address += ")"
    rest = emphasis(found[len(address):])
    return (anchor(address, escape(address)) if usable(address) else escape(address)) + rest


def usable(address: str) -> bool:
    """Whether this is an address that a link may lead to."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.netloc or (parts.scheme == "mailto" and parts.path))


def anchor(address: str, label: str) -> str:
    """A link; `label` is HTML."""
    return f'<a href="{escape(quote(address, safe=KEPT))}">{label}</a>'


def mentioned(text: str) -> set[str]:
    """The accounts that a text names, to look their names up."""
    return {match[1] for match in MENTION.finditer(text)}
