"""How a private incident is called where more look than see it: there its number is not said either. Pure."""

from uuid import UUID

MINE = "/incidents/?mine=1"  # where whoever is let in finds it


def key_of(called: object, submission: UUID, *, private: bool) -> str:
    """By what another room knows an incident: as it is `called` there (7, or I-7), or by nothing that says which."""
    return f"incident:private-{submission.hex[:12]}" if private else f"incident:{called}"


def keys_of(called: object, submission: UUID) -> tuple[str, str]:
    """Both: while it is public, and while it is private."""
    return key_of(called, submission, private=False), key_of(called, submission, private=True)
