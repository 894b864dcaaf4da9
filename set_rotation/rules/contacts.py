"""How a person is reached: their own rules, merged into the steps of a ladder. Nobody is unreachable.

Handbook: "a usual notification rule: push at once, SMS after 5 minutes, phone call after 10".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from set_rotation.choices import ContactKind


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
    """A rule of a person, with its method; `verified`: a test page by this method was acknowledged."""

    minutes: int
    kind: ContactKind
    method: int
    label: str
    verified: bool


def steps_of(facts: Iterable[RuleFact], *, chat: bool) -> tuple[ContactStep, ...]:
    """The steps of one person, by minutes. `chat`: whether a Mattermost is configured; without one, mail stands in.

    Without any rule: Mattermost and mail at once. An address that was never verified is used, but might be wrong:
    Mattermost then comes at once too.
    """
    known = sorted(set(facts), key=lambda fact: (fact.minutes, fact.kind, fact.label, fact.method))
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
