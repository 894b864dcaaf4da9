"""A calendar's server of the tests' own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class CalendarServer:
    """What it answers: `status`, `headers`, `body`; `drip`: one byte every so many seconds; `path_headers`: others for
    an address. `got`: the headers it was asked with; `sent`: how many bytes left."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: float = 0.0
    endless: bool = False
    got: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/secret-calendar-key/basic.ics"

    def says(self, *events: str, before: str = "") -> None:
        """Answer with a calendar of these entries, each the lines between BEGIN and END."""
        self.body = calendar(*events, before=before)


def calendar(*events: str, before: str = "") -> bytes:
    """The text of a calendar."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *before.splitlines()]
    for event in events:
        lines += ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *event.strip().splitlines(), "END:VEVENT"]
    return "\r\n".join([*map(str.strip, lines), "END:VCALENDAR", ""]).encode()


@contextmanager
def calendar_server() -> Iterator[CalendarServer]:
    """A running server, ended with the block."""
    found = CalendarServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.got.append({name.lower(): value for name, value in self.headers.items()})
            etag = found.headers.get("ETag")
            same = etag is not None and self.headers.get("If-None-Match") == etag
            self.send_response(304 if same else found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                if not same:
                    self._send()
            except OSError:
                pass  # whoever asked has heard enough

        def _send(self) -> None:
            if found.drip:
                for byte in found.body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(found.drip)
            while True:
                self.wfile.write(found.body)
                found.sent += len(found.body)
                if not found.endless:
                    return

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield found
        server.shutdown()
