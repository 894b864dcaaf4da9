"""The made-up people who use the sandbox's Jira and Mattermost."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class SandboxPerson:
    """One invented person, as known to Jira and to Mattermost."""

    name: str
    email: str
    account_id: str
    username: str
    team: str
    zone: str
    role: str


# The account the portal signs in with. Its zone is not UTC on purpose: JQL dates are read in it.
PORTAL_ACCOUNT = SandboxPerson(
    name="SET Portal",
    email="set-portal@example.test",
    account_id="5f3c9a10b4e7d2006f1a0eff",
    username="set-portal",
    team="",
    zone="America/New_York",
    role="bot",
)


@cache
def load_people() -> tuple[SandboxPerson, ...]:
    """Return everybody in people.toml, in the order of the file."""
    text = (Path(__file__).parent / "people.toml").read_text(encoding="utf-8")
    return tuple(SandboxPerson(**entry) for entry in tomllib.loads(text)["person"])
