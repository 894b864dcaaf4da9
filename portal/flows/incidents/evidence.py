"""A file was looked through: where it is evidence of an incident, that is told there."""

from datetime import datetime

from incidents.actions.evidence import note_checked


def file_checked(*, file_id: int, at: datetime) -> None:
    """After each look at a file, whosever it is."""
    note_checked(file_id=file_id, at=at)
