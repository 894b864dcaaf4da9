"""Our people's names, taken out of what a customer reads."""

import re
from collections.abc import Iterable

from incidents.rules.updates.spelling import without

SOMEBODY = "another customer"
_OURS = "\ue000"  # stands for a name of ours until it is known what to say instead
_UNREAD = "[*_~`\\\\\\[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*"
_AT = r"(?:[@＠﹫]|&#0{0,5}64;|&#[xX]0{0,4}40;|&commat;)"
_MENTION = rf"(?<![\w./@-])\\?{_AT}{_UNREAD}[^\W_](?:[\w.-]*\w)?"
_ONE_OF_US = rf"(?:@?{_OURS}|{_MENTION})"
_AND = r"(?:\s*,\s*(?:(?:and|plus|or)\s+)?|\s+(?:and|plus|or|&|\+)\s+)"
_NAMED = re.compile(rf"(?P<first>{_ONE_OF_US})(?P<more>(?:{_AND}{_ONE_OF_US})*)(?P<of>['’]s(?!\w))?", re.IGNORECASE)
_WHOLE_TEAM = ("all", "channel", "here")
_ONE, _MANY = "one of our engineers", "our engineers"
_STARTS = re.compile(r"(?:\A|[\n.!?:]\s*|[-*+>]\s+)\Z")


def without_names(
    text: str, people: Iterable[str], customers: Iterable[str] = (), *, mentions: bool = True
) -> str:
    """A text without the names of `people` (full names) and, with `mentions`, without @names. `customers`: others whose
    production is down too, which is nobody's business."""
    if mentions:
        # A name of one word may be any word: only whole names are taken out.
        whole = sorted({name for name in people if len(name.split()) > 1})
        ours = without(text.replace(_OURS, ""), whole, _OURS)
        text = _NAMED.sub(lambda found: _said(found, ours), ours)
    return without(text, customers, SOMEBODY)


def names_in(text: str, people: Iterable[str]) -> tuple[str, ...]:
    """First names of `people`, and names of one word, that still stand in a text, in their order: somebody should look
    at them, for they may be a customer's, or a word."""
    firsts = {name.split()[0] for name in people if name.strip()}
    found = [word for word in re.findall(r"(?<![^\W_])[^\W\d_]{3,}(?![^\W_])", text)
             if word[0].isupper() and word in firsts]
    return tuple(dict.fromkeys(found))


def _said(found: re.Match[str], text: str) -> str:
    name = re.sub(r"[^a-z]", "", found["first"].casefold())
    if name in _WHOLE_TEAM and not found["more"]:
        return ""
    of = found["of"]
    said = ("our engineers’" if of else _MANY) if found["more"] else ("our engineer’s" if of else _ONE)
    return said.capitalize() if _STARTS.search(text[: found.start()]) else said
