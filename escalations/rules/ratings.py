"""For how long somebody may say how our help was, and change their mind. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LASTS = timedelta(days=60)  # from asking on
CHANGEABLE = timedelta(days=1)  # from the first answer on


class Door(StrEnum):
    """How the link stands."""

    OPEN = "open"  # nobody has answered yet
    CHANGEABLE = "changeable"
    ANSWERED = "answered"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Asked:
    """When it was asked, and first answered."""

    asked_at: datetime
    at: datetime | None


def door(asked: Asked, at: datetime) -> Door:
    """How a link stands at a moment; each limit is `[start, end)`."""
    if asked.at is not None:
        return Door.CHANGEABLE if at < asked.at + CHANGEABLE else Door.ANSWERED
    return Door.OPEN if at < asked.asked_at + LASTS else Door.EXPIRED
