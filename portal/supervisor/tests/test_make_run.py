"""The one command, run for real: every process it starts, and that none of them stays."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from portal.env import ROOT
from portal.supervisor.demo import free_port
from portal.tests.patience import PATIENCE, until

CLEAN = ("JIRA_", "MATTERMOST_", "SANDBOX_", "EMAIL_", "PORTAL_", "REDIS_", "DATABASE_", "PYTEST_", "DJANGO_")
NAMES = {"postgres", "valkey-server", "uvicorn", "celery", "integrations.sandbox"}


class Run:
    """A supervisor on a data folder and a port of its own."""

    def __init__(self, var: Path, port: int) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(CLEAN)}
        environ |= {"PORTAL_VAR": str(var), "PORT": str(port), "PORTAL_ENV_FILES": "0", "DEBUG": "1"}
        self.var, self.port = var, port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal.supervisor"], cwd=ROOT, env=environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )

    def wait_for_page(self) -> str:
        return until(self.page, "no page", patience=4 * PATIENCE)  # all of it is made first: data, demo, mirror

    def page(self) -> str:
        assert self.process.poll() is None, self.rest()
        with contextlib.suppress(OSError):
            return self.read("/sign-in/")
        return ""

    def read(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=PATIENCE) as page:
            return str(page.read().decode())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def family(self) -> list[psutil.Process]:
        """Every process that belongs to this run, the grandchildren included."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for(self, word: str) -> psutil.Process:
        """A living process of this run that was started with this word."""
        return until(lambda: self.living(word), f"no {word}")

    def living(self, word: str) -> psutil.Process | None:
        assert self.process.poll() is None, self.rest()
        for member in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                if lives(member) and word in member.cmdline():
                    return member
        return None

    def manage(self, *words: str) -> str:
        """What a command of `manage.py` says, in another terminal."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(CLEAN)}
        done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, text=True, capture_output=True,
                              env=environ | {"PORTAL_VAR": str(self.var)}, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rest(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.communicate(timeout=PATIENCE)[0]
        return ""

    def end(self) -> None:
        family = self.family() if self.process.poll() is None else []
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self.process.wait(timeout=PATIENCE)


def all_go(family: list[psutil.Process]) -> None:
    """Every one of them ends; a zombie that its new parent has not reaped yet has ended too."""
    until(lambda: not any(lives(member) for member in family),
          lambda: f"these stay: {[member.cmdline() for member in family if lives(member)]}")


def lives(member: psutil.Process) -> bool:
    try:
        return bool(member.is_running() and member.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def database(var: Path) -> "psycopg.Connection[tuple[Any, ...]]":
    """This run's own."""
    told = (var / "run" / "portal.env").read_text()
    return psycopg.connect(told.partition("DATABASE_URL='")[2].partition("'")[0], autocommit=True)


def rung(var: Path, key: str) -> None:
    """Set a timer that is due now, in this run's own database, and wait until a tick has come to it."""
    with database(var) as connection:
        connection.execute(
            "INSERT INTO common_timer (kind, key, due_at, token, attempts, fault) "
            "VALUES ('test', %s, now(), '', 0, '')", [key],
        )
        asked = "SELECT fault FROM common_timer WHERE key = %s AND fault <> ''"
        until(lambda: connection.execute(asked, [key]).fetchone(), f"the timer {key} was not done")


def valkey_of(run: Run) -> psutil.Process:
    return next(member for member in run.family() if member.name() == "valkey-server")


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="set-run-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as somebody who must pass through
        yield Path(folder)


@pytest.mark.xdist_group("supervisor")
def test_all_starts_stops_finds_its_data_again_and_nothing_stays_after_kill_9(var: Path) -> None:
    first = Run(var, free_port(18_400))
    try:
        assert "Sign in" in first.wait_for_page()
        told = (var / "run" / "portal.env").read_text()
        assert "JIRA_BASE_URL" in told
        assert "PORTAL_DEMO='1'" in told
        family = first.family()
        lines = " ".join(" ".join(member.cmdline()) for member in family)
        assert all(name in lines for name in NAMES), lines
        assert "--no-proxy-headers" in lines, "nobody says where they come from"
        first.process.send_signal(signal.SIGINT)
        first.process.wait(timeout=PATIENCE)
        all_go(family)
    finally:
        first.end()
    second = Run(var, free_port(18_400))
    try:
        second.wait_for_page()
        log = (var / "log" / "prepare.log").read_text()
        assert log.count("Applying tickets.0001_initial") == 1, "the second start has found the first one's data"
        second.wait_for("beat").kill()
        assert second.wait_for("beat").is_running(), "it was started again"
        valkey_of(second).kill()
        rung(var, "after the broker")
        assert second.process.poll() is None
        family = second.family()
        second.process.kill()
        all_go(family)
    finally:
        second.end()


@pytest.mark.long
@pytest.mark.xdist_group("supervisor")
def test_a_broker_that_is_killed_comes_back_and_what_is_due_is_done_after_it(var: Path) -> None:
    run = Run(var, free_port(18_500))
    try:
        run.wait_for_page()
        rung(var, "before")
        valkey = valkey_of(run)
        for kept in (var / "valkey" / "appendonlydir").glob("*.incr.aof"):
            kept.write_bytes(b"*3 rubble")  # a kill in the middle of a write may leave this
        valkey.kill()
        rung(var, "after")
        assert run.process.poll() is None
        assert '"broker"' in run.read("/readyz")
        for name in ("worker", "beat"):
            run.wait_for(name).kill()
            rung(var, f"after {name}")
        run.process.send_signal(signal.SIGINT)
        assert "valkey ended by itself (exit code -9); it is started again" in run.rest()
    finally:
        run.end()


KILLED = ("postgres", "web", "worker", "clock", "slow", "beat", "valkey")
DECLARED = f"""
from incidents.tests import factories
from portal.common import clock
print(*[factories.incident(str(number), at=clock.now()).pk for number in range({len(KILLED)})])
"""
DUE = """
UPDATE incidents_promise SET due_at = now() + interval '3 s', ring_at = now() + interval '3 s',
       at = now() - interval '20 min', rings = '{"ten_before": "2026-01-01T00:00Z", "five_before": "2026-01-01T00:00Z"}'
WHERE incident_id = %s AND state = 'open' RETURNING due_at
"""
REMINDED = "SELECT written_at FROM incidents_incidentevent WHERE incident_id = %s AND what = 'reminded'"


def child(run: Run, name: str) -> psutil.Process:
    """The process that the supervisor started by this name."""

    def found() -> psutil.Process | None:
        for member in psutil.Process(run.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if name in {member.name().removesuffix("-server"), member.environ().get("PORTAL_PROCESS")}:
                    return member
        return None

    return until(found, f"no {name}")


def rings_once(var: Path, incident: int, kill: psutil.Process) -> None:
    """The reminder of this one falls due, and a moment before it this process is killed."""
    with database(var) as connection:
        due_at = connection.execute(DUE, [incident]).fetchall()[0][0]
    time.sleep(2.5)
    kill.kill()

    def reminded() -> list[tuple[Any, ...]]:
        with contextlib.suppress(psycopg.OperationalError), database(var) as connection:
            return connection.execute(REMINDED, [incident]).fetchall()
        return []

    assert until(reminded, f"it did not ring after {kill} was killed")[0][0] >= due_at


@pytest.mark.long
@pytest.mark.xdist_group("supervisor")
def test_a_promise_rings_once_whichever_process_is_killed_and_all_of_it_runs_on(var: Path) -> None:
    run = Run(var, free_port(18_520))
    try:
        run.wait_for_page()
        rung(var, "before")
        incidents = [int(number) for number in run.manage("shell", "-v0", "-c", DECLARED).split()]
        for incident, name in zip(incidents, KILLED, strict=True):
            rings_once(var, incident, child(run, name))
        assert "Sign in" in run.wait_for_page()
        time.sleep(3)
        with database(var) as connection:
            counts = [len(connection.execute(REMINDED, [incident]).fetchall()) for incident in incidents]
        assert counts == [1] * len(KILLED)
        assert run.process.poll() is None
        run.process.send_signal(signal.SIGINT)
        said = run.rest()
        assert [name for name in KILLED if f"{name} ended by itself (exit code -9); it is started again" in said] == (
            list(KILLED))
    finally:
        run.end()


@pytest.mark.xdist_group("supervisor")
def test_a_taken_port_is_said_in_one_sentence(var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = Run(var, taken.getsockname()[1])
        said = run.rest().strip()
    assert run.process.returncode == 1
    assert said == f"Port {run.port} is taken. Choose another: make run PORT={run.port + 10}"


@pytest.mark.xdist_group("supervisor")
def test_a_second_start_on_the_same_data_says_who_is_there(var: Path) -> None:
    (var / "run").mkdir()
    with (var / "run" / "supervisor.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = Run(var, free_port(18_440))
        assert "already running on the data in" in run.rest()
    assert run.process.returncode == 1


@pytest.mark.xdist_group("supervisor")
@pytest.mark.parametrize("port", ["0", "70000", "eighty"])
def test_a_port_that_is_none_is_said(port: str, var: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PORTAL_VAR": str(var), "PORT": port, "PORTAL_ENV_FILES": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "portal.supervisor"], cwd=ROOT, env=environ, capture_output=True, text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert f"PORT: expected a number from 1 to 65535, found '{port}'." in done.stderr


def test_a_folder_that_cannot_be_made_is_said() -> None:
    environ = {"PATH": os.environ["PATH"], "PORTAL_VAR": "/proc/nowhere", "PORT": "18470", "PORTAL_ENV_FILES": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "portal.supervisor"], cwd=ROOT, env=environ, capture_output=True, text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "The data folder /proc/nowhere cannot be made" in done.stderr
    assert "Traceback" not in done.stderr
