"""`python -m portal.supervisor`: start everything, watch over it, stop all of it together."""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from portal import env as environment
from portal.supervisor import demo, services
from portal.supervisor.jobs import start_jobs
from portal.supervisor.processes import Child, start, stop_all
from portal.supervisor.watch import INSTALLER, watch

FREE_MB = 300
PATIENCE = 4.0  # seconds; "Ctrl-C stops all of it within 5 s"


class _Stop(Exception):
    """Raised by a signal to leave the main loop."""


def main() -> None:
    values = environment.sources(os.environ, running=False)
    var = Path(values.get("PORTAL_VAR") or environment.ROOT / "var").resolve()
    children: list[Child] = []
    started = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise)
    try:
        port = _port(values)
        with _only_one(var):
            started = True
            _run(values, var, port, children)
    except _Stop:
        # A second Ctrl-C must not leave half of it running.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("\nStopping ...", flush=True)
    except (services.ServiceFault, environment.EnvironmentFaults, demo.SandboxFault) as fault:
        _shut(children)
        sys.exit(f"\n{fault}\n")
    finally:
        _shut(children)
        # What is not running must not be found by a process that starts without a supervisor.
        if started:
            (var / "run" / "portal.env").unlink(missing_ok=True)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise _Stop


def _run(values: dict[str, str], var: Path, port: int, children: list[Child]) -> None:
    logs = var / "log"
    values = {"DEBUG": "1", **values, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    _start_services(values, var, logs, children)
    values |= demo.start_sandbox(values, var, logs, children, port)
    checked = environment.load(values)
    _remember(var, values)
    _prepare(values, logs)
    _start_web(values, logs, port, children)
    _wait_for_page(port, children)
    # Once the first page is there: on two cores three starts at once keep it waiting.
    children.extend(start_jobs(values, logs))
    children.append(_install_solver(logs))
    print(demo.block(checked, var, port), flush=True)
    watch(children)


def _port(values: dict[str, str]) -> int:
    """The port to serve on, free at this moment; ends with one sentence where it is not."""
    text = values.get("PORT", "") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise services.ServiceFault(f"PORT: expected a number from 1 to 65535, found {text!r}.")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            if error.errno == errno.EACCES:
                words = f"Port {text} needs more rights. Choose another: make run PORT=8080"
                raise services.ServiceFault(words) from error
            words = f"Port {text} is taken. Choose another: make run PORT={int(text) + 10}"
            raise services.ServiceFault(words) from error
    return int(text)


@contextlib.contextmanager
def _only_one(var: Path) -> Iterator[None]:
    """Make `var`, and hold it for one supervisor at a time."""
    try:
        for name in ("log", "run", "files"):
            (var / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise services.ServiceFault(f"The data folder {var} cannot be made: {error.strerror}.") from error
    free = shutil.disk_usage(var).free // 1_000_000
    if free < FREE_MB:
        raise services.ServiceFault(f"The disk is full: {free} MB are free under {var}, the portal needs {FREE_MB} MB.")
    with (var / "run" / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            words = (
                f"The portal is already running on the data in {var}. Stop that one first, or give this one its own: "
                "PORTAL_VAR=var/mine make run PORT=8100"
            )
            raise services.ServiceFault(words) from error
        yield


def _start_services(values: dict[str, str], var: Path, logs: Path, children: list[Child]) -> None:
    if not values.get("DATABASE_URL"):
        home = services.postgres_home(var)
        if home.moved:
            print(f"PostgreSQL cannot enter {var} as {home.user}; its data lies in {home.data}", flush=True)
        child, values["DATABASE_URL"] = services.start_postgres(home, log=logs / "postgres.log")
        children.append(child)
    if not values.get("REDIS_URL"):
        child, values["REDIS_URL"] = services.start_valkey(
            data=var / "valkey", sockets=environment.socket_folder(var), log=logs / "valkey.log"
        )
        children.append(child)


def _remember(var: Path, values: dict[str, str]) -> None:
    """Write what is running where, so that `manage.py` in another terminal finds it."""
    names = ("DEBUG", "PORT", "DATABASE_URL", "REDIS_URL", *demo.WRITTEN)
    lines = [f"{name}='{values[name]}'\n" for name in names if name in values]
    path = var / "run" / "portal.env"
    path.touch(mode=0o600)
    path.write_text("".join(lines))


def _prepare(values: dict[str, str], logs: Path) -> None:
    print("Preparing the data ...", flush=True)
    with (logs / "prepare.log").open("ab") as log:
        done = subprocess.run(
            [sys.executable, str(environment.ROOT / "manage.py"), "prepare"],
            env=values, stdout=log, stderr=subprocess.PIPE, text=True, check=False, start_new_session=True,
        )
    if done.returncode != 0:
        reason = done.stderr.strip().removeprefix("CommandError: ")
        raise services.ServiceFault(f"The database could not be prepared:\n{reason}")


def _start_web(values: dict[str, str], logs: Path, port: int, children: list[Child]) -> None:
    command = [
        sys.executable, "-m", "uvicorn", "portal.asgi:application", "--host", values.get("BIND", "127.0.0.1"),
        "--port", str(port), "--timeout-graceful-shutdown", "2", "--no-access-log", "--log-level", "warning",
        "--no-server-header", "--lifespan", "off",
        # On one machine no proxy stands before it, and anybody could write where they come from.
        "--no-proxy-headers" if environment.load(values).debug else "--proxy-headers",
    ]
    environ = {**values, "PORTAL_PROCESS": "web"}
    children.append(start("web", command, log=logs / "web.log", environ=environ, cwd=environment.ROOT))


def _install_solver(logs: Path) -> Child:
    """What the planner needs, once the rest runs; it ends by itself, at once where nothing is missing."""
    command = [sys.executable, "-m", "portal.supervisor.bootstrap", "solver"]
    return start(INSTALLER, command, log=logs / f"{INSTALLER}.log", environ=os.environ, cwd=environment.ROOT)


def _wait_for_page(port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + services.READY
    while time.monotonic() < deadline:
        dead = next((child for child in children if not child.alive()), None)
        if dead is not None:
            raise services.ServiceFault(f"{dead.name} did not start. Its last words ({dead.log}):\n{dead.last_words()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            # Whatever it answers, it is up: where ALLOWED_HOSTS does not name this machine, that is a refusal.
            if connection.recv(64).startswith(b"HTTP/1.1 "):
                return
        time.sleep(0.03)
    raise services.ServiceFault(
        f"The web server does not answer after {services.READY:.0f} s; see {children[-1].log.parent}"
    )


def _shut(children: list[Child]) -> None:
    """Those who use the services first, then the services, so that nobody logs a lost connection."""
    users = [child for child in children if child.name not in {"postgres", "valkey"}]
    stop_all(users, patience=PATIENCE * 0.7)
    stop_all([child for child in children if child not in users], patience=PATIENCE * 0.3 + 0.5)
    children.clear()


if __name__ == "__main__":
    main()
