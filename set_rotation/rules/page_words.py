"""What a page says to whom it reaches: in Mattermost, by mail, and in the few words of an SMS. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

REASON, DETAILS, IN_A_MESSAGE = 200, 5_000, 1_000
# What Mattermost would take for markup, a mention or a channel: a reason is somebody else's text.
_MARKUP = re.compile(r"([\\`*\[\]<>|~#!])")
_MENTION = re.compile(r"@(?=\w)")
# What an address keeps as it is: brackets, stars and spaces would end it, or begin markup.
_ADDRESS = ":/?#@!$&'+,;=%-._~"
# These turn round what stands behind them, also the portal's own words.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Said:
    """The same page three times: a line, a message, and what fits into an SMS."""

    subject: str
    chat: str
    mail: str
    short: str


@dataclass(frozen=True)
class Call:
    """What is said about a page to one person. `role`: why it is them; `turn`: how far the ladder has come; `link`: the
    signed page that answers; `portal`: the page in the portal; `source`: where it came from, an address or ""."""

    reason: str
    details: str
    urgent: bool
    test: bool
    role: str
    turn: str
    since: str
    who: str
    link: str
    portal: str
    source: str = ""


def clean_line(text: str, limit: int = REASON) -> str:
    """One line without control and direction characters, of `limit` characters at most."""
    told = _TURNING.sub("", text)
    kept = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} else sign for sign in told)
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_text(text: str, limit: int = DETAILS) -> str:
    """Some lines without control and direction characters, of `limit` characters at most."""
    joined = _TURNING.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in joined if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    short = re.sub(r"\n{3,}", "\n\n", kept).strip()
    return short if len(short) <= limit else short[: limit - 1].rstrip() + "…"


def clean_path(path: str) -> str:
    """A page of the portal, or an address of the web; anything else is nothing, for people will open it."""
    path = clean_line(path, 500)
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if own or path.startswith(("https://", "http://")) else ""


def plain(text: str) -> str:
    """Text as Mattermost shows it, without markup and without calling anybody."""
    return _MENTION.sub("@\u200b", _MARKUP.sub(r"\\\1", text))


def say(call: Call) -> Said:
    """The words of a page. Every link leads to a page that asks first: programs that fetch links answer nothing."""
    kind = "Test page" if call.test else "Urgent page" if call.urgent else "Page"
    head = f"{kind}: {call.reason}"
    about = ". ".join(part for part in (call.role, call.turn, f"Paged by {call.who}, {call.since}") if part)
    details = clean_text(call.details, IN_A_MESSAGE)
    told = "\n".join(f"> {plain(line)}" for line in details.split("\n")) if details else ""
    links = (f"**[Acknowledge]({call.link}?do=acknowledge)** · [Resolve]({call.link}?do=resolve) · "
             f"[Snooze or escalate]({call.link}) · [Open in the portal]({call.portal})")
    chat = [f"#### {plain(head)}", f"{plain(about)}.", told,
            f"About: {quote(call.source, safe=_ADDRESS)}" if call.source else "", links]
    mail = [f"{head}", f"{about}.", details, f"About: {call.source}" if call.source else "",
            f"Acknowledge, resolve, snooze or escalate:\n{call.link}", f"In the portal:\n{call.portal}"]
    return Said(
        subject=clean_line(head, 180), chat="\n\n".join(filter(None, chat)),
        mail="\n\n".join(filter(None, mail)) + "\n",
        short=f"{clean_line(head, 120)}. {call.role}. Answer: {call.link}",
    )
