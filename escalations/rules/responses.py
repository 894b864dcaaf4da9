"""Response templates: what their texts leave open, and how two versions differ."""

from escalations.rules.differences import Change, differences
from escalations.rules.placeholders import Filled, Part, Placeholder, faults, fill, key_of, placeholders

__all__ = [
    "Change", "Filled", "Part", "Placeholder", "differences", "faults", "fill", "key_of", "placeholders",
]
