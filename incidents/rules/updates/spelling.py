"""Names as a reader sees them, whatever they are written with: marks of Markdown, signs that take no place, other
spaces, entities, other letters. It is read generously: what may be drawn as a name is taken for one."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

UNSEEN = "\u200b"  # stands for every sign that takes no place
FAR = 2_000  # signs: so much may stand within a name unread, and so far back a mark may open
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ALIKE = str.maketrans(dict.fromkeys("‘’ʼʻ′", "'") | dict.fromkeys("‐‑‒–—―−", "-") | {"ı": "i", "\u2800": " "})
_FILLERS = "\u115f\u1160\u3164"
_MARKS = frozenset("*_~`\\[]<>|" + UNSEEN)  # may stand within a name and not be read
_BETWEEN = frozenset(" -+")  # between its words
_INNER = r"(?:[^()\\]|\\.){0,2000}"
_NESTED = rf"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\({_INNER}\)){{0,2000}}\)){{0,2000}}\)"
# What is drawn as nothing, by the sign that it begins with: where a link leads, a tag, the sign before a picture.
_NOTHING = {
    sign: tuple(map(re.compile, patterns)) for sign, patterns in {
        "]": (rf"\]{_NESTED}", r"\]\(\s*<[^<>\n]{0,2000}>[^()\n]{0,300}\)",
              r"\]\([^\"\n]{0,2000}\"[^\"]{0,300}\"\s*\)", r"\]\([^'\n]{0,2000}'[^']{0,300}'\s*\)",
              r"\]\[(?:[^\[\]\\]|\\.){0,300}\]"),
        "<": (r"<[^<>]{1,500}>", r"<(?:[^<>\"']|\"[^\"]{0,300}\"|'[^']{0,300}'){1,500}>"),
        "!": (r"!(?=\[)",), "%": (r"%20",),
    }.items()
}
_PLAIN = {place: " " if chr(place).isspace() else UNSEEN for place in (*range(0x20), 0x7F)}
_KEPT = re.compile(rf"(?P<tail>\]{_NESTED}|\]\[[^\[\]]*\]|\])|(?P<head>!?\[)|(?P<run>\*+|_+|~+|`+)|"
                   r"(?P<tag></?[A-Za-z][^<>]*>)")


@dataclass(frozen=True)
class Found:
    """A name that a reader sees in a text, from here to there. `name`: as it was asked for."""

    start: int
    end: int
    name: str


def names_seen(text: str, names: Iterable[str], *, cased: bool = False) -> list[Found]:
    """Where these names stand, in their order, the longest at each place and none within another. Of two that read
    alike the first is meant. `cased`: only in the letters in which they are asked for."""
    trie = _trie(tuple(names), cased=cased)
    if not trie.after:
        return []
    seen, found, free = _Seen(text, cased=cased), list[Found](), 0
    for place in seen.begins(trie):
        hit = seen.longest(trie, place) if place >= free else None
        if hit is not None:
            free, name = hit
            found.append(Found(seen.starts[place], seen.ends[free - 1], name))
    return found


def without(
    text: str, names: Iterable[str], said: str, *, spare: Collection[str] = (), exact: int = 0
) -> str:
    """The text with `said` in the place of each of these names. A longer name among `spare` stays whole, and so does
    one of both. `exact`: names of so many letters at most are known only as they are written."""
    asked = [*sorted(spare), *sorted(set(names) - set(spare))]
    found = names_seen(text, [name for name in asked if len(name) > exact])
    found += names_seen(text, [name for name in asked if len(name) <= exact], cased=True)
    parts, free = list[str](), 0
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if one.start < free:
            continue
        if one.name in spare:
            parts.append(text[free:one.end])
        else:
            head, tail = _kept(text[one.start:one.end], text[max(0, one.start - FAR):one.start])
            # Where a link leads may name it again.
            parts += [text[free:one.start], head, said, without(tail, names, said, spare=spare, exact=exact)]
        free = one.end
    return "".join([*parts, text[free:]])


# ---- The text as it is read -----------------------------------------------------------


class _Node:
    """A place in the tree of names: what may follow, and the name that ends here."""

    __slots__ = ("after", "name")

    def __init__(self) -> None:
        self.after: dict[str, _Node] = {}
        self.name = ""


@lru_cache(maxsize=32)
def _trie(names: tuple[str, ...], *, cased: bool) -> _Node:
    root = _Node()
    for name in names:
        signs = "".join(_folded(sign, cased=cased) for sign in name).replace(UNSEEN, "")
        spelt = " ".join(re.split(r"[ +-]+", signs.strip(" +-")))
        if not any(sign.isalnum() for sign in spelt):
            continue
        node = root
        for sign in spelt:
            node = node.after.setdefault(sign, _Node())
        node.name = node.name or name
    return root


class _Seen:
    """A text sign by sign, as it reads, and where each stands. A sign of the text may be none here, or several."""

    starts: Sequence[int]
    ends: Sequence[int]

    def __init__(self, text: str, *, cased: bool) -> None:
        self._known: dict[tuple[int, bool], tuple[int, ...]] = {}
        if text.isascii() and "&" not in text:  # most are: each sign stands for itself
            self.signs = (text if cased else text.lower()).translate(_PLAIN)
            self.starts, self.ends = range(len(text)), range(1, len(text) + 1)
            return
        signs, starts, ends = list[str](), list[int](), list[int]()
        for start, end in _units(text):
            for sign in _folded(text[start:end], cased=cased):
                signs.append(sign)
                starts.append(start)
                ends.append(end)
        self.signs, self.starts, self.ends = "".join(signs), starts, ends

    def begins(self, trie: _Node) -> Iterator[int]:
        """Where a name may begin."""
        for place, sign in enumerate(self.signs):
            if sign in trie.after and not self._joined(place):
                yield place

    def longest(self, trie: _Node, place: int) -> tuple[int, str] | None:
        """Where the longest name that begins here ends, and which it is."""
        best: tuple[int, str] | None = None
        heads = [(trie.after[self.signs[place]], place + 1)]
        known = set[tuple[int, int]]()
        while heads:
            node, here = heads.pop()
            if (id(node), here) in known:
                continue
            known.add((id(node), here))
            if node.name and not self._joined(here) and (best is None or here > best[0]):
                best = here, node.name
            heads += self._steps(node, here)
        return best

    def _steps(self, node: _Node, here: int) -> Iterator[tuple[_Node, int]]:
        ways = [(node, self._past(here, between=False))]
        if " " in node.after:  # two words, with something between them
            ways.append((node.after[" "], tuple(place for place in self._past(here, between=True) if place != here)))
        for last, places in ways:
            for place in places:
                sign = self.signs[place] if place < len(self.signs) else " "
                if sign != " " and sign in last.after:
                    yield last.after[sign], place + 1

    def _joined(self, place: int) -> bool:
        """Whether the sign before this place and the one at it are of one word. Some scripts keep none apart."""
        if not 0 < place < len(self.signs):
            return False
        both = self.signs[place - 1], self.signs[place]
        return all(sign.isalnum() and unicodedata.category(sign) != "Lo" for sign in both)

    def _past(self, place: int, *, between: bool) -> tuple[int, ...]:
        """This place, and all that come after what is not read here; `between` two words spaces are passed, too."""
        if (place, between) not in self._known:
            found, new = {place}, [place]
            while new:
                ends = [end for end in self._skips(new.pop(), between=between)
                        if end not in found and end - place <= FAR]
                found.update(ends)
                new += ends
            self._known[place, between] = tuple(found)
        return self._known[place, between]

    def _skips(self, place: int, *, between: bool) -> Iterator[int]:
        sign = self.signs[place] if place < len(self.signs) else ""
        if sign in _MARKS or (between and sign in _BETWEEN):
            yield place + 1
        for pattern in _NOTHING.get(sign, ()):
            match = pattern.match(self.signs, place)
            if match:
                yield match.end()


def _units(text: str) -> Iterator[tuple[int, int]]:
    """From where to where each sign stands: an entity is one."""
    free = 0
    for match in _ENTITY.finditer(text):
        yield from ((place, place + 1) for place in range(free, match.start()))
        yield match.span()
        free = match.end()
    yield from ((place, place + 1) for place in range(free, len(text)))


@lru_cache(maxsize=8192)
def _folded(raw: str, *, cased: bool) -> str:
    """How a sign reads: without accents and width, and unless `cased` without capitals."""
    text = unicodedata.normalize("NFKD", unescape(raw) if len(raw) > 1 else raw)
    text = text if cased else unicodedata.normalize("NFKD", text.casefold())
    return "".join(map(_sign, text.translate(_ALIKE)))


def _sign(one: str) -> str:
    kind = unicodedata.category(one)
    if one.isspace() or kind.startswith("Z"):
        return " "
    if kind in {"Mn", "Me"}:
        return ""
    return UNSEEN if one in _FILLERS or kind in {"Cc", "Cf", "Cs", "Cn"} else one


# ---- What stays of its marks ----------------------------------------------------------


def _kept(inside: str, before: str) -> tuple[str, str]:
    """The marks within a name that something outside it belongs to: what opens there, and what closes there."""
    open_, close = list[str](), list[str]()
    for match in _KEPT.finditer(inside):
        mark = match[0]
        if match["head"] or (match["tag"] and not mark.startswith("</")):
            open_.append(mark)
        elif match["run"] and not (mark[0] == "_" and re.match(r"[^\W_]_+[^\W_]", inside[match.start() - 1:])):
            _toggle(open_, mark)
        elif match["run"]:  # within a word it is no mark
            continue
        elif open_ and _ends(open_[-1], match):
            open_.pop()
        else:
            close.append(mark)
    paragraph = before.rpartition("\n\n")[2] if open_ else ""
    runs = [mark for mark in open_ if mark[0] in "*_~`" and _runs(paragraph, mark) % 2]
    return "".join(mark for mark in open_ if mark not in runs), "".join([*close, *runs])


def _toggle(there: list[str], mark: str) -> None:
    if mark in there:
        there.remove(mark)
    else:
        there.append(mark)


def _ends(opened: str, match: re.Match[str]) -> bool:
    return opened.endswith("[") if match["tail"] else opened.startswith("<")


def _runs(text: str, mark: str) -> int:
    return sum(match["run"] == mark for match in _KEPT.finditer(text))
