"""An escalation's ticket in Jira: what it holds, and what its state means for whoever waits for the fix. Pages: related
facts, "SET roles and on-call" (a good SET ticket), "Ticket life in Jira"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from escalations.rules.markdown import wiki
from escalations.rules.typed import began_words

LONGEST_SUMMARY, LONGEST_TEXT = 255, 32_000  # characters; Jira takes 32,767 of a text
BUG, TASK = "Bug", "Task"
CUSTOMER_BUG, HOTFIX = "customer-bug", "hotfix"
# How a ticket ends without a fix, in lower case and with a straight apostrophe.
NOT_FIXED = frozenset({
    "duplicate", "won't do", "won't fix", "wontfix", "cannot reproduce", "can't reproduce", "not a bug", "invalid",
    "incomplete", "declined", "rejected", "abandoned", "works as designed", "working as designed", "as designed",
    "not applicable", "obsolete",
})


@dataclass(frozen=True)
class TicketFacts:
    """What a ticket is made of. `customers`: their names, none of a confidential one. `others`: labelled lines of where
    it runs, empty ones left out. `files`: names of what was attached here."""

    number: int
    link: str
    title: str
    level: str
    project: str
    bug: bool
    hotfix: bool
    confidential: bool
    customers: Sequence[str] = ()
    counted: int = 1
    environment: Sequence[tuple[str, str]] = ()
    happened: str = ""
    expected: str = ""
    steps: str = ""
    tried: str = ""
    logs: str = ""
    files: Sequence[str] = ()
    began_at: datetime | None = None
    began_on: date | None = None
    area: str = ""
    team_label: str = ""


def ticket_fields(facts: TicketFacts) -> dict[str, Any]:
    """Jira's fields of the ticket, such as every project's screen takes. A confidential one tells neither its title nor
    its customers nor what was written: all of the project read it there."""
    labels = [*([CUSTOMER_BUG] if facts.bug else []), *([HOTFIX] if facts.hotfix else [])]
    labels += [facts.team_label] if facts.team_label else []
    fields: dict[str, Any] = {
        "project": {"key": facts.project}, "issuetype": {"name": BUG if facts.bug else TASK},
        "labels": list(dict.fromkeys(label.replace(" ", "-") for label in labels)),
        "summary": _summary(facts), "description": description(facts),
    }
    if facts.area:
        fields["components"] = [{"name": facts.area}]
    return fields


def _summary(facts: TicketFacts) -> str:
    title = "Confidential escalation" if facts.confidential else " ".join(facts.title.split())
    return (f"{title} (E-{facts.number})" if facts.confidential else title)[:LONGEST_SUMMARY]


def description(facts: TicketFacts) -> str:
    """What the ticket says, in wiki markup: where it runs, what happens, and the way back to the escalation. The logs
    are cut first where it is too long for Jira."""
    head = [f"[E-{facts.number}|{facts.link}], {facts.level}. {_whom(facts)}"]
    if began := began_words(facts.began_at, facts.began_on):
        head.append(f"It began on {began}.")
    parts = ["\n".join(head), _environment(facts)]
    if facts.confidential:
        parts.append("What was reported is confidential, and stands in the portal alone.")
        return _joined(parts)
    parts += [_part(title, text) for title, text in (
        ("What happens", facts.happened), ("What was expected", facts.expected), ("Steps to reproduce", facts.steps),
        ("What was tried", facts.tried),
    )]
    said = _joined(parts)[:LONGEST_TEXT]
    return _joined([said, _logs(facts, LONGEST_TEXT - len(said))])


def _whom(facts: TicketFacts) -> str:
    if facts.customers:
        return f"Customers: {', '.join(wiki(name) for name in facts.customers)}."
    return f"{facts.counted} customer{'s' if facts.counted != 1 else ''}."


def _environment(facts: TicketFacts) -> str:
    lines = [f"* {name}: {wiki(value)}" for name, value in facts.environment if value]
    return "\n".join(["h4. Environment", *lines]) if lines else ""


def _part(title: str, text: str) -> str:
    return f"h4. {title}\n{wiki(text)}" if text.strip() else ""


def _logs(facts: TicketFacts, room: int) -> str:
    lines = ["h4. Logs"] if facts.logs.strip() or facts.files else []
    if facts.files:
        lines.append(f"Attached to E-{facts.number}: {', '.join(wiki(name) for name in facts.files)}.")
    pasted = facts.logs.replace("{noformat}", "{ noformat}").strip()
    left = room - len("\n".join(lines)) - 60
    if pasted and left > 0:
        cut = "" if len(pasted) <= left else "\n(cut here; all of it stands in the portal)"
        lines.append(f"{{noformat}}\n{pasted[:left]}\n{{noformat}}{cut}")
    return "\n".join(lines)


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


# ---- What its state means -------------------------------------------------------------


class Fate(StrEnum):
    """How a ticket stands for whoever waits for the fix."""

    OPEN = "open"
    FIXED = "fixed"  # done, and not yet known to be released
    RELEASED = "released"
    NOT_FIXED = "not_fixed"  # ended without a fix: duplicate, won't do


@dataclass(frozen=True)
class Version:
    """A fix version as Jira has it."""

    name: str
    released: bool = False
    on: date | None = None


@dataclass(frozen=True)
class TicketNow:
    """A mirrored ticket, as far as it matters here. `done`: its status is of Jira's category "Done", or stands in the
    board's last column."""

    key: str
    status: str
    done: bool
    resolution: str = ""
    versions: tuple[Version, ...] = field(default=())


def fate(ticket: TicketNow) -> Fate:
    """What a ticket's state means. A released version fixes only a ticket that did not end without a fix."""
    if ended_without(ticket):
        return Fate.NOT_FIXED
    if ticket.versions and all(one.released for one in ticket.versions):
        return Fate.RELEASED
    return Fate.FIXED if ticket.done else Fate.OPEN


def ended_without(ticket: TicketNow) -> bool:
    """Whether it is done, with a resolution that mends nothing."""
    return ticket.done and ticket.resolution.replace("’", "'").strip().casefold() in NOT_FIXED


def why_of(ticket: TicketNow) -> str:
    """What is told of in the queue: "MM-12 is Done", "MM-12: 10.5 is released"."""
    match fate(ticket):
        case Fate.RELEASED:
            return f"{ticket.key}: {release_of(ticket)} is released"
        case Fate.NOT_FIXED:
            return f"{ticket.key} ended without a fix: {ticket.resolution}"
        case _:
            return f"{ticket.key} is {ticket.status or 'done'}"


def release_of(ticket: TicketNow) -> str:
    """The versions that hold the fix, by name; "" where Jira names none."""
    return ", ".join(one.name for one in ticket.versions)


def released_on(ticket: TicketNow) -> date | None:
    """The day of the latest of its versions, as far as Jira says."""
    return max((one.on for one in ticket.versions if one.on), default=None)


def versions_of(raw: object) -> tuple[Version, ...]:
    """The fix versions of an issue as Jira sent it; whatever is odd in it is passed over."""
    fields = raw.get("fields") if isinstance(raw, Mapping) else None
    told = fields.get("fixVersions") if isinstance(fields, Mapping) else None
    return tuple(
        Version(str(one["name"])[:120], one.get("released") is True, _day(one.get("releaseDate")))
        for one in (told if isinstance(told, list) else []) if isinstance(one, Mapping) and one.get("name")
    )


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(str(told)[:10])
    except ValueError:
        return None


# ---- What the customer is told --------------------------------------------------------


def words_of_fate(ticket: TicketNow, *, name: str, link: str, release: str = "", day: str = "") -> str:
    """The reply that is owed where no template says it: the fix is out, is made and not out yet, or there is none.
    `release`, `day`: as far as they are known; `link`: of the ticket, or ""."""
    again = "answer here, and we look again."
    match fate(ticket):
        case Fate.NOT_FIXED:
            said = (f"We have finished with what you reported, without a fix: {ticket.key} was closed as "
                    f"“{ticket.resolution}”. If that does not settle it for the customer, {again}")
        case Fate.RELEASED:
            part = f"it is part of {release}" + (f", released on {day}" if day else "")
            said = f"The fix for what you reported is out: {part}. If the problem is still there with it, {again}"
        case _:
            when = f"It will be part of {release}" if release else "It comes with the next release"
            when += f", expected on {day}." if day else "."
            said = f"The fix for what you reported is made. {when} If the problem is still there then, {again}"
    tail = f"\n\nThe ticket was {link}." if link else ""
    return f"Hi {name}, thank you for your patience. {said}{tail}"
