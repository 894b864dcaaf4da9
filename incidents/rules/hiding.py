"""How a private incident is called where more look than see it: there its number is not said either. Pure."""

from uuid import UUID


def mark_of(submission: UUID) -> str:
    """What stands for the number: the beginning of what nobody outside knows, and too little to know the rest."""
    return submission.hex[:12]


def key_of(called: object, submission: UUID, *, private: bool) -> str:
    """By what another room knows an incident: as it is `called` there (7, or I-7), or by nothing that says which."""
    return f"incident:private-{mark_of(submission)}" if private else f"incident:{called}"


def keys_of(called: object, submission: UUID) -> tuple[str, str]:
    """Both: while it is public, and while it is private."""
    return key_of(called, submission, private=False), key_of(called, submission, private=True)


def door_of(submission: UUID) -> str:
    """The address that leads to a private incident whoever sees it, and nobody else anywhere."""
    return f"/incidents/of/private-{mark_of(submission)}/"
