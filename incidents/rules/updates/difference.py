"""What an update changes against the one before, part by part."""

from dataclasses import dataclass

from escalations.rules.responses import Change, differences
from incidents.rules.updates.form import Entry

LONGEST = 12_000  # characters: beyond it words are not compared with each other, lines are
PARTS = {
    "summary": "Summary", "bridge": "Bridge", "thanks": "Thanks", "expected": "Expected resolution",
    "impact": "Customer impact", "technical": "Technical notes", "customer": "Summary for the customer",
    "customer_impact": "Customer impact, for the customer", "thread": "Thread",
}


@dataclass(frozen=True)
class Changed:
    """A part that reads otherwise than before."""

    title: str
    changes: tuple[Change, ...]


def difference(old: Entry, new: Entry) -> tuple[Changed, ...]:
    """The parts that changed, in the form's order; nothing where all is as it was."""
    found = []
    for name, title in PARTS.items():
        before, after = getattr(old, name).strip(), getattr(new, name).strip()
        if before != after:
            found.append(Changed(title, compared(before, after)))
    return tuple(found)


def compared(before: str, after: str) -> tuple[Change, ...]:
    """What went and what came, in reading order."""
    if len(before) + len(after) <= LONGEST:
        return differences(before, after)
    gone, came = before.split("\n"), after.split("\n")
    same = set(gone) & set(came)
    kinds = [("gone", line) for line in gone if line not in same]
    kinds += [("same" if line in same else "new", line) for line in came]
    return tuple(Change(kind, f"{line}\n") for kind, line in kinds)
