"""Words as people type them, kept clean."""

import re
import unicodedata
from datetime import timedelta

from set_rotation.rules import page_words

LONGEST_LINE, LONGEST_TEXT = 200, 16_000  # Mattermost takes 16,383 characters in one post
_NO_SIGN = re.compile("[\ufffe\uffff]")  # stand for no sign at all, and XML refuses them
_UNSEEN = {"Cc", "Cf", "Cs", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"}  # signs of which nobody sees anything by themselves


def clean_line(text: str, limit: int = LONGEST_LINE) -> str:
    """One line without control and direction characters, of `limit` characters at most; "" where nothing of it is to be
    seen."""
    return _seen(page_words.clean_line(_NO_SIGN.sub("", text), limit))


def clean_text(text: str, limit: int = LONGEST_TEXT) -> str:
    """Lines without control and direction characters, of `limit` characters at most; "" where nothing of them is to be
    seen."""
    return _seen(page_words.clean_text(_NO_SIGN.sub("", text), limit))


def _seen(text: str) -> str:
    return text if any(unicodedata.category(sign) not in _UNSEEN for sign in text) else ""


def length_words(length: timedelta) -> str:
    """How long something took, in hours and minutes: "9 h 4 min", "40 min", "3 d 2 h"."""
    minutes = max(int(length.total_seconds() // 60), 0)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{rest} min" if rest and not days else ""]
    return " ".join(filter(None, parts)) or "0 min"
