"""A really running portal for tests: a web process on a copy of the template database, with a broker of its own.

The test client knows neither uvicorn, event streams nor a worker. Nothing here imports Django before it is used:
settings are read once the tests' services stand.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal import env as environment
from portal.supervisor import services
from portal.supervisor.demo import free_port
from portal.supervisor.jobs import CELERY
from portal.supervisor.processes import Child, start, stop_all
from portal.tests.patience import PATIENCE, until

SERVICES = {"broker", "database"}
KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "CI")


@dataclass
class RunningPortal:
    """A portal that answers at `url`. `environ` is what every process of it is started with.

    A test breaks it by the names of its processes, "web", "worker", "beat", "broker", and "database" where it has one
    of its own:

        with run_portal(web=False, worker=True, beat=True) as portal:
            portal.kill("worker")       # kill -9, with all that it has started; it stays dead
            portal.revive("worker")     # another one; a broker comes back at the same address, empty
            portal.freeze("broker")     # hangs, answers nobody …
            portal.thaw("broker")       # … and goes on
            portal.until(lambda: …, what="the step was not taken")

    Nobody watches over it, but `until` does while it waits: what ended by itself is started again, as the one command
    does. `rows()` gives the test process the portal's own rows.
    """

    url: str
    port: int
    database: str
    environ: dict[str, str]
    var: Path
    webhook_secret: str
    blocker: Any  # pytest-django's, who otherwise keeps a test without `db` from the database
    sandbox: Any = None  # the stand-in for Jira that it mirrors, where it has one
    children: dict[str, Child] = field(default_factory=dict)
    ticks: bool = False  # by beat; where nothing comes again, the worker drops no task that waited long
    processes: int = 0  # of the worker; 0: it does one thing at a time, in its own process
    home: services.PostgresHome | None = None  # of a PostgreSQL of its own; without, it shares that of the tests
    database_child: Child | None = None

    # Life

    def start_web(self) -> None:
        """Start uvicorn and wait until it answers."""
        command = [
            sys.executable, "-m", "uvicorn", "portal.asgi:application", "--host", "127.0.0.1", "--port", str(self.port),
            "--timeout-graceful-shutdown", "1", "--no-access-log", "--log-level", "warning", "--no-server-header",
        ]
        web = self._start("web", command)
        until(lambda: not web.alive() or _answers(self.port), lambda: self._silent(web))
        if not web.alive():
            raise services.ServiceFault(self._silent(web))

    def _silent(self, web: Child) -> str:
        return f"The portal does not answer:\n{web.last_words(40)}"

    def start_worker(self) -> None:
        """Start a worker, if there is none. Tasks wait in the broker until it is there."""
        worker = self.children.get("worker")
        if worker is None or not worker.alive():
            pool = ["--concurrency", str(self.processes)] if self.processes else ["--pool", "solo"]
            options = ["--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
            celery = CELERY if self.ticks else [*CELERY[:-1], "portal.tests.worker"]
            self._start("worker", [*celery, "worker", *pool, *options])

    def start_beat(self) -> None:
        """Start beat, by which the tick comes each second."""
        self._start("beat", [*CELERY, "beat", "--loglevel", "INFO", "--pidfile="])

    def start_broker(self) -> None:
        """Start Valkey; after `stop("broker")` it comes back at the same address, empty."""
        folder = self.var / "run"
        child, address = services.start_valkey(data=folder, sockets=folder, log=self.var / "valkey.log", persist=False)
        self.children["broker"] = child
        self.environ["REDIS_URL"] = address

    def start_database(self) -> None:
        """Start a PostgreSQL of its own, with the durability of a real one; after `kill("database")` it comes back with
        what it held."""
        if self.database_child is not None and self.database_child.again is not None:
            child = self.database_child.again()
        else:
            self.var.chmod(0o711)  # root's PostgreSQL runs as somebody else, who must be able to pass through
            home = services.postgres_home(self.var)
            child, self.environ["DATABASE_URL"] = services.start_postgres(home, log=self.var / "postgres.log")
            self.home = home
        self.children["database"] = self.database_child = child

    def stop(self, name: str) -> None:
        """End `web`, `worker`, `beat` or `broker` politely."""
        stop_all([self.children.pop(name)], patience=3)

    def kill(self, name: str) -> None:
        """End it with kill -9, with all that it has started. It stays dead until `revive`."""
        child = self.children.pop(name)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait(timeout=PATIENCE)

    def revive(self, name: str) -> None:
        """Start it again. A broker is empty, at the same address."""
        {
            "web": self.start_web, "worker": self.start_worker, "beat": self.start_beat, "broker": self.start_broker,
            "database": self.start_database,
        }[name]()

    def freeze(self, name: str) -> None:
        """Have it hang: it is there, and answers nobody."""
        os.killpg(self.children[name].process.pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        os.killpg(self.children[name].process.pid, signal.SIGCONT)

    def until(self, true: Callable[[], Any], *, what: str, patience: float = PATIENCE) -> None:
        """Wait until something is true; meanwhile start again what ended by itself. From the main thread only. Raises
        `AssertionError` with `what`, and the last words."""

        def words() -> str:
            return "\n".join([what, *(f"{name}: {child.last_words(6)}" for name, child in self.children.items())])

        def look() -> Any:
            found = true()
            for name, child in list(self.children.items()):
                if not found and not child.alive():
                    self.revive(name)
            return found

        until(look, words, patience=patience)

    def manage(
        self, *words: str, check: bool = True, patience: float = 3 * PATIENCE, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command of `manage.py` against this portal; `more` are further variables."""
        return subprocess.run(
            [sys.executable, str(environment.ROOT / "manage.py"), *words], env=self.environ | more, text=True,
            cwd=environment.ROOT, capture_output=True, check=check, timeout=patience,
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

        connection, whole = connections["default"], settings.DATABASES["default"]
        before = {name: whole[name] for name in ("NAME", "HOST")}
        here = {"NAME": self.database, "HOST": str(self.home.sockets) if self.home else whole["HOST"]}
        with self.blocker.unblock():
            connection.close()
            connection.settings_dict |= here
            whole |= here
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict |= before
                whole |= before

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
    worker: bool = False, beat: bool = False, processes: int = 0, environ: Mapping[str, str] | None = None,
) -> Iterator[RunningPortal]:
    """Run a portal on this database; `jira` are the variables that name its Jira. Without `web` it has no pages,
    without `beat` no tick. `processes`: of the worker. `environ`: further variables, such as EMAIL_URL. Without an
    `address` it has a PostgreSQL of its own."""
    var = services.short_folder("set-live-")
    (var / "run").mkdir()
    secret, port = secrets.token_hex(16), free_port(0)
    url = f"http://127.0.0.1:{port}"
    values = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "PORTAL_ENV_FILES": "0", "DEBUG": "1", "PORTAL_DEMO": "1", "PORTAL_VAR": str(var), "PORT": str(port),
        "PORTAL_BASE_URL": url, "PYTHONUNBUFFERED": "1", "DATABASE_URL": address, "JIRA_WEBHOOK_SECRET": secret,
        **(jira or {}), **(environ or {}),
    }
    portal = RunningPortal(url, port, database, values, var, secret, blocker, ticks=beat, processes=processes)
    try:
        portal.start_broker()
        if not address:
            portal.start_database()
            for command in ("migrate", "load_handbook"):  # as the tests' own has it: without the demo
                portal.manage(command)
        if web:
            portal.start_web()
        if worker:
            portal.start_worker()
        if beat:
            portal.start_beat()
        yield portal
    finally:
        for name in portal.children:
            portal.thaw(name)  # what hangs takes no signal
        stop_all([child for name, child in portal.children.items() if name not in SERVICES], patience=3)
        stop_all(list(portal.children.values()), patience=2)
        shutil.rmtree(var, ignore_errors=True)
        if portal.home is not None and portal.home.moved:
            shutil.rmtree(portal.home.data.parent, ignore_errors=True)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(64).startswith(b"HTTP/1.1 200")
    return False
