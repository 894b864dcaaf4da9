"""What people type and paste, made fit to be stored; and what is wrong with a version or a time, in words."""

import re
import unicodedata
from datetime import date, datetime, timedelta

# Marks that turn the direction of what follows: with them a line reads as another one. The joiners stay.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_KEPT = frozenset("\n\t")
SKEW = timedelta(minutes=10)  # clocks go wrong a little
OLDEST = timedelta(days=365 * 20)

_WHOLE = re.compile(r"v?\d{1,4}\.\d{1,4}\.\d{1,6}(?:[-.+ ,(].*)?\Z", re.I | re.A)
_SHORT = re.compile(r"v?(\d{1,4})(?:\.(\d{1,4}))?(?:\.x)?\Z", re.I | re.A)


def text(typed: str) -> str:
    """Several lines as they are stored: composed, without NUL, other control marks and marks that turn the direction;
    no space at the ends, no more than two empty lines in a row."""
    composed = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(
        letter for letter in composed
        if letter in _KEPT or (letter not in _TURNING and unicodedata.category(letter) not in {"Cc", "Cs"})
    )
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip()


def line(typed: str) -> str:
    """One line as it is stored: as `text`, with one space between words."""
    return " ".join(text(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", typed)).split())


def version_fault(typed: str, example: str = "10.4.2") -> str:
    """What is wrong with a version, in words that say how it is written; "" for a good one and for none."""
    if not typed or _WHOLE.match(typed):
        return ""
    short = _SHORT.match(typed)
    if short:
        begun = f"{short[1]}.{short[2] or '4'}.2"
        return f"We need the patch version too, such as {begun}."
    return f"Write the version in numbers, such as {example}."


def began_fault(began: datetime | None, at: datetime) -> str:
    """What is wrong with when it began; "" for a good moment and for none."""
    if began is None:
        return ""
    if began > at + SKEW:
        return "This is still to come: give the time when it began."
    return "This is more than twenty years ago: check the year." if began < at - OLDEST else ""


def began_words(began: datetime | None, day: date | None) -> str:
    """When it began, in words: "17 November 2026, 06:00 UTC", by the zone of the moment; the `day` alone where no time
    of it was said. "" for neither."""
    if day is not None:
        return f"{day.day} {day:%B %Y}"
    return f"{began.day} {began:%B %Y, %H:%M %Z}" if began else ""
