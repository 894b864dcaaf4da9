"""What a customer is shown of an incident: their own words of an update, taken from the reading that was released, and
times as they are in the incident's zone. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from incidents.choices import Phase
from incidents.rules.updates.bodies import fence_after
from incidents.rules.updates.names import SOMEBODY
from incidents.rules.updates.spelling import without
from portal.common.templatetags.parts import clock_text, day_text, duration_text

LONGEST_HEADLINE = 160  # characters
LONGEST_BLURRED = 3  # a name of so few letters is looked for as it is written: "It" is a word, "IT" a customer
NO_IMPACT = {"none", "none yet", "none now", "no impact", "nothing", "n/a", "not known yet", "unknown"}
# The form of an update (handbook, status update template) says each of these in a line of its own.
_TITLE = re.compile(r"\s{0,3}###\s+(?!#)")
_FACT = re.compile(r"\s{0,3}####\s+(?:status|incident time)\s*:", re.I)
_IMPACT = re.compile(r"\s{0,3}####\s+customer impact\b", re.I)
_TECHNICAL = re.compile(r"\s{0,3}####\s+technical notes\b", re.I)
_SEVERAL = re.compile(rf"{SOMEBODY}(?:(?:,|,? and) {SOMEBODY})+")
_CLOSING = re.compile(r"(?:Next update will be shared at [^\n]+|No further update is planned)\.\Z")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Parts:
    """The texts of a reading, Markdown: what is being done, what the customer feels of it, and technical notes where
    they were chosen for the customer. `closing`: the sentence that promises the next update, apart from the summary:
    on a page it is soon the past, and its head says what is promised now."""

    summary: str
    impact: str = ""
    notes: str = ""
    closing: str = ""


def parts_of(reading: str) -> Parts:
    """The texts of a reading. Its title, status and time are left out: the page says these itself, as of now."""
    texts: dict[str, list[str]] = {"summary": [], "impact": [], "notes": []}
    now, fence = "summary", ""
    for number, line in enumerate(reading.strip().split("\n")):
        code, fence = bool(fence), fence_after(line, fence)
        if code:  # what stands in a block of code is somebody's words, whatever it looks like
            texts[now].append(line)
            continue
        if (number == 0 and _TITLE.match(line)) or _FACT.match(line):
            continue
        if _IMPACT.match(line):
            now = "impact"
        elif _TECHNICAL.match(line):
            now = "notes"
        else:
            texts[now].append(line)
    summary, impact, notes = ("\n".join(lines).strip() for lines in texts.values())
    before, _, last = summary.rpartition("\n\n")
    return Parts(before.strip(), impact, notes, last) if _CLOSING.match(last) else Parts(summary, impact, notes)


@dataclass(frozen=True)
class Names:
    """What a customer is called, and what the others are whom the same incident concerns."""

    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


@lru_cache(maxsize=1_024)  # a page draws the same texts for everybody who looks again
def without_others(text: str, names: Names) -> str:
    """The text with the names of other customers taken out of it; a longer one of the customer's own stays whole."""
    if not names.others:
        return text
    return _SEVERAL.sub("other customers", without(text, names.others, SOMEBODY, spare=names.own,
                                                   exact=LONGEST_BLURRED))


def headline(impacts: Sequence[str], otherwise: str) -> str:
    """The one sentence at the head of the page: the first one of the newest impact (plain words) that says one."""
    for impact in impacts:
        words = " ".join(impact.split())
        first = _SENTENCE.split(words, maxsplit=1)[0] if words else ""
        if first and first.rstrip(".").casefold() not in NO_IMPACT:
            return first if len(first) <= LONGEST_HEADLINE else f"{first[:LONGEST_HEADLINE - 1].rstrip()}…"
    return otherwise


def moment_words(at: datetime, now: datetime) -> str:
    """A moment, both local: "12:45 pm" today, "Tue 17 Nov, 3:04 am" on any other day."""
    return clock_text(at) if at.date() == now.date() else full_words(at, year=at.year != now.year)


def full_words(at: datetime, *, year: bool = False) -> str:
    """A local moment with its day: "Tue 17 Nov, 3:04 am"."""
    return f"{at:%a} {day_text(at, year=year)}, {clock_text(at)}"


def due_words(due_at: datetime, at: datetime) -> str:
    """How soon the next update is there: "in 41 min", "now", "4 min late"."""
    seconds = (due_at - at).total_seconds()
    if abs(seconds) < 60:
        return "now"
    return f"in {duration_text(seconds)}" if seconds > 0 else f"{duration_text(-seconds)} late"


@dataclass(frozen=True)
class Step:
    """A station of the line from the first look to the end: behind, here, or ahead."""

    label: str
    state: str


def line_of(phase: int) -> tuple[Step, ...]:
    """Where a status stands on the customer's line. At the last station all is done."""
    return tuple(
        Step(str(one.label), "done" if one < phase or phase == Phase.RESOLVED else "here" if one == phase else "ahead")
        for one in Phase
    )
