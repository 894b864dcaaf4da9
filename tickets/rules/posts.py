"""Words from Jira as a post in Mattermost may hold them."""

import re

SUMMARY = 140
_SPECIAL = re.compile(r"([\\`*\[\]~|]|(?<!\w)_|_(?!\w))")
_MENTION = re.compile(r"@(?=\w)")


def plain(text: str) -> str:
    """A ticket's summary as a post may hold it: on one line, no mark of Markdown, and nobody is called by it.

    Mattermost knows no way to write @channel without calling everybody; a space without width after the @ helps.
    """
    line = " ".join(text.split())
    line = line if len(line) <= SUMMARY else line[: SUMMARY - 1].rstrip() + "…"
    return _MENTION.sub("@\u200b", _SPECIAL.sub(r"\\\1", line))
