"""A mail that comes in, read whatever it is: odd charsets, no text, broken headers. Pure, but for the parser."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr
from html import unescape

from anymail.inbound import AnymailInboundMessage
from django.utils.html import strip_tags

LONGEST_TEXT = 20_000  # characters of a text part that are looked at
OWN_ID = re.compile(r"<set-[0-9a-f]{32}@[^>\s]*>")
IDS, ANSWERS = re.compile(r"<[^<>\s]{1,990}>"), ("in-reply-to", "references")
RE = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv|tr)\s*(?:\[\d+\])?:\s*)+", re.I)
BLOCKS = re.compile(r"<(?:script|style|head)\b.*?</(?:script|style|head)\s*>|<!--.*?-->", re.I | re.S)
BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^>]*>", re.I)
ADDRESSED = ("to", "cc", "delivered-to", "x-original-to", "x-forwarded-to", "envelope-to")


@dataclass(frozen=True)
class Incoming:
    """What a mail says. `key`: the same for the same mail, however often it comes; `answers`: the keys of those that it
    answers. `automatic`: why nobody wrote it, in words, or ""."""

    key: str
    answers: frozenset[str]
    subject: str
    text: str
    sender_name: str
    sender: str
    to: frozenset[str]
    automatic: str


def read_mail(raw: bytes, *, own: str = "", urgent: str = "") -> Incoming:
    """Read a raw MIME message. `own`: the portal's own sender address, which writes to nobody here; `urgent`: the
    address that pages, which may be a list itself. Never raises."""
    try:
        message: Message = AnymailInboundMessage.parse_raw_mime_bytes(raw)
        text = _text(message)
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError):
        # The headers alone still say who needs somebody, and that it is no loop.
        message, text = BytesHeaderParser().parsebytes(raw), ""
    name, sender = parseaddr(_header(message, "from"))
    identity = _header(message, "message-id").strip()
    return Incoming(
        key=_key(identity.encode() if identity else raw),
        answers=frozenset(_key(one.encode()) for name in ANSWERS for one in IDS.findall(_header(message, name))),
        subject=RE.sub("", _header(message, "subject")).strip(), text=text, sender_name=name.strip(),
        sender=sender.strip().lower(), to=frozenset(_addresses(message)),
        automatic=_automatic(message, identity, sender.strip().lower(), own.lower(), urgent.lower()),
    )


def _key(identity: bytes) -> str:
    return hashlib.sha256(identity).hexdigest()[:40]


def _automatic(message: Message, identity: str, sender: str, own: str, urgent: str) -> str:
    """Why it must page nobody: a mail that answers by itself, or goes round in a circle."""
    submitted = _header(message, "auto-submitted").strip().lower()
    if submitted and submitted.partition(";")[0].strip() != "no":
        return "It was sent by a program (Auto-Submitted)."
    if _header(message, "x-auto-response-suppress") or _header(message, "x-autoreply"):
        return "It was sent by a program (X-Auto-Response-Suppress)."
    listed, many = _is_list(message, urgent), _header(message, "precedence").strip().lower()
    if many in {"bulk", "junk", "auto_reply"} or (many == "list" and not listed):
        return "It was sent to many (Precedence)."
    if not listed and (_header(message, "list-id") or _header(message, "list-unsubscribe")):
        return "It was sent to a list."
    if OWN_ID.search(" ".join([identity, _header(message, "in-reply-to"), _header(message, "references")])):
        return "It answers a mail of the portal, or is one."
    if own and sender == own:
        return "The portal itself sent it."
    if _header(message, "return-path").strip() == "<>" or sender.partition("@")[0] in {"mailer-daemon", "postmaster"}:
        return "It says that a mail could not be delivered."
    return ""


def _is_list(message: Message, urgent: str) -> bool:
    """Whether the list that it came by is the urgent address itself: many such addresses are groups of Google's or
    Microsoft's, which mark whatever they pass on as a list's."""
    if not urgent:
        return False
    by_name = f"<{urgent.replace('@', '.')}>" in _header(message, "list-id").lower()
    return by_name or f"<mailto:{urgent}>" in _header(message, "list-post").lower()


def _header(message: Message, name: str) -> str:
    """A header's text, decoded; "" where it is absent. Broken ones are read as well as they can be."""
    found = [str(value) for key, value in _raw_items(message) if key.lower() == name]
    return _decoded(found[0]) if found else ""


def _raw_items(message: Message) -> Iterator[tuple[str, str]]:
    # `message["x"]` parses by the rules, and fails on what breaks them.
    return message.raw_items()


def _decoded(value: str) -> str:
    line = " ".join(value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())
    try:
        return str(make_header(decode_header(line)))
    except (LookupError, ValueError, HeaderParseError):
        return line


def _addresses(message: Message) -> Iterator[str]:
    values = [_decoded(str(value)) for key, value in _raw_items(message) if key.lower() in ADDRESSED]
    for _, address in getaddresses(values):
        if "@" in address:
            yield address.strip().lower()


def _text(message: Message) -> str:
    """The first plain part, or else the first HTML part without its tags; "" without either."""
    for kind in ("text/plain", "text/html"):
        for part in message.walk():
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                text = _content(part)
                if text.strip():
                    return text if kind == "text/plain" else _without_tags(text)
    return ""


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = payload.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is no charset of text
        text = payload.decode("utf-8", "replace")
    return text[:LONGEST_TEXT]


def _without_tags(html: str) -> str:
    text = unescape(strip_tags(BREAKS.sub("\n", BLOCKS.sub("", html))))
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


