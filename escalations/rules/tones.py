"""Which meaning a colour has: red is late or urgent, amber waits, blue is ours to act on, green is done."""

from collections.abc import Mapping

from escalations.choices import Level, Status

STATUS_TONES: Mapping[str, str] = {
    Status.NEW: "blue", Status.OURS: "blue", Status.REPORTER: "amber", Status.HANDED_OVER: "grey",
    Status.REPLY_OWED: "blue", Status.SOLVED: "green", Status.CLOSED: "grey",
}
LEVEL_TONES: Mapping[int, str] = {Level.L1: "red", Level.L2: "amber", Level.L3: "", Level.L4: ""}


def status_tone(status: str) -> str:
    """The tone of a status, as `data-tone` names it."""
    return STATUS_TONES.get(status, "")


def level_tone(level: int) -> str:
    """The tone of a level: red for L1, amber for L2, none for the others."""
    return LEVEL_TONES.get(level, "")
