"""Secrets in text: tokens of known makers by their shape, passwords and keys by the name that stands before them.

A pattern is tried only where one of its needles stands: looking for a few bytes is a hundred times faster than a
regular expression over everything. What is found is a span: of its text nothing is kept.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from escalations.rules.likely import password_like, placeholder, random_looking

LONGEST = 32_768  # bytes from a needle to the end of what it finds, at most
AFTER = 64  # bytes that are searched behind a needle which stands within its secret or after it
BEFORE = 512  # bytes between the first of a match and its secret, at most
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, order=True)
class Span:
    """A secret in a block of bytes: from `start` to before `end`. `hint` shows nothing of it but its maker's prefix."""

    start: int
    end: int
    kind: str
    hint: str


@dataclass(frozen=True)
class Pattern:
    """`needles` in lower case. `shape` is tried where a needle begins; the first of `groups` that took part is the
    secret.

    `shown`: how much of the secret's beginning belongs to its maker, and may be shown. `edge`: a letter before it means
    that it is part of something else. `text`: tried in text alone. `back`: it begins up to so many bytes earlier.
    """

    kind: str
    needles: tuple[bytes, ...]
    shape: "re.Pattern[bytes]"
    shown: int = 0
    edge: bool = True
    text: bool = False
    back: int = 0
    groups: tuple[str, ...] = ("secret",)
    likely: "Callable[[re.Match[bytes]], bool]" = lambda found: not placeholder(found["secret"])

    def at(self, block: bytes, place: int) -> Span | None:
        """What it finds at a needle's place."""
        if self.edge and place and block[place - 1] in _WORD:
            return None
        found = (
            self.shape.search(block, max(place - self.back, 0), place + AFTER) if self.back
            else self.shape.match(block, place, place + LONGEST)
        )
        if not found or not self.likely(found):
            return None
        group = next(name for name in self.groups if found[name] is not None)
        start, end = found.span(group)
        prefix = f"{block[start:start + self.shown].decode('ascii', 'replace')}…, " if self.shown else ""
        return Span(start, end, self.kind, f"{prefix}{end - start} characters")


def _shape(text: bytes) -> "re.Pattern[bytes]":
    return re.compile(text if b"(?P<" in text else b"(?P<secret>" + text + b")")


def _known(kind: str, needles: str, shape: bytes, shown: int) -> Pattern:
    """A token that says by its beginning what it is."""
    return Pattern(kind, tuple(needle.lower().encode() for needle in needles.split()), _shape(shape), shown)


def _basic(found: "re.Match[bytes]") -> bool:
    try:
        return b":" in b64decode(found["secret"], validate=True)
    except (NotBase64, ValueError):
        return False


def _drawn(found: "re.Match[bytes]") -> bool:
    return not placeholder(found["secret"]) and random_looking(found["secret"])


def _named(found: "re.Match[bytes]") -> bool:
    """A field that is named for a password holds one nearly always, one named for a key or token if it looks drawn."""
    value = found["quoted"] or found["bare"] or found["xml"]
    word, quoted = found["word"].lower(), found["quoted"] is not None
    if word.startswith((b"pass", b"pwd")) or (word == b"secret" and quoted and len(value) >= 8):
        return password_like(value, quoted=quoted, assigned=found["sign"] != b":")
    return not placeholder(value) and random_looking(value)


_NAMES = (
    b"password passwd passphrase pwd secret token apikey api_key api-key access_key accesskey secret_key secretkey "
    b"private_key privatekey encryptkey encryption_key signing_key splitkey auth_key salt credential"
).split()
# name, quote, sign, quote, value: JSON (JSON in a string too), YAML, TOML, XML, connection strings, addresses
_FIELD = _shape(
    rb"(?i)(?P<word>" + b"|".join(re.escape(name) for name in sorted(_NAMES, key=len, reverse=True))
    + rb")(?:s|[_-]?(?:value|base64|hash|text|string|[0-9]{1,2}))?(?:\\{0,3}[\"'])?[ \t]{0,4}(?:(?P<sign>=>|:=|=|:)"
    rb"[ \t\r\n]{0,8}(?:(?P<quote>\\{0,3}[\"'`])(?P<quoted>(?:(?!(?P=quote))[^\r\n]){1,512})(?P=quote)"
    rb"|(?P<bare>[^\s\"'`\\,;&<>(){}\[\]|]{1,512}))|>(?P<xml>[^<>\r\n]{1,512})</)"
)
_PRIVATE = (
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?:[^-]|-(?!----)){16,16000})"
)

FIELD = "password or key"
PATTERNS: tuple[Pattern, ...] = (
    Pattern("private key", (b"-----begin ",), _shape(_PRIVATE), edge=False,
            likely=lambda found: len(re.sub(rb"[^A-Za-z0-9+/]", b"", found["secret"])) >= 32),
    _known("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", rb"gh[pousr]_[A-Za-z0-9]{36,251}", 4),
    _known("GitHub token", "github_pat_", rb"github_pat_[A-Za-z0-9_]{22,251}", 11),
    _known("GitLab token", "glpat- glptt- gldt- glrt- glsoat- glcbt-", rb"gl[a-z]{2,4}-[A-Za-z0-9_.-]{20,128}", 5),
    _known("Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xoxc- xoxd-",
           rb"xox[a-z]-[A-Za-z0-9%-]{10,512}", 5),
    _known("Slack token", "xapp-", rb"xapp-[0-9]-[A-Za-z0-9-]{20,256}", 5),
    Pattern("Slack webhook", (b"hooks.slack.com/services/",),
            _shape(rb"hooks\.slack\.com/services/(?P<secret>T[A-Za-z0-9_]{6,}/B[A-Za-z0-9_]{6,}/[A-Za-z0-9]{16,64})")),
    _known("AWS access key", "akia asia", rb"A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])", 4),
    _known("Google API key", "aiza", rb"AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])", 4),
    _known("Google secret", "gocspx-", rb"GOCSPX-[A-Za-z0-9_-]{24,40}", 7),
    _known("Google token", "ya29.", rb"ya29\.[A-Za-z0-9_-]{20,2048}", 5),
    Pattern("Azure storage key", (b"accountkey=",), _shape(rb"(?i)AccountKey=(?P<secret>[A-Za-z0-9+/]{40,100}={0,2})"),
            edge=False),
    Pattern("Azure signature", (b"sig=",), _shape(rb"sig=(?P<secret>[A-Za-z0-9%+/]{40,120}(?:%3D|=))")),
    Pattern("Azure secret", (b"q~",), edge=False, back=4,
            shape=_shape(rb"(?<![\w.~-])(?P<secret>[\w.~-]{3}[0-9]Q~[\w.~-]{31,34})(?![\w.~-])")),
    _known("Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_", rb"[sr]k_(?:live|test)_[A-Za-z0-9]{16,247}", 8),
    _known("Stripe secret", "whsec_", rb"whsec_[A-Za-z0-9+/=]{24,128}", 6),
    _known("npm token", "npm_", rb"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", 4),
    _known("SendGrid key", "sg.", rb"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}", 3),
    _known("PyPI token", "pypi-ageichlwas5vcmc", rb"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}", 5),
    _known("portal token", "setp_", rb"setp_[A-Za-z0-9_-]{16,128}", 5),
    _known("JSON web token", "eyj",
           rb"eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,12000}\.[A-Za-z0-9_-]{16,4000}", 3),
    Pattern("Mattermost webhook", (b"/hooks/",), edge=False,
            shape=_shape(rb"/hooks/(?P<secret>[a-z0-9]{26})(?![A-Za-z0-9])")),
    Pattern("bearer token", (b"bearer ", b"token "), text=True, likely=_drawn,
            shape=_shape(rb"(?i)(?:bearer|(?<=authorization: )token)[ \t]{1,4}"
                         rb"(?P<secret>[A-Za-z0-9._~+/=-]{16,4096})")),
    Pattern("password in a header", (b"basic ",), text=True, likely=_basic,
            shape=_shape(rb"(?i)basic[ \t]{1,4}(?P<secret>[A-Za-z0-9+/]{8,512}={0,2})")),
    Pattern("password in an address", (b"://",), edge=False,
            shape=_shape(rb"://[^\s/:@\"'<>`]{0,128}:(?P<secret>[^\s/@\"'<>`]{1,256})@(?=[A-Za-z0-9\[%$])")),
    Pattern("password in an address", (b"@tcp(", b"@unix("), edge=False, back=320,
            shape=re.compile(rb"(?<![^\s\"'=/,;])[^\s:@\"'/=]{1,64}:(?P<secret>[^\s@\"']{1,256})@(?:tcp|unix)\(")),
    Pattern(FIELD, tuple(name for name in _NAMES), _FIELD, edge=False, text=True, likely=_named,
            groups=("quoted", "bare", "xml")),
)


def find(block: bytes, *, text: bool, begin: int = 0) -> list[Span]:
    """The secrets that begin at `begin` or behind it, in order; those that overlap are one. `text`: fields are looked
    at too, which in binary data would be chance."""
    low, found = block.lower(), list[Span]()
    for pattern in PATTERNS:
        if text or not pattern.text:
            found += [span for needle in pattern.needles for place in _places(low, needle, max(begin - BEFORE, 0))
                      if (span := pattern.at(block, place)) and span.start >= begin]
    return _joined(sorted(found))


def _places(low: bytes, needle: bytes, start: int) -> Iterator[int]:
    place = low.find(needle, start)
    while place >= 0:
        yield place
        place = low.find(needle, place + 1)


def _joined(found: list[Span]) -> list[Span]:
    joined = list[Span]()
    for span in found:
        last = joined[-1] if joined else None
        if last and span.start < last.end:
            # The maker's name says more than that of the field it stands in.
            best = min(last, span, key=lambda each: each.kind == FIELD)
            joined[-1] = Span(last.start, max(last.end, span.end), best.kind, best.hint)
        else:
            joined.append(span)
    return joined


def mask_for(kind: str) -> str:
    """What stands in the place of a secret that was masked."""
    return f"[masked: {kind}]"


def without_secrets(text: str) -> str:
    """A short text, such as a file's name, with its secrets masked."""
    block = text.encode(errors="replace")
    for span in reversed(find(block, text=True)):
        block = block[:span.start] + mask_for(span.kind).encode() + block[span.end:]
    return block.decode(errors="replace")
