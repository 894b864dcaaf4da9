"""A retrospective as a document: as Markdown, as plain text, and as the blocks that the PDF is set from. Pure.

Nothing that somebody wrote is ever markup of the PDF: blocks hold plain strings, which are set as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from escalations.rules.escaping import as_text

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).disable("image")
_SAFE = ("http://", "https://", "mailto:")
_MARKS = {"strong": "bold", "em": "italic", "s": "struck"}
Block = dict[str, Any]
Run = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of a document: a heading ("" has none), Markdown below it, and lines of a name and a value."""

    heading: str
    text: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Document:
    """`title`: the first line; `about`: what stands below it, such as the customer and the days; `foot`: small, at the
    end of each page."""

    title: str
    about: str
    sections: tuple[Section, ...]
    foot: str = ""


def as_markdown(document: Document) -> str:
    """The document in Markdown; names and values are shown as they were typed."""
    parts = [f"# {as_text(document.title, begins=False)}", as_text(document.about)]
    for section in document.sections:
        if section.heading:
            parts.append(f"## {as_text(section.heading, begins=False)}")
        if section.lines:
            parts.append("\n".join(f"- {as_text(name, begins=False)}: {as_text(value, begins=False)}"
                                   for name, value in section.lines))
        if section.text.strip():
            parts.append(_below(section.text, 3 if section.heading else 2))
    return "\n\n".join(part for part in parts if part) + "\n"


def _below(text: str, level: int) -> str:
    """A text whose headings begin at this level: those above it are lowered to it. Blocks of code are left alone."""
    lines, found = text.strip().split("\n"), set[int]()
    for token in _MARKDOWN.parse(text.strip()):
        if token.type == "heading_open" and token.map and token.markup.startswith("#") and int(token.tag[1]) < level:
            found.add(token.map[0])
    sign = "#" * level
    return "\n".join(
        f"{sign} {line.lstrip().lstrip('#').strip()}" if place in found else line for place, line in enumerate(lines)
    )


def as_plain(document: Document) -> str:
    """The document for a reader who sees every sign, as in a mail: its words without marks, an address after its words.
    """
    text, before = "\n".join(part for part in (document.title, document.about) if part), ""
    for block in as_blocks(document):
        near = block["kind"] == before and before in ("item", "pair")
        text, before = text + ("\n" if near else "\n\n") + _plain(block), block["kind"]
    return text + "\n"


def _plain(block: Block) -> str:
    match block["kind"]:
        case "pair":
            return f"{block['name']}: {block['value']}"
        case "code":
            return indent(block["text"], "    ")
        case "rule":
            return "* * *"
        case "table":
            return "\n".join(" | ".join(_words(cell) for cell in row) for row in block["rows"])
        case "quote":
            return indent(_words(block["runs"]), "> ")
        case "item":
            mark = f"{'  ' * (block['depth'] - 1)}{block['mark']} "
            return mark + _words(block["runs"]).replace("\n", "\n" + " " * len(mark))
        case "paragraph":
            return indent(_words(block["runs"]), "  " * block["depth"])
        case _:
            return _words(block["runs"])


def _words(runs: Sequence[Run]) -> str:
    said = ""
    for place, run in enumerate(runs):
        said += str(run["text"])
        ends = place + 1 == len(runs) or runs[place + 1]["url"] != run["url"]
        if ends and run["url"] and run["url"].removeprefix("mailto:") != run["text"]:
            said += f" ({run['url'].removeprefix('mailto:')})"
    return said


def as_blocks(document: Document) -> list[Block]:
    """The document's sections as blocks of plain strings."""
    found: list[Block] = []
    for section in document.sections:
        if section.heading:
            found.append(_heading(2, [_run(section.heading)]))
        found += [{"kind": "pair", "name": name, "value": value} for name, value in section.lines]
        found += blocks(section.text, below=2 if section.heading else 1)
    return found


def blocks(text: str, *, below: int = 1) -> list[Block]:
    """Markdown as blocks: heading, paragraph, item, quote, code, table, rule. Headings begin below level `below`."""
    found, lists, quoted = list[Block](), list[int | None](), 0
    tokens = _MARKDOWN.parse(text)
    place = 0
    while place < len(tokens):
        token = tokens[place]
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1) - 1)
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                found.append(_item(lists))
            case "blockquote_open" | "blockquote_close":
                quoted += 1 if token.type.endswith("open") else -1
            case "heading_open":
                found.append(_heading(min(max(int(token.tag[1]), below + 1), 4), _runs(tokens[place + 1])))
                place += 2
            case "inline":
                _put(found, _runs(token), depth=len(lists), quoted=quoted > 0)
            case "fence" | "code_block":
                found.append({"kind": "code", "text": token.content.rstrip("\n")})
            case "hr":
                found.append({"kind": "rule"})
            case "table_open":
                end = next(n for n in range(place, len(tokens)) if tokens[n].type == "table_close")
                found.append(_table(tokens[place:end]))
                place = end
        place += 1
    return found


def _item(lists: list[int | None]) -> Block:
    number = lists[-1]
    if number is not None:
        lists[-1] = number = number + 1
    return {"kind": "item", "depth": len(lists), "mark": "•" if number is None else f"{number}.", "runs": []}


def _put(found: list[Block], runs: list[Run], *, depth: int, quoted: bool) -> None:
    """A paragraph; the first one of an item is the item's own."""
    if depth and found and found[-1]["kind"] == "item" and not found[-1]["runs"]:
        found[-1]["runs"] = runs
    else:
        found.append({"kind": "quote" if quoted else "paragraph", "depth": depth, "runs": runs})


def _heading(level: int, runs: list[Run]) -> Block:
    return {"kind": "heading", "level": level, "runs": runs}


def _table(tokens: Sequence[Token]) -> Block:
    rows: list[list[list[Run]]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_runs(token))
    return {"kind": "table", "columns": max(len(row) for row in rows), "rows": rows}


def _runs(token: Token) -> list[Run]:
    """The words of a line with how they are set."""
    found, marks, links = list[Run](), set[str](), list[str]()
    for one in token.children or []:
        name = one.type.removesuffix("_open").removesuffix("_close")
        if one.type in {"text", "code_inline"}:
            found.append(_run(one.content, marks | ({"code"} if one.type == "code_inline" else set()),
                              links[-1] if links else ""))
        elif one.type in {"softbreak", "hardbreak"}:
            found.append(_run("\n"))
        elif name in _MARKS:
            (marks.add if one.nesting > 0 else marks.discard)(_MARKS[name])
        elif one.type == "link_open":
            links.append(_safe(str(one.attrGet("href") or "")))
        elif one.type == "link_close":
            links.pop()
    return [run for run in found if run["text"]]


def _run(text: str, marks: Iterable[str] = (), url: str = "") -> Run:
    chosen = set(marks)
    return {"text": text, "url": url, **{mark: mark in chosen for mark in ("bold", "italic", "struck", "code")}}


def _safe(url: str) -> str:
    return url if url.lower().startswith(_SAFE) else ""
