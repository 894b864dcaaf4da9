"""Reading event streams, with patience."""

import contextlib
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from portal.tests.patience import PATIENCE


@dataclass(frozen=True)
class Heard:
    """One event of a stream."""

    name: str
    data: str
    id: str = ""


@dataclass
class Stream:
    """A stream that is being read; events are taken from it in order."""

    status: int
    heard: "queue.Queue[Heard]" = field(default_factory=queue.Queue)
    opened: threading.Event = field(default_factory=threading.Event)

    def next(self, *names: str) -> Heard:
        """The next event, of one of these names where some are given."""
        while True:
            try:
                event = self.heard.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no event {names}") from None
            if not names or event.name in names:
                return event

    def card(self, ticket_id: int) -> Heard:
        """The next news of this ticket."""
        while True:
            event = self.next("card")
            if f'data-card-id="{ticket_id}"' in event.data:
                return event


@contextlib.contextmanager
def listen(url: str, **given: object) -> Iterator[Stream]:
    """Read an event stream in a thread until the block ends; it is open when the block begins."""
    with (
        httpx.Client(timeout=PATIENCE, trust_env=False) as client,
        client.stream("GET", url, **given) as answer,  # type: ignore[arg-type]
    ):
        stream = Stream(answer.status_code)
        if answer.status_code == 200:
            threading.Thread(target=_read, args=(answer, stream), daemon=True).start()
            assert stream.opened.wait(PATIENCE), "the stream does not begin"
        yield stream


def _read(answer: httpx.Response, stream: Stream) -> None:
    found: dict[str, list[str]] = {}
    with contextlib.suppress(httpx.HTTPError, httpx.StreamError):
        for line in answer.iter_lines():
            stream.opened.set()
            name, _, value = line.partition(":")
            if line and name:
                found.setdefault(name, []).append(value.removeprefix(" "))
            elif not line and found.get("event", ["clock"])[-1] != "clock":  # the server's time is no news
                stream.heard.put(
                    Heard(found["event"][-1], "\n".join(found.get("data", [])), "".join(found.get("id", [])))
                )
                found = {}
            elif not line:
                found = {}
