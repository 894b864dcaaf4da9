"""How two versions of a text differ, for whoever reads it: a small edit word by word, what was written anew as what
stood there and what stands there now. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_SENTENCES = re.compile(r"[^\n]+?(?:[.!?…][\"'”’)\]*_]*[ \t]+|\n|\Z)|\n")
_WORDS = re.compile(r"\s+|\{\{[^{}\n]*\}\}|[^\s{]+|\{")
ALIKE = 0.5  # so much of their words two sentences share at least, to be one that was edited
MOST = 250_000  # pairs that are compared; of more, what lies between the same beginning and end is read as one
PAIRS = 2_500  # sentences in whose place others stand that are looked at, each beside each
FEW = 4  # signs: what stands between two changes and is shorter is read with them
LINE = 60  # signs: what is longer, and stands in the place of as much, stands by itself


@dataclass(frozen=True)
class Change:
    """A run of a text in a comparison: kept ("same"), only in the older ("gone"), or only in the newer ("new").
    `block`: it was written anew, and stands by itself."""

    kind: str
    text: str
    block: bool = False


def differences(old: str, new: str) -> tuple[Change, ...]:
    """What became of a text, in the order in which it is read; what went stands before what came. Without what came it
    is the older text, sign by sign, and without what went the newer."""
    told: list[Change] = []
    for gone, came in _runs(_SENTENCES.findall(old), _SENTENCES.findall(new)):
        told += [Change("same", "".join(gone))] if gone == came else _edited(gone, came)
    return tuple(_joined(told))


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Both, cut where they are the same and where they are not. What is blank holds nothing together."""
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    tail = next((n for n in range(shorter - head) if before[-1 - n] != after[-1 - n]), shorter - head)
    yield before[:head], after[:head]
    gone, came = before[head:len(before) - tail], after[head:len(after) - tail]
    if len(gone) * len(came) > MOST:
        yield gone, came
    else:
        for _, a, b, c, d in SequenceMatcher(str.isspace, gone, came, autojunk=False).get_opcodes():
            yield gone[a:b], came[c:d]
    yield before[len(before) - tail:], after[len(after) - tail:]


def _edited(gone: Sequence[str], came: Sequence[str]) -> list[Change]:
    """Sentences in whose place others stand: those that are alike were edited, the others were written anew."""
    told, one, two = list[Change](), 0, 0
    for here, there in [*_alike(gone, came), (len(gone), len(came))]:
        told += [Change("gone", "".join(gone[one:here])), Change("new", "".join(came[two:there]))]
        if here < len(gone):
            told += _word_by_word(gone[here], came[there])
        one, two = here + 1, there + 1
    return told


def _alike(gone: Sequence[str], came: Sequence[str]) -> list[tuple[int, int]]:
    """Which of the one are which of the other, in their order: so that together they share the most words."""
    if len(gone) * len(came) > PAIRS:
        return []
    bags = [[Counter(word for word in _WORDS.findall(one) if not word.isspace()) for one in all_of]
            for all_of in (gone, came)]
    shared = [[_share(one, two) for two in bags[1]] for one in bags[0]]
    best = [[0.0] * (len(came) + 1) for _ in range(len(gone) + 1)]
    for i in reversed(range(len(gone))):
        for j in reversed(range(len(came))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], shared[i][j] + best[i + 1][j + 1])
    found, i, j = list[tuple[int, int]](), 0, 0
    while i < len(gone) and j < len(came):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def _share(one: Counter[str], two: Counter[str]) -> float:
    """Of the words of both, how many stand in both, from 0 to 1; 0 where these are too few to speak of."""
    whole = one.total() + two.total()
    share = 2 * (one & two).total() / whole if whole else 0.0
    return share if share >= ALIKE else 0.0


def _word_by_word(old: str, new: str) -> list[Change]:
    """A sentence that was edited; one in which words were only moved about is written anew."""
    told = list[Change]()
    for gone, came in _runs(_WORDS.findall(old), _WORDS.findall(new)):
        told += [Change("same", "".join(gone))] if gone == came else [
            Change("gone", "".join(gone)), Change("new", "".join(came))]
    told = _joined(told)
    same = sum(len(one.text) for one in told if one.kind == "same")
    if 2 * same < ALIKE * (len(old) + len(new)):
        return [Change("gone", old), Change("new", new)]
    return told


def _joined(changes: Iterable[Change]) -> list[Change]:
    """Changes side by side are one: what went, then what came. What is kept between two of them, and is hardly a word,
    is read with them: else the eye jumps to and fro."""
    told, gone, came, kept = list[Change](), "", "", ""
    for one in changes:
        if one.kind == "same":
            kept += one.text
            continue
        if not one.text:
            continue
        if kept and ((gone or came) and len(kept.strip()) < FEW):
            gone, came = gone + kept, came + kept
        elif kept:
            told += [*_change(gone, came), Change("same", kept)]
            gone = came = ""
        kept = ""
        gone, came = (gone + one.text, came) if one.kind == "gone" else (gone, came + one.text)
    return [*told, *_change(gone, came), *([Change("same", kept)] if kept else [])]


def _change(gone: str, came: str) -> list[Change]:
    block = bool(gone and came) and ("\n" in gone.strip() + came.strip() or min(len(gone), len(came)) > LINE)
    return [Change(kind, text, block) for kind, text in (("gone", gone), ("new", came)) if text]
