"""The handbook's form of a status update ("Status Update Template"), and its three readings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from incidents.choices import Reading
from incidents.rules.updates.bodies import body, line_of, tidy
from incidents.rules.updates.names import without_names
from incidents.rules.updates.times import incident_time, stamp, stamp_ahead

LONGEST_POST = 16_383  # characters of one post in Mattermost
NOT_KNOWN, NONE_YET = "Not known yet.", "None yet."
DRILL = "**DRILL: nothing is down.**"


@dataclass(frozen=True)
class Entry:
    """What somebody writes, once for everybody. `bridge`: a paragraph on the call; `thanks`: another; `expected`: the
    expected resolution; `thread`: an address. `customer`, `customer_impact`: the summary and the impact in other words
    for the customer, "" for the same. Chosen for the customer's reading: `with_impact`, `with_bridge`, `with_notes`
    (technical ones), `with_names`."""

    summary: str = ""
    bridge: str = ""
    thanks: str = ""
    expected: str = ""
    impact: str = ""
    technical: str = ""
    thread: str = ""
    customer: str = ""
    customer_impact: str = ""
    with_impact: bool = True
    with_bridge: bool = True
    with_notes: bool = False
    with_names: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Entry":
        """From the values of a draft or a version, whatever else these hold."""
        kept: dict[str, Any] = {}
        for one in fields(cls):
            value = values.get(one.name)
            if isinstance(value, bool) if one.type is bool else isinstance(value, str):
                kept[one.name] = value
        return cls(**kept)


TEXTS = ("summary", "bridge", "thanks", "expected", "impact", "technical", "thread", "customer", "customer_impact")
CHOICES = ("with_impact", "with_bridge", "with_notes", "with_names")


@dataclass(frozen=True)
class Facts:
    """What an update says beside what was written. `customers`: the first is the one it is headed by. `at`: when it is
    published; `next_at` None: no other was promised, or, with `unsaid`, nobody knows yet for when. `people`: full names
    of ours, which customers do not read."""

    customers: tuple[str, ...]
    severity: int
    status: str
    at: datetime
    began_at: datetime
    zone: str
    next_at: datetime | None = None
    unsaid: bool = False
    people: tuple[str, ...] = field(default=(), repr=False)

    def kept(self) -> dict[str, Any]:
        """As a version keeps them, to be rendered again for another of its customers."""
        return {
            "customers": list(self.customers), "severity": self.severity, "status": self.status, "zone": self.zone,
            "at": self.at.isoformat(), "began_at": self.began_at.isoformat(),
            "next_at": self.next_at.isoformat() if self.next_at else None,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any], people: tuple[str, ...] = ()) -> "Facts":
        """From what a version keeps."""
        next_at = kept.get("next_at")
        return cls(
            customers=tuple(kept["customers"]), severity=int(kept["severity"]), status=str(kept["status"]),
            at=datetime.fromisoformat(kept["at"]), began_at=datetime.fromisoformat(kept["began_at"]),
            zone=str(kept["zone"]), next_at=datetime.fromisoformat(next_at) if next_at else None, people=people,
        )

    def headed_by(self, customer: str, *also: str) -> "Facts":
        """The same for another of its customers. `also`: what else that one is called."""
        return Facts(**{one.name: getattr(self, one.name) for one in fields(self)} | {
            "customers": (customer, *(name for name in self.customers if name not in (customer, *also)))})


def render(entry: Entry, facts: Facts, reading: Reading) -> str:
    """An update as Markdown, for whom it is: all of it; status, impact and what comes next; or what a customer reads,
    without technical notes and our people's names unless these were chosen."""
    match reading:
        case Reading.EXECUTIVE:
            parts = [*_head(facts), _expected(entry), closing(facts), *_section("Customer Impact", entry.impact)]
        case Reading.CUSTOMER:
            parts = _for_customer(entry, facts)
        case _:
            parts = _for_us(entry, facts)
    return "\n\n".join(part for part in parts if part)


def leaving(text: str, *, drill: bool) -> str:
    """A reading as it leaves: a drill says so before anything else."""
    return f"{DRILL}\n\n{text}" if drill else text


def closing(facts: Facts) -> str:
    """The promise that closes the summary."""
    if facts.unsaid:
        return "Next update will be shared at …"
    if facts.next_at is None:
        return "No further update is planned."
    return f"Next update will be shared at {stamp_ahead(facts.next_at, facts.zone, now=facts.at)}."


def too_long(text: str) -> int:
    """How many characters too many for one post, 0 where it fits."""
    return max(len(text) - LONGEST_POST, 0)


def heading(facts: Facts) -> str:
    """`Enterprise ABC SEV1 outage - 7:20pmET update`."""
    who = line_of(facts.customers[0]) if facts.customers else "Community server"
    return f"{who} SEV{facts.severity} outage - {stamp(facts.at, facts.zone)} update"


def _head(facts: Facts) -> list[str]:
    return [
        f"### {heading(facts)}", f"#### Status: {line_of(facts.status)}",
        f"#### Incident Time: {incident_time(facts.began_at, facts.at)}",
    ]


def _for_us(entry: Entry, facts: Facts) -> list[str]:
    thread = tidy(entry.thread)
    return [
        *_head(facts), body(entry.summary), body(entry.bridge), body(entry.thanks), _expected(entry), closing(facts),
        *_section("Customer Impact", entry.impact), *_section("Technical Notes", entry.technical, NONE_YET),
        f"Latest thread with full details: {thread}" if thread else "",
    ]


def _for_customer(entry: Entry, facts: Facts) -> list[str]:
    def told(text: str) -> str:
        return without_names(text, facts.people, facts.customers[1:], mentions=not entry.with_names)

    parts = [*_head(facts), body(told(entry.customer or entry.summary))]
    if entry.with_bridge:
        parts.append(body(told(entry.bridge)))
    if entry.with_names:
        parts.append(body(told(entry.thanks)))
    parts += [told(_expected(entry)), closing(facts)]
    impact = tidy(entry.customer_impact) or tidy(entry.impact)
    if entry.with_impact and impact:
        parts += _section("Customer Impact", told(impact))
    if entry.with_notes and tidy(entry.technical):
        parts += _section("Technical Notes", told(entry.technical))
    return parts


def _section(title: str, text: str, otherwise: str = NOT_KNOWN) -> list[str]:
    return [f"#### {title}", body(text) or otherwise]


def _expected(entry: Entry) -> str:
    expected = body(" ".join(entry.expected.split()))
    return f"Expected resolution: {expected}" if expected else ""
