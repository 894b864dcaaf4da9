"""Reads of this room. Other rooms import from here."""

from set_rotation.queries.facts import (
    Holder,
    begins,
    end_before,
    holder,
    holders,
    next_change,
    next_rotation,
    override_facts,
    rota,
    rotation_at,
    schedule,
    shift_facts,
)

__all__ = [
    "Holder", "begins", "end_before", "holder", "holders", "next_change", "next_rotation", "override_facts", "rota",
    "rotation_at", "schedule", "shift_facts",
]
