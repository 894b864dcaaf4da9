"""A service of the test's own that messages to phones come to, spoken to over HTTP as any other."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Service:
    """`status`, `headers`: what it answers; `wait`: after how many seconds. `got`: the messages."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    got: list[dict[str, Any]] = field(default_factory=list)

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
            time.sleep(found.wait)
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
        server.shutdown()
