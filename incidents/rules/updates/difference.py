"""What an update changes against the one before, part by part."""

from dataclasses import dataclass

from escalations.rules.differences import Change, differences
from incidents.rules.updates.form import Entry

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
            found.append(Changed(title, differences(before, after)))
    return tuple(found)
