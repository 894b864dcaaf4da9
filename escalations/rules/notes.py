"""What a knowledge note and a training session must hold. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

QUESTION, ANSWER, DEFICIENT = 200, 20_000, 2_000
NO_WORDS = "Nothing has been answered here yet. Write what solved it."


@dataclass(frozen=True)
class Said:
    """A message of the thread, as a note is prefilled from it."""

    text: str
    ours: bool
    public: bool


def first_answer(messages: Iterable[Said]) -> str:
    """What a note begins with: the last thing that we told the reporter, or words that ask for an answer."""
    told = [message.text.strip() for message in messages if message.ours and message.public and message.text.strip()]
    return told[-1][:ANSWER] if told else NO_WORDS
