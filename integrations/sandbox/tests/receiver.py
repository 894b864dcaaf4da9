"""A small receiver of webhooks, in a thread, that can be told how to answer."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from portal.tests.patience import PATIENCE, until


@dataclass
class Receiver:
    """What arrived, and the statuses to answer with (then always 200)."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)  # cleared: it answers nobody until it is set again

    def __post_init__(self) -> None:
        """It answers at once."""
        self.free.set()

    def wait(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """Wait until so many requests arrived."""
        until(lambda: len(self.got) >= count, lambda: f"{len(self.got)} of {count} arrived")
        return self.got


@contextlib.contextmanager
def receive() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            assert receiver.free.wait(PATIENCE)
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/jira/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.free.set()
        server.shutdown()
        thread.join()
        server.server_close()
