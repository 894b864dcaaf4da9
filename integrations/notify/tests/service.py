"""A service of the test's own that messages to phones come to, spoken to over HTTP as any other."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from portal.tests.patience import PATIENCE


@dataclass
class Service:
    """`status`, `headers`: what it answers; `free`: cleared, it answers nobody. `got`: the messages."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    free: threading.Event = field(default_factory=threading.Event)
    got: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """It answers at once."""
        self.free.set()

    def address(self, path: str = "hook/secret-key", scheme: str = "json") -> str:
        """Its address as Apprise takes it."""
        return f"{scheme}://127.0.0.1:{self.port}/{path}"


@contextmanager
def running_service() -> Iterator[Service]:
    """A service that answers until the end of the block."""
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            assert found.free.wait(PATIENCE)
            self.send_response(found.status)
            for name, value in {"Content-Length": "0", **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield found
        found.free.set()
        server.shutdown()
