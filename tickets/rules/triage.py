"""Triage, thought through: what a verb needs, the order, the texts, similar words, medians. Pure; times in UTC.

Page: sustained-engineering-team, "Triage" and "Support Response Templates".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import TypeVar

from tickets.choices import TriageVerb

T = TypeVar("T")

GRACE = timedelta(seconds=8)  # until then nothing leaves for Jira, and a verb can be taken back
MADE_BEFORE = timedelta(hours=4)  # a meeting's list is made so long before it begins
LASTS = timedelta(hours=1)  # what a meeting has not decided an hour after its begin, it has left
REACH = timedelta(days=7)  # how far before the last list a bug may have been created that the mirror saw only later
INFO_LABEL = "needs-info"
KINDS = {"feature-request": "Feature request", "story": "Story"}  # Jira's label -> in words
DUPLICATE = "Duplicate"  # Jira's name of the resolution, and of the link
CLOSING = ("Won't Do", "Cannot Reproduce", "Done")  # offered where Jira's own list is not known yet
REPORTER, MANAGER = "[reporter name]", "[PM name]"
LONGEST_TEXT = 30_000

INFO_TEXT = f"""Hi {REPORTER}, to help best could we get some more information? Particularly looking for the following:

# Information about the customer's environment (MM version, DB type/version, cloud provider, etc.)
# Logs around the time of the issue
# Reproduction steps
# What you have tried to resolve the issue"""
FEATURE_TEXT = (
    f"Hi {REPORTER}, thanks for the report. After looking into it a bit this is working as designed and any changes in "
    "behavior would be a new feature. Is this something we get a lot of requests from different customers for? If so, "
    f"I'd suggest talking to {MANAGER} to see if it makes sense to put on the product roadmap."
)


class Unfit(ValueError):
    """A decision that cannot be made so; the words say what is missing."""


@dataclass(frozen=True)
class Choice:
    """What somebody chose. Empty fields are those that the verb does not need."""

    verb: TriageVerb
    team: int | None = None
    other: str = ""  # the key of the ticket that it duplicates
    resolution: str = ""
    kind: str = ""  # one of KINDS
    manager: str = ""  # how the comment names the product manager
    text: str = ""


def read_choice(given: Mapping[str, str]) -> Choice:
    """The choice that a form sent. Raises `Unfit` with a sentence for the person."""

    def text(name: str) -> str:
        return given.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()

    if text("verb") not in TriageVerb.values:
        raise Unfit("Triage knows no such verb.")
    verb, team = TriageVerb(text("verb")), text("team")
    choice = Choice(
        verb=verb, team=int(team) if team.isascii() and team.isdecimal() and len(team) < 19 else None,
        other=(text("other") or text("q")).upper()[:80], resolution=text("resolution")[:255], kind=text("kind"),
        text=text("text"),
    )
    lacking = _lacking(choice)
    if lacking:
        raise Unfit(lacking)
    return choice


def _lacking(choice: Choice) -> str:
    if len(choice.text) > LONGEST_TEXT:
        return f"A comment has at most {LONGEST_TEXT:,} characters."
    match choice.verb:
        case TriageVerb.ROUTE if choice.team is None:
            return "Choose a feature team."
        case TriageVerb.FEATURE if choice.kind not in KINDS:
            return "Choose whether it is a feature request or a story."
        case TriageVerb.FEATURE | TriageVerb.INFO if not choice.text:
            return "Write what the reporter is told."
        case TriageVerb.DUPLICATE if not choice.other:
            return "Choose the ticket that it duplicates, or type its key."
        case TriageVerb.CLOSE if not choice.resolution:
            return "Choose a resolution."
    return ""


def filled(text: str, *, reporter: str, manager: str = "") -> str:
    """A template with its names put in; where nobody is known, words stand for them."""
    return text.replace(REPORTER, reporter or "there").replace(MANAGER, manager or "the product manager")


def since_of(*, last_made: datetime | None, at: datetime) -> datetime:
    """From when on a bug counts as new: a week before the last list was made, or a week ago where there is none.

    What was created before a list was made is on it, or dealt with; or the mirror learnt of it only afterwards.
    """
    return (last_made if last_made is not None else at) - REACH


def following(order: Sequence[str], key: str) -> str:
    """The key after this one, before it if it is the last, or "" where nothing else is left."""
    if key not in order:
        return order[0] if order else ""
    place = order.index(key)
    rest = [*order[place + 1 : place + 2], *order[max(place - 1, 0) : place]]
    return rest[0] if rest else ""


def neighbours(order: Sequence[str], key: str) -> tuple[str, str]:
    """The keys before and after this one; "" where there is none."""
    if key not in order:
        return "", order[0] if order else ""
    place = order.index(key)
    return (order[place - 1] if place else ""), (order[place + 1] if place + 1 < len(order) else "")


def rarest(counts: Mapping[str, int], *, most: int = 8, rows: int = 2_000) -> tuple[str, ...]:
    """At most so many of the rarest words, that together stand in at most `rows` tickets; always the rarest one.

    A search for any of all words would rank half the table.
    """
    chosen: list[str] = []
    total = 0
    for word, count in sorted(counts.items(), key=lambda pair: (pair[1], pair[0])):
        total += count
        if len(chosen) == most or (chosen and total > rows):
            break
        chosen.append(word)
    return tuple(chosen)


def weight(count: int, tickets: int) -> float:
    """How telling a word is that stands in `count` of so many tickets; above zero, however common it is."""
    return log(1 + tickets / max(count, 1))


def median(values: Iterable[timedelta]) -> timedelta | None:
    """The middle one, or the mean of the two middle ones; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def most_common(values: Iterable[T]) -> T | None:
    """What comes most often, the first of several; None where nothing comes twice."""
    counted: dict[T, int] = {}
    for value in values:
        counted[value] = counted.get(value, 0) + 1
    best = max(counted, key=lambda value: counted[value], default=None)
    return best if best is not None and counted[best] > 1 else None
