"""A post as Mattermost shows it: Markdown with line breaks, hashtags, no raw HTML."""

import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"breaks": True, "html": False}).enable(["strikethrough", "table"])
_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}
# Outside of tags; at least three characters and no digit first, as in Mattermost.
_HASHTAG = re.compile(r"(?<![\w&/#])#([A-Za-z][\w.-]{2,})(?![^<]*>)")


def shown(text: str) -> SafeString:
    """Safe HTML of a text that anybody may have written."""
    html = nh3.clean(_MARKDOWN.render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"},
                     link_rel="noreferrer")
    return mark_safe(_HASHTAG.sub(r'<span class="hashtag">#\1</span>', html))  # noqa: S308  (cleaned above)
