"""What somebody saw who changes something: whoever saves later is shown what was saved meanwhile. Pure."""

import hashlib
import json


def mark(*values: object) -> str:
    """Another text as soon as any of these values is another."""
    return hashlib.sha256(json.dumps([str(value) for value in values]).encode()).hexdigest()[:16]


def meanwhile(now: str) -> str:
    """What is said to whoever saves later. `now`: how it is now, in words."""
    return f"Somebody else changed it meanwhile. Now it is: {now}. What you typed is kept here: save again to mean it."
