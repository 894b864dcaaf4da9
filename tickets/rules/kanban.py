"""Limits of work in progress, and what a meeting looks at. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

LIMITED = ("todo", "in_progress", "submitted")  # columns that a limit makes sense for


@dataclass(frozen=True)
class Limit:
    """At most `most` tickets in a column, all in all or for each person."""

    column: str
    of: str
    most: int
    forbids: bool


@dataclass(frozen=True)
class Over:
    """A limit that one more ticket passes; `words` say so."""

    words: str
    forbids: bool


def passed(limits: Iterable[Limit], *, column: str, name: str, here: int, theirs: int, owner: str) -> list[Over]:
    """The limits of a column that hold no longer with one more ticket there.

    `here`: how many stand there without it; `theirs`: how many of them its owner has ("" has none).
    """
    found = []
    for limit in limits:
        if limit.column != column:
            continue
        if limit.of == "column" and here + 1 > limit.most:
            found.append(Over(f"That makes {here + 1} tickets in {name}; the limit is {limit.most}.", limit.forbids))
        elif limit.of == "person" and owner and theirs + 1 > limit.most:
            words = f"That makes {theirs + 1} tickets of {owner} in {name}; the limit for each is {limit.most}."
            found.append(Over(words, limit.forbids))
    return found
