"""Whether what stands where a secret would stand is one: a placeholder, a word or a time of day is none."""

import math
import re
from collections import Counter

# What people and programs write instead of a secret. Our own "[masked: …]" is one.
_PLACEHOLDER = re.compile(
    rb"""(?ix)
    [*x.\-_\#?=\xe2\x80\xa2]+ | .*\*\*\*.* | .*(?:\.\.\.|\xe2\x80\xa6) | \[.*\]? | <.* | \{.* | %.*
    | \$(?!\w{1,10}\$).* | &lt;.*
    | null | none | nil | true | false | undefined | empty | string | str | bool | boolean | int | hidden | redacted
    | masked | removed | unset | not[ _-]?set | n/a | yes | no | required | optional | invalid | incorrect | expired
    | (?:your|my|the|a|an|some|new|old|current|user)?[ _-]?(?:db|api|access|client|secret)?[ _-]?
      (?:pass(?:word)?|passwd|pwd|secret|token|key|salt|passphrase)(?:[ _-]?(?:here|field|value|hash))?
    | change[ _-]?me | replace[ _-]?me | example | sample | dummy
    """
)
_TIME_OR_NUMBER = re.compile(rb"[0-9][0-9.:,_TZ+-]*")
_PATH = re.compile(rb"(?:/|[A-Za-z]:\\|\./)[\w./\\ -]*")
_TOKEN = re.compile(rb"[A-Za-z0-9+/=_.~%:|-]{12,4096}")


def placeholder(value: bytes) -> bool:
    """Whether it stands for a secret that somebody took out, or that was never put in."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None or b"EXAMPLE" in value


def entropy(value: bytes) -> float:
    """Shannon's entropy in bits for each character: words have about 2.5 to 3, random letters and digits over 3.5."""
    counts, whole = Counter(value).values(), len(value)
    return -sum(count / whole * math.log2(count / whole) for count in counts) if whole else 0.0


def random_looking(value: bytes) -> bool:
    """Whether it looks drawn by lot: at least 12 signs of a token, letters and digits, hardly any of them often."""
    digits = sum(sign in b"0123456789" for sign in value)
    letters = sum(bytes([sign]).isalpha() for sign in value)
    plain = _TIME_OR_NUMBER.fullmatch(value) or _PATH.fullmatch(value)
    return bool(_TOKEN.fullmatch(value)) and not plain and digits >= 2 and letters >= 2 and entropy(value) >= 3.0


def password_like(value: bytes, *, quoted: bool, assigned: bool) -> bool:
    """Whether the value of a field called password is one. `assigned`: it stands behind "=", not ":".

    In quotes nearly everything is, but not a sentence. Behind ":" without quotes stands prose as often: "password:
    incorrect". So there it takes more than letters.
    """
    if len(value) < 3 or placeholder(value) or _PATH.fullmatch(value):
        return False
    if quoted:
        return b" " not in value or any(sign in b"0123456789" for sign in value)
    if assigned:
        return True
    mixed = any(sign in b"0123456789!@#$%^*?+~" for sign in value)
    return mixed and b"=" not in value.rstrip(b"=") and not _TIME_OR_NUMBER.fullmatch(value)
