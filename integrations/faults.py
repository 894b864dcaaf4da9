"""What can go wrong with another system, in words for the reader of a page. `detail` is for whoever mends it."""

from datetime import datetime
from typing import ClassVar

from integrations.clean import clean


class DoorFault(Exception):
    """The other system did not do what was asked."""

    # Trying again later may help without anyone's doing.
    passing: ClassVar[bool] = True
    # Asked to wait until then, in our clock.
    until: datetime | None = None
    # The wait is for the one thing that was asked about; others go on.
    alone: bool = False

    def __init__(self, words: str, *, detail: str = "", status: int | None = None, unanswered: bool = False) -> None:
        super().__init__(words)
        # Both are kept in the database, and both may quote what the other system sent.
        self.words: str = clean(words)[0]
        self.detail: str = clean(detail)[0]
        self.status = status
        # A write that failed so may have taken effect all the same.
        self.unanswered = unanswered
