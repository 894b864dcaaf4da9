"""How the channel of an incident should be. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass

LONGEST_HEADER = 1_024  # characters that Mattermost takes


@dataclass(frozen=True)
class Member:
    """Somebody who belongs into the channel: by their name in Mattermost, else by mail."""

    name: str
    username: str
    email: str


@dataclass(frozen=True)
class WantedChannel:
    """The channel as it should be now. `outside`: who leaves it, for they were taken off a private one."""

    name: str
    display_name: str
    purpose: str
    header: str
    private: bool
    members: tuple[Member, ...]
    outside: tuple[Member, ...] = ()

    @property
    def look(self) -> str:
        """Stands for all of it: the same again is the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def header_of(parts: list[str]) -> str:
    """The parts that fit, the first of them before all."""
    text = ""
    for part in filter(None, parts):
        longer = f"{text} · {part}" if text else part
        if len(longer) <= LONGEST_HEADER:
            text = longer
    return text
