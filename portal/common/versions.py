"""The history of what is edited as versions: clocks, the playbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Made(Protocol):
    """Somebody by name."""

    name: str


@dataclass(frozen=True)
class Version:
    """A version as `templates/parts/versions.html` tells it. `changes`: what it says otherwise than the one before."""

    number: int
    by: str
    at: datetime
    note: str
    changes: Sequence[str]
    shown: bool


def made_by(by: Made | None, shipped: int) -> str:
    """Who made a version; `shipped`: the handbook's version that wrote it, 0 if made here."""
    return by.name if by else "The handbook" if shipped else "Somebody who has left"
