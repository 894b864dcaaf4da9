"""What somebody writes in a thread: Markdown, as a page shows it and as Jira takes it. Pure."""

import re
from collections.abc import Sequence

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST = 20_000  # characters of a message
# A picture from elsewhere would tell its server who reads the thread, and when: it stays a link.
_MARKDOWN = MarkdownIt("commonmark", {"breaks": True, "html": False})
_MARKDOWN.enable(["strikethrough", "table"]).disable("image")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"},
    link_rel="noopener nofollow noreferrer",
)
_HEADING = re.compile(r"(</?)h([12])\b")
_SPECIAL = re.compile(r"([{}\[\]|\\])|(?<!\w)([*_+^~!-])(?=\S)|([*_+^~])(?!\w)")
_MARKS = {"strong": "*", "em": "_", "s": "-"}


def clean(text: str) -> str:
    """A text as it is kept: no null bytes, one kind of line end, nothing around it."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def html(text: str) -> SafeString:
    """Safe HTML of a text that anybody may have written: no pictures, no raw HTML, headings below a page's own."""
    drawn = _HEADING.sub(r"\1h3", _MARKDOWN.render(text[:LONGEST]))
    return mark_safe(_CLEANER.clean(drawn))  # noqa: S308  (cleaned just here)


def wiki(text: str) -> str:
    """Markdown in Jira's wiki markup; what is no markup stays as it was written."""
    drawn, lists = [], ""
    for token in _MARKDOWN.parse(text):
        match token.type:
            case "heading_open":
                drawn.append(f"h{min(int(token.tag[1]) + 2, 6)}. ")
            case "bullet_list_open" | "ordered_list_open":
                lists += "*" if token.type.startswith("bullet") else "#"
            case "bullet_list_close" | "ordered_list_close":
                lists = lists[:-1]
                drawn.append("" if lists else "\n")
            case "list_item_open":
                drawn.append(f"{lists} ")
            case "blockquote_open" | "blockquote_close":
                drawn.append("{quote}\n")
            case "fence" | "code_block":
                drawn.append(f"{{code}}\n{_unbroken(token.content)}{{code}}\n\n")
            case "hr":
                drawn.append("----\n\n")
            case "th_open" | "td_open":
                drawn.append("||" if token.tag == "th" else "|")
            case "tr_close":
                drawn.append("|\n")
            case "inline":
                drawn.append(_inline(token.children or []))
            case "heading_close" | "paragraph_close":
                drawn.append("\n" if token.hidden or lists else "\n\n")
    return re.sub(r"\n{3,}", "\n\n", "".join(drawn)).strip()


def _inline(tokens: Sequence[Token]) -> str:
    drawn, links = [], []
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "text":
            drawn.append(_SPECIAL.sub(lambda found: f"\\{found[0]}", token.content))
        elif token.type == "code_inline":
            drawn.append("{{" + token.content.replace("{", "\\{").replace("}", "\\}") + "}}")
        elif token.type in {"softbreak", "hardbreak"}:
            drawn.append("\n")
        elif name in _MARKS:
            drawn.append(_MARKS[name])
        elif token.type == "link_open":
            links.append(str(token.attrGet("href") or ""))
            drawn.append("[")
        elif token.type == "link_close":
            drawn.append(f"|{links.pop()}]")
    return "".join(drawn)


def _unbroken(code: str) -> str:
    """Code that would end Jira's block before its time: a space keeps it from that."""
    return code.replace("{code}", "{ code}")
