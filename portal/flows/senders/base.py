"""What a sender is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery


class Asks(Exception):
    """The write cannot go on without a person: `question` says what they are asked, `words` why."""

    def __init__(self, words: str, question: Mapping[str, Any]) -> None:
        super().__init__(words)
        self.words, self.question = words, question


@dataclass(frozen=True)
class Sender:
    """`send` makes the write; it raises `DoorFault` or `Asks`. `find` looks whether it was made already; without one,
    `send` itself reads the state before it writes, or does the same twice without harm. `lags`: what `find` reads lags
    behind, so finding nothing once proves nothing."""

    send: Callable[[Delivery], Sent]
    find: Callable[[Delivery], Sent | None] | None = None
    lags: bool = False
