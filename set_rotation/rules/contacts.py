"""How a person is reached: their own rules, merged into the steps of a ladder. Nobody is unreachable.

In forms and addresses a ladder is written as its rungs: `0:mattermost,5:12` is Mattermost at once, and the way with the
id 12 five minutes later.

Handbook: "a usual notification rule: push at once, SMS after 5 minutes, phone call after 10".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from set_rotation.choices import ContactKind

LONGEST_WAIT = 120  # minutes
MOST_RUNGS = 10  # of a ladder


@dataclass(frozen=True)
class ContactStep:
    """So many minutes after a page reaches somebody, they are told this way, unless they have answered by then.

    `method` is the id of the ContactMethod; None for Mattermost and mail that nobody has set up: they are where the
    person is. An Apprise step always has one.
    """

    minutes: int
    kind: ContactKind
    method: int | None
    label: str


@dataclass(frozen=True)
class RuleFact:
    """A rule of a person, with its method (None as in a step); `verified`: a test page by it was acknowledged."""

    minutes: int
    kind: ContactKind
    method: int | None
    label: str
    verified: bool


def steps_of(facts: Iterable[RuleFact], *, chat: bool) -> tuple[ContactStep, ...]:
    """The steps of one person, by minutes. `chat`: whether a Mattermost is configured; without one, mail stands in.

    Without any rule: Mattermost and mail at once. An address that was never verified is used, but might be wrong:
    Mattermost then comes at once too.
    """
    known = sorted(set(facts), key=lambda fact: (fact.minutes, fact.kind, fact.label, fact.method or 0))
    steps = [ContactStep(fact.minutes, fact.kind, fact.method, fact.label) for fact in known]
    if not steps:
        steps = [_plain(ContactKind.MATTERMOST), _plain(ContactKind.MAIL)]
    steps = steps if chat else _without_chat(steps)
    sure = ContactKind.MATTERMOST if chat else ContactKind.MAIL
    doubtful = any(fact.kind == ContactKind.APPRISE and not fact.verified for fact in known)
    if doubtful and not any(step.kind == sure and step.minutes == 0 for step in steps):
        steps = [_plain(sure), *steps]
    return tuple(steps)


def _plain(kind: ContactKind, minutes: int = 0) -> ContactStep:
    return ContactStep(minutes, kind, None, kind.label)


def _without_chat(steps: Iterable[ContactStep]) -> list[ContactStep]:
    """Mail in the place of Mattermost, once for each minute."""
    found: list[ContactStep] = []
    mailed: set[int] = set()
    for step in steps:
        if step.kind == ContactKind.APPRISE:
            found.append(step)
        elif step.minutes not in mailed:
            mailed.add(step.minutes)
            found.append(step if step.kind == ContactKind.MAIL else _plain(ContactKind.MAIL, step.minutes))
    return found


@dataclass(frozen=True, order=True)
class Rung:
    """A step as its person chose it: `target` is "mattermost", "mail" or the id of a way."""

    minutes: int
    target: str


def rungs_text(rungs: Iterable[Rung]) -> str:
    """A ladder as forms and addresses hold it."""
    return ",".join(f"{rung.minutes}:{rung.target}" for rung in sorted(rungs))


def read_rungs(text: str) -> tuple[Rung, ...]:
    """A ladder out of a form or an address, each rung once. ValueError, in words, for what is none."""
    found: set[Rung] = set()
    for part in filter(None, text.split(",")):
        minutes, _, target = part.partition(":")
        plain = target in {ContactKind.MATTERMOST, ContactKind.MAIL}
        numbers = [minutes] if plain else [minutes, target]
        if not all(number.isascii() and number.isdigit() and len(number) <= 12 for number in numbers):
            raise ValueError("That is no way to reach somebody.")
        found.add(Rung(int(minutes), target))
    return tuple(sorted(found))


def refusal_of(rungs: Sequence[Rung]) -> str:
    """Why a ladder cannot be, or ""."""
    if len(rungs) > MOST_RUNGS:
        return f"{MOST_RUNGS} steps at most: whoever has not answered by then does not hear an eleventh."
    if any(not 0 <= rung.minutes <= LONGEST_WAIT for rung in rungs):
        return f"A step waits {LONGEST_WAIT} minutes at most: long before that others are paged."
    return ""


@dataclass(frozen=True)
class Way:
    """A way of somebody that can be a rung: `channel` is "chat", "mail", "push", "sms" or "call"."""

    target: str
    channel: str
    label: str


def usual_ladder(ways: Sequence[Way]) -> tuple[Rung, ...]:
    """Push at once, SMS after 5 minutes, a call after 10; none where there is nothing to push, text or call.

    Without a push product Mattermost is the push; it goes to a phone as well.
    """
    after = {"push": 0, "sms": 5, "call": 10}
    found = [Rung(after[way.channel], way.target) for way in ways if way.channel in after]
    if found and not any(rung.minutes == 0 for rung in found):
        found.append(Rung(0, ContactKind.MATTERMOST.value))
    return tuple(sorted(found)[:MOST_RUNGS])


def minutes_words(minutes: int) -> str:
    """`at once`, `after 5 min`."""
    return f"after {minutes} min" if minutes else "at once"


@dataclass(frozen=True)
class LadderLine:
    """What happens at one moment of a ladder."""

    minutes: int
    when: str
    names: str


def ladder_lines(steps: Iterable[ContactStep]) -> tuple[LadderLine, ...]:
    """A ladder, a line for each of its moments."""
    by_minutes: dict[int, list[str]] = {}
    for step in steps:
        by_minutes.setdefault(step.minutes, []).append(step.label)
    return tuple(LadderLine(minutes, minutes_words(minutes), _listed(list(dict.fromkeys(labels))))
                 for minutes, labels in sorted(by_minutes.items()))


def ladder_words(steps: Iterable[ContactStep]) -> str:
    """`Mattermost at once, My phone after 5 min`: for histories."""
    return ", ".join(f"{line.names} {line.when}" for line in ladder_lines(steps))


def _listed(labels: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(labels[:-1]), labels[-1]]))


def too_late(steps: Sequence[ContactStep], moves_on: int) -> int | None:
    """How many minutes the first step waits, where the page has gone on to the next seat by then; otherwise None.

    `moves_on`: after how many minutes the policy pages the next one; 0 where it does not.
    """
    first = min((step.minutes for step in steps), default=0)
    return first if moves_on and first >= moves_on else None
