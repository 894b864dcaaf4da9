"""A really running portal for tests: a web process on a copy of the template database, with a broker of its own.

The test client knows neither uvicorn, event streams nor a worker. Nothing here imports Django before it is used:
settings are read once the tests' services stand.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal import env as environment
from portal.supervisor import services
from portal.supervisor.demo import free_port
from portal.supervisor.processes import Child, start, stop_all

KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "CI")


@dataclass
class RunningPortal:
    """A portal that answers at `url`. `environ` is what every process of it is started with."""

    url: str
    port: int
    database: str
    environ: dict[str, str]
    var: Path
    webhook_secret: str
    blocker: Any  # pytest-django's, who otherwise keeps a test without `db` from the database
    sandbox: Any = None  # the stand-in for Jira that it mirrors, where it has one
    children: dict[str, Child] = field(default_factory=dict)

    # Life

    def start_web(self) -> None:
        """Start uvicorn and wait until it answers."""
        command = [
            sys.executable, "-m", "uvicorn", "portal.asgi:application", "--host", "127.0.0.1", "--port", str(self.port),
            "--timeout-graceful-shutdown", "1", "--no-access-log", "--log-level", "warning", "--no-server-header",
        ]
        web = self._start("web", command)
        deadline = time.monotonic() + 60
        while not _answers(self.port):
            if not web.alive() or time.monotonic() > deadline:
                raise services.ServiceFault(f"The portal does not answer:\n{web.last_words(40)}")
            time.sleep(0.02)

    def start_worker(self) -> None:
        """Start a worker, if there is none. Tasks wait in the broker until it is there."""
        worker = self.children.get("worker")
        if worker is None or not worker.alive():
            command = [
                sys.executable, "-m", "celery", "-A", "portal.celery", "worker", "--pool", "solo", "--loglevel", "INFO",
                "--without-gossip", "--without-mingle", "--without-heartbeat",
            ]
            self._start("worker", command)

    def start_broker(self) -> None:
        """Start Valkey; after `stop("broker")` it comes back at the same address, empty."""
        folder = self.var / "run"
        child, address = services.start_valkey(data=folder, sockets=folder, log=self.var / "valkey.log", persist=False)
        self.children["broker"] = child
        self.environ["REDIS_URL"] = address

    def stop(self, name: str) -> None:
        """End `web`, `worker` or `broker`."""
        stop_all([self.children.pop(name)], patience=3)

    def manage(self, *words: str, check: bool = True, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of `manage.py` against this portal; `more` are further variables."""
        return subprocess.run(
            [sys.executable, str(environment.ROOT / "manage.py"), *words], env=self.environ | more, text=True,
            cwd=environment.ROOT, capture_output=True, check=check, timeout=120,
        )

    def mirror(self) -> None:
        """Read all of the Jira into the mirror, here and now."""
        self.manage("sync_jira")

    # Looking and preparing

    @contextlib.contextmanager
    def rows(self) -> Iterator[None]:
        """The portal's own rows through the ORM of the test process. Not for a test that uses `db`."""
        from django.conf import settings  # noqa: PLC0415  (settings come after this module)
        from django.db import connections  # noqa: PLC0415

        connection = connections["default"]
        before = settings.DATABASES["default"]["NAME"]
        with self.blocker.unblock():
            connection.close()
            connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = self.database
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = before

    def cookies_of(self, make: "Callable[[], Any]") -> dict[str, str]:
        """Cookies that sign in the person whom `make` finds or creates in this portal."""
        from django.conf import settings  # noqa: PLC0415
        from django.contrib import auth  # noqa: PLC0415
        from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

        with self.rows():
            person = make()
            session = SessionStore()
            session[auth.SESSION_KEY] = str(person.pk)
            session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            return {settings.SESSION_COOKIE_NAME: str(session.session_key)}

    def _start(self, name: str, command: list[str]) -> Child:
        environ = {**self.environ, "PORTAL_PROCESS": name}
        child = start(name, command, log=self.var / f"{name}.log", environ=environ, cwd=environment.ROOT)
        self.children[name] = child
        return child


@contextlib.contextmanager
def running_portal(
    database: str, address: str, blocker: Any, *, jira: Mapping[str, str] | None = None, web: bool = True,
    worker: bool = False,
) -> Iterator[RunningPortal]:
    """Run a portal on this database; `jira` are the variables that name its Jira. Without `web` it has no pages."""
    var = services.short_folder("set-live-")
    (var / "run").mkdir()
    secret, port = secrets.token_hex(16), free_port(0)
    url = f"http://127.0.0.1:{port}"
    environ = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "PORTAL_ENV_FILES": "0", "DEBUG": "1", "PORTAL_DEMO": "1", "PORTAL_VAR": str(var), "PORT": str(port),
        "PORTAL_BASE_URL": url, "PYTHONUNBUFFERED": "1", "DATABASE_URL": address, "JIRA_WEBHOOK_SECRET": secret,
        **(jira or {}),
    }
    portal = RunningPortal(url, port, database, environ, var, secret, blocker)
    try:
        portal.start_broker()
        if web:
            portal.start_web()
        if worker:
            portal.start_worker()
        yield portal
    finally:
        stop_all([child for name, child in portal.children.items() if name != "broker"], patience=3)
        stop_all(list(portal.children.values()), patience=2)
        shutil.rmtree(var, ignore_errors=True)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(64).startswith(b"HTTP/1.1 200")
    return False
