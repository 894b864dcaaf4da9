"""What a sender is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.outbox import actions as outbox
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.common import clock


class Asks(Exception):
    """The write cannot go on without a person: `question` says what they are asked, `words` why."""

    def __init__(self, words: str, question: Mapping[str, Any]) -> None:
        super().__init__(words)
        self.words, self.question = words, question


class ClaimLost(Exception):
    """Somebody else has the delivery by now: nothing may be sent."""


def still_mine(delivery: Delivery) -> Callable[[], None]:
    """What is called right before each write: it keeps the claim, and raises `ClaimLost` where it is gone."""

    def renew() -> None:
        if not outbox.renew(delivery=delivery, at=clock.now()):
            raise ClaimLost(delivery.key)

    return renew


@dataclass(frozen=True)
class Sender:
    """`send` makes the write; it raises `DoorFault` or `Asks`. `find` looks whether it was made already; without one,
    `send` itself reads the state before it writes, or does the same twice without harm. `lags`: what `find` reads lags
    behind, so finding nothing once proves nothing. `at_least_once`: a message that may be there twice rather than late;
    nobody waits until the other system has certainly dropped the first."""

    send: Callable[[Delivery], Sent]
    find: Callable[[Delivery], Sent | None] | None = None
    lags: bool = False
    at_least_once: bool = False
