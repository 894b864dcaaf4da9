"""Wiki markup (v2) and Atlassian document format (v3), converted both ways as far as the demo needs it."""

import re
from functools import lru_cache

from integrations.sandbox.jira.model import Json

INLINE = re.compile(
    r"\{\{(?P<code>.+?)\}\}|\[~accountid:(?P<mention>[^\]]+)\]|\[(?P<label>[^\]|]+)\|(?P<href>[^\]\s]+)\]"
    r"|\[(?P<bare>https?://[^\]\s]+)\]|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])|(?<![\w_])_(?P<em>[^_\n]+)_(?![\w_])"
)
HEADING = re.compile(r"h([1-6])\.\s*(.*)")
ITEM = re.compile(r"\s*([*#-])\s+(.*)")
FENCE = re.compile(r"\s*\{(code|noformat)(?::([^}]*))?\}\s*$")


def _text(text: str, *marks: Json) -> Json:
    node: dict[str, Json] = {"type": "text", "text": text}
    if marks:
        node["marks"] = list(marks)
    return node


def _inline(text: str) -> list[Json]:
    nodes: list[Json] = []
    at = 0
    for match in INLINE.finditer(text):
        if match.start() > at:
            nodes.append(_text(text[at : match.start()]))
        at = match.end()
        if match["code"]:
            nodes.append(_text(match["code"], {"type": "code"}))
        elif match["mention"]:
            nodes.append({"type": "mention", "attrs": {"id": match["mention"]}})
        elif match["label"]:
            nodes.append(_text(match["label"], {"type": "link", "attrs": {"href": match["href"]}}))
        elif match["bare"]:
            nodes.append(_text(match["bare"], {"type": "link", "attrs": {"href": match["bare"]}}))
        elif match["bold"]:
            nodes.append(_text(match["bold"], {"type": "strong"}))
        else:
            nodes.append(_text(match["em"], {"type": "em"}))
    if at < len(text):
        nodes.append(_text(text[at:]))
    return nodes


def _paragraph(lines: list[str]) -> Json:
    content: list[Json] = []
    for number, line in enumerate(lines):
        content += [{"type": "hardBreak"}] if number else []
        content += _inline(line)
    return {"type": "paragraph", "content": content}


@lru_cache(maxsize=20_000)
def wiki_to_adf(wiki: str) -> Json:
    """Turn wiki markup into a document: headings, lists, code, bold, italics, links, mentions."""
    blocks: list[Json] = []
    lines = wiki.replace("\r\n", "\n").split("\n")
    pending: list[str] = []

    def flush() -> None:
        if pending:
            blocks.append(_paragraph(pending.copy()))
            pending.clear()

    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        heading, item, fence = HEADING.match(line), ITEM.match(line), FENCE.match(line)
        if fence:
            flush()
            end = next((n for n in range(at, len(lines)) if FENCE.match(lines[n])), len(lines))
            code = "\n".join(lines[at:end])
            blocks.append({"type": "codeBlock", "attrs": {}, "content": [_text(code)] if code else []})
            at = end + 1
        elif heading:
            flush()
            blocks.append({"type": "heading", "attrs": {"level": int(heading[1])}, "content": _inline(heading[2])})
        elif item:
            flush()
            kind = "orderedList" if item[1] == "#" else "bulletList"
            entry = {"type": "listItem", "content": [_paragraph([item[2]])]}
            if blocks and blocks[-1]["type"] == kind and at > 1 and ITEM.match(lines[at - 2]):
                blocks[-1]["content"].append(entry)
            else:
                blocks.append({"type": kind, "content": [entry]})
        elif not line.strip():
            flush()
        else:
            pending.append(line)
    flush()
    return {"version": 1, "type": "doc", "content": blocks}


def _marked(node: Json) -> str:
    text = str(node.get("text", ""))
    for mark in node.get("marks", []):
        kind = mark.get("type")
        if kind == "code":
            text = "{{" + text + "}}"
        elif kind == "strong":
            text = f"*{text}*"
        elif kind == "em":
            text = f"_{text}_"
        elif kind == "link":
            text = f"[{text}|{mark.get('attrs', {}).get('href', '')}]"
    return text


def _flat(nodes: Json) -> str:
    out = ""
    for node in nodes or []:
        kind = node.get("type")
        if kind == "text":
            out += _marked(node)
        elif kind == "hardBreak":
            out += "\n"
        elif kind == "mention":
            out += f"[~accountid:{node.get('attrs', {}).get('id', '')}]"
        else:
            out += _flat(node.get("content"))
    return out


def adf_to_wiki(document: Json) -> str:
    """Turn a document into wiki markup; what has no wiki form (panels, media) is lost, as in Jira."""
    blocks: list[str] = []
    for node in document.get("content", []) if isinstance(document, dict) else []:
        kind, content = node.get("type"), node.get("content")
        if kind == "heading":
            blocks.append(f"h{node.get('attrs', {}).get('level', 1)}. {_flat(content)}")
        elif kind == "codeBlock":
            blocks.append("{code}\n" + _flat(content) + "\n{code}")
        elif kind in ("bulletList", "orderedList"):
            sign = "*" if kind == "bulletList" else "#"
            blocks.append("\n".join(f"{sign} {_flat(item.get('content'))}" for item in content or []))
        else:
            blocks.append(_flat(content))
    return "\n\n".join(blocks)


def as_wiki(value: Json) -> Json:
    """Return stored rich text as v2 shows it."""
    return adf_to_wiki(value) if isinstance(value, dict) else value


def as_adf(value: Json) -> Json:
    """Return stored rich text as v3 shows it."""
    return wiki_to_adf(value) if isinstance(value, str) else value


def is_document(value: Json) -> bool:
    """Tell whether v3 would accept this as a document."""
    return isinstance(value, dict) and value.get("type") == "doc" and isinstance(value.get("content"), list)
