"""Our people's names, taken out of what a customer reads."""

import re
from collections.abc import Iterable
from functools import lru_cache

_MENTION = r"(?<![\w./@-])@[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?"
_AND = r"(?:\s*,\s*(?:(?:and|plus|or)\s+)?|\s+(?:and|plus|or|&|\+)\s+)"
GAP = r"(?:\s|&nbsp;)+"  # between the words of a name: lines are broken there, too
_WHOLE_TEAM = ("all", "channel", "here")
_ONE, _MANY = "one of our engineers", "our engineers"
_STARTS = re.compile(r"(?:\A|[\n.!?:]\s*|[-*+>]\s+)\Z")


def without_names(
    text: str, people: Iterable[str], customers: Iterable[str] = (), *, mentions: bool = True
) -> str:
    """A text without the names of `people` (full names) and, with `mentions`, without @names. `customers`: others whose
    production is down too, which is nobody's business."""
    if mentions:
        ours = _ours(tuple(sorted(set(people), key=lambda name: (-len(name), name))))
        text = ours.sub(lambda found: _said(found, text), text)
    others = sorted({name for name in customers if name.strip()}, key=len, reverse=True)
    if others:
        text = re.sub(rf"(?<!\w)(?:{'|'.join(map(spelt, others))})(?!\w)", "another customer", text,
                      flags=re.IGNORECASE)
    return text


def spelt(name: str) -> str:
    """A pattern for a name, however its words are kept apart."""
    return GAP.join(re.escape(word) for word in name.split())


def names_in(text: str, people: Iterable[str]) -> tuple[str, ...]:
    """First names of `people` that still stand in a text, in their order: somebody should look at them, for they may
    be a customer's, or a word."""
    firsts = {name.split()[0] for name in people if len(name.split()) > 1 and len(name.split()[0]) > 2}
    found = [word for word in re.findall(r"(?<!\w)[^\W\d_]{3,}(?!\w)", text) if word[0].isupper() and word in firsts]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8)
def _ours(people: tuple[str, ...]) -> re.Pattern[str]:
    # A name of one word may be any word: only whole names are taken out.
    whole = [spelt(name) for name in people if len(name.split()) > 1]
    one = "|".join([*(rf"(?<!\w)@?{name}(?!\w)" for name in whole), _MENTION])
    return re.compile(rf"(?P<first>{one})(?P<more>(?:{_AND}(?:{one}))*)(?P<of>['’]s(?!\w))?", re.IGNORECASE)


def _said(found: re.Match[str], text: str) -> str:
    name = found["first"].removeprefix("@").casefold()
    if name in _WHOLE_TEAM and not found["more"]:
        return ""
    of = found["of"]
    said = ("our engineers’" if of else _MANY) if found["more"] else ("our engineer’s" if of else _ONE)
    return said.capitalize() if _STARTS.search(text[: found.start()]) else said
