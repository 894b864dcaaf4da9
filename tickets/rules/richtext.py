"""Jira's rich text: version 2 sends wiki markup as a string, version 3 a document of nodes (ADF)."""

from collections.abc import Mapping, Sequence

BLOCKS = {"paragraph", "heading", "codeBlock", "blockquote", "listItem", "panel", "rule", "tableRow", "mediaSingle"}
DEPTH = 60


def plain(raw: object) -> str:
    """A string as it is; a document as plain text, one line a block. Anything else is empty."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, Mapping):
        pieces: list[str] = []
        _gather(raw, pieces, 0)
        return "".join(pieces).strip()
    return ""


def _gather(node: object, pieces: list[str], depth: int) -> None:
    if depth > DEPTH or not isinstance(node, Mapping):
        return
    kind, attributes = node.get("type"), node.get("attrs")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    if isinstance(node.get("text"), str):
        pieces.append(node["text"])
    elif kind in {"mention", "emoji", "status"}:
        pieces.append(str(attributes.get("text") or attributes.get("shortName") or ""))
    elif kind == "inlineCard":
        pieces.append(str(attributes.get("url") or ""))
    elif kind == "hardBreak":
        pieces.append("\n")
    content = node.get("content")
    for child in content if isinstance(content, Sequence) and not isinstance(content, str) else ():
        _gather(child, pieces, depth + 1)
    if kind in BLOCKS and pieces and not pieces[-1].endswith("\n"):
        pieces.append("\n")
