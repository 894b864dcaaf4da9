"""A stand to measure on: services, databases and processes of its own in a temporary folder, gone at the end."""

import contextlib
import http.client
import json
import os
import resource
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from portal import env as environment
from portal.supervisor import services
from portal.supervisor.demo import free_port
from portal.supervisor.jobs import start_jobs
from portal.supervisor.processes import Child, start, stop_all

KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV")
TEMPLATE = "set_portal"
WEBHOOK_SECRET = secrets.token_urlsafe(24)


@dataclass
class Portal:
    """A portal of its own: database, Valkey, and what is started of web and worker."""

    name: str
    port: int
    environ: dict[str, str]
    folder: Path
    children: list[Child] = field(default_factory=list)
    cookie: str = ""

    def run(self, step: str, *arguments: object, timeout: float = 3_600) -> Any:
        """Run a step of `bench.steps` in a process of its own; returns the JSON that it ends with."""
        done = subprocess.run(
            [sys.executable, "-m", "bench.steps", step, *map(str, arguments)], env=self.environ, cwd=environment.ROOT,
            check=False, capture_output=True, text=True, timeout=timeout,
        )
        if done.returncode != 0:
            raise RuntimeError(f"The step {step} failed:\n{done.stderr[-3_000:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start_web(self) -> None:
        """As the supervisor starts it, and ready to answer; a cookie of the lead is made the first time."""
        command = [
            sys.executable, "-m", "uvicorn", "portal.asgi:application", "--host", "127.0.0.1", "--port", str(self.port),
            "--timeout-graceful-shutdown", "2", "--no-access-log", "--log-level", "warning", "--proxy-headers",
            "--no-server-header",
        ]
        self._start("web", command)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.web.alive():
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    self.cookie = self.cookie or str(self.run("session"))
                    return
            time.sleep(0.05)
        raise RuntimeError(f"The web process did not start:\n{self.web.last_words()}")

    def start_worker(self) -> None:
        command = [
            sys.executable, "-m", "celery", "-A", "portal.celery", "worker", "--concurrency", "2", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle",
        ]
        self._start("worker", command)

    def start_jobs(self) -> None:
        """Workers and beat, as `make run` starts them."""
        self.children += start_jobs(self.environ, self.folder / self.name)

    def _start(self, name: str, command: list[str]) -> None:
        environ = {**self.environ, "PORTAL_PROCESS": name}
        log = self.folder / f"{self.name}-{name}.log"
        self.children.append(start(name, command, log=log, environ=environ, cwd=environment.ROOT))

    @property
    def web(self) -> Child:
        return next(child for child in reversed(self.children) if child.name == "web")

    def stop_web(self) -> None:
        stop_all([self.web], patience=6)
        self.children.remove(self.web)

    def stop(self) -> None:
        stop_all([child for child in self.children if child.name != "valkey"], patience=6)
        stop_all(self.children, patience=3)
        self.children.clear()


class Stand:
    """One PostgreSQL with its normal promises about durability, and portals on it."""

    def __init__(self) -> None:
        self.folder = services.short_folder("set-bench-")
        self.portals: list[Portal] = []
        self.children: list[Child] = []

    def __enter__(self) -> Self:
        # Root's PostgreSQL runs as somebody else, who must be able to pass through.
        self.folder.chmod(0o711)
        # As many systems begin; a process that needs more has to ask for it.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 1_024) if most > 0 else 1_024, most))
        self.home = services.postgres_home(self.folder)
        child, self.url = services.start_postgres(self.home, log=self.folder / "postgres.log", max_connections=150)
        self.children.append(child)
        first = self._portal("template", TEMPLATE, {})
        first.run("prepare")
        first.stop()
        self.portals.remove(first)
        return self

    def __exit__(self, *_: object) -> None:
        for portal in self.portals:
            portal.stop()
        stop_all(self.children, patience=10)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.home.moved:
            shutil.rmtree(self.home.data.parent, ignore_errors=True)

    def portal(self, name: str, *, jira: str = "", chat: str = "", port: int = 0) -> Portal:
        """A portal with a fresh database, looking at the Jira and the Mattermost at these addresses."""
        with self.cluster() as cluster:
            cluster.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
            )
        peers = {"BENCH_JIRA": jira, "BENCH_CHAT": chat}
        return self._portal(name, name, {variable: address for variable, address in peers.items() if address}, port)

    def _portal(self, name: str, database: str, more: Mapping[str, str], port: int = 0) -> Portal:
        port, folder = port or free_port(0), self.folder / name
        folder.mkdir()
        valkey, redis = services.start_valkey(
            data=folder, sockets=folder, log=folder / "valkey.log", persist=True
        )
        environ = {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "PORTAL_ENV_FILES": "0", "DEBUG": "0", "DJANGO_SETTINGS_MODULE": "bench.settings", "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": secrets.token_urlsafe(60), "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
            "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver", "PORTAL_VAR": str(folder),
            "BENCH_STATIC": str(self.folder / "static"), "REDIS_URL": redis, "JIRA_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "DATABASE_URL": self.url.replace("/set_portal?", f"/{database}?", 1), **more,
        }
        portal = Portal(name, port, environ, self.folder, [valkey])
        self.portals.append(portal)
        return portal

    @contextlib.contextmanager
    def cluster(self) -> Iterator["psycopg.Connection[Any]"]:
        address = self.url.replace("/set_portal?", "/postgres?", 1)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def forget(self, portal: Portal) -> None:
        """Stop a portal and drop its database."""
        portal.stop()
        self.portals.remove(portal)
        with self.cluster() as cluster:
            cluster.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(portal.name)))
