"""A stream cut into pieces, each with the secrets that lie in it: no secret lies over a cut, and no file in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from escalations.rules import secrets
from escalations.rules.secrets import BEFORE, LONGEST, Span
from escalations.rules.sniff import UTF16_BIG, UTF16_LITTLE, Type

BLOCK = 1 << 20


class Stream(Protocol):
    """Anything that is read from front to back."""

    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """Anything that is written from front to back."""

    def write(self, data: bytes, /) -> object: ...


class Peeked:
    """A stream of which the first bytes were read already: they come again."""

    def __init__(self, stream: Stream, size: int) -> None:
        self.stream, self.head = stream, b""
        while len(self.head) < size and (more := stream.read(size - len(self.head))):
            self.head += more
        self.left = self.head

    def read(self, size: int = -1, /) -> bytes:
        if not self.left:
            return self.stream.read(size)
        given, self.left = (self.left, b"") if size < 0 else (self.left[:size], self.left[size:])
        return given


@dataclass(frozen=True)
class Writing:
    """How the signs of a text lie in its bytes: of UTF-16 every second byte is read, as if the others were empty."""

    step: int = 1
    first: int = 0
    encoding: str = "utf-8"
    text: bool = True

    def find(self, block: bytes, begin: int) -> list[Span]:
        """The secrets of a block, by their place in it."""
        found = secrets.find(block[self.first::self.step], text=self.text, begin=begin // self.step)
        return [replace(span, start=span.start * self.step, end=span.end * self.step) for span in found]


def writing_of(found: Type) -> Writing:
    """How a file of this type is to be read."""
    if found in {UTF16_LITTLE, UTF16_BIG}:
        little = found == UTF16_LITTLE
        return Writing(step=2, first=0 if little else 1, encoding="utf-16-le" if little else "utf-16-be")
    return Writing(text=found.family == "text")


def pieces(stream: Stream, writing: Writing) -> Iterator[tuple[bytes, list[Span]]]:
    """All of the stream in order, in pieces of about 1 MB, each with its secrets by their place in the piece."""
    buffer, begin, ended = b"", 0, False  # of the buffer, what lies before `begin` was given already
    keep, ahead = BEFORE * writing.step, LONGEST * writing.step
    while not ended:
        more = stream.read(BLOCK)
        ended = not more
        cut_off = max(begin - keep, 0)
        cut_off -= cut_off % writing.step
        buffer, begin = buffer[cut_off:] + more, begin - cut_off
        # What begins in the last bytes may end in those to come.
        cut = len(buffer) if ended else max(len(buffer) - ahead, begin)
        cut -= 0 if ended else (cut - begin) % writing.step
        if cut == begin:
            continue
        found = [span for span in writing.find(buffer, begin) if span.start < cut]
        cut = max(cut, found[-1].end) if found else cut
        yield buffer[begin:cut], [replace(span, start=span.start - begin, end=span.end - begin) for span in found]
        begin = cut


def masked(piece: bytes, found: list[Span], writing: Writing) -> bytes:
    """The piece with a fixed text in the place of each secret; in binary data asterisks, as many as there were bytes,
    so that everything else stays where it was."""
    parts, done = list[bytes](), 0
    for span in found:
        words = secrets.mask_for(span.kind).encode(writing.encoding) if writing.text else b"*" * (span.end - span.start)
        parts += [piece[done:span.start], words]
        done = span.end
    return b"".join([*parts, piece[done:]])
