"""`make run` to the first page, and Ctrl-C until nothing of it is left."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from bench.figures import Section, middle, spread
from bench.sizes import Size
from bench.stand import KEPT, Portal, Stand
from portal import env as environment
from portal.supervisor.demo import free_port

PATIENCE = 90.0


def measure(stand: Stand, size: Size) -> list[Section]:
    firsts, agains, stops = list[float](), list[float](), list[float]()
    for run in range(size.starts):
        var = stand.folder / f"start-{run}"
        for found in (firsts, agains):
            took, stopped = _start_and_stop(stand, var)
            found.append(took)
            stops.append(stopped)
    section = Section(
        "Start and stop",
        f"`make run` with its environment set up, in a data folder of its own: {size.starts} first starts (new "
        f"database, demo team), {size.starts} later ones. Until the first page has arrived whole; Ctrl-C, with an "
        "event stream open, until no process of it is left. Median (lowest–highest).",
    )
    section.add("first start, new data", f"{spread(firsts)} s")
    section.add("later start", f"{spread(agains)} s", target="≤ 3 s", met=middle(agains) <= 3)
    section.add("stop", f"{spread(stops)} s", target="≤ 5 s", met=max(stops) <= 5)
    return [section]


def _start_and_stop(stand: Stand, var: Path) -> tuple[float, float]:
    port = free_port(0)
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= {"PORTAL_ENV_FILES": "0", "PORTAL_VAR": str(var), "PORT": str(port)}
    begun = time.monotonic()
    with (stand.folder / "make-run.log").open("ab") as log:
        make = subprocess.Popen(
            ["make", "-s", "run"], cwd=environment.ROOT, env=environ, start_new_session=True, stdout=log, stderr=log,  # noqa: S607
        )
    try:
        _first_page(port, make)
        took = time.monotonic() - begun
        with _open_stream(port, _cookie(stand, var, port, environ)):
            family = descendants(make.pid)
            begun = time.monotonic()
            os.killpg(make.pid, signal.SIGINT)
            make.wait(PATIENCE)
            while alive(family) and time.monotonic() - begun < PATIENCE:
                time.sleep(0.02)
            return took, time.monotonic() - begun
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGKILL)


def _first_page(port: int, make: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and make.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _get(port, "/") == 200:
                return
        time.sleep(0.01)
    raise RuntimeError("`make run` did not answer")


def _get(port: int, path: str) -> int:
    """The status of a page, after at most one way to another (the first page leads to the sign-in)."""
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 302:
            break
        path = answer.headers["Location"]
    return answer.status


def _cookie(stand: Stand, var: Path, port: int, environ: Mapping[str, str]) -> str:
    written = dotenv_values(var / "run" / "portal.env", interpolate=False)
    running = {name: value or "" for name, value in written.items()}
    portal = Portal("run", port, {**environ, **running, "DJANGO_SETTINGS_MODULE": "portal.settings"}, stand.folder)
    return str(portal.run("session"))


def _open_stream(port: int, cookie: str) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", port), timeout=10)
    stream.sendall(f"GET /board/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: set_session={cookie}\r\n\r\n".encode())
    if b" 200 " not in stream.recv(64):
        raise RuntimeError("the event stream did not open")
    return stream


def descendants(parent: int) -> set[int]:
    """All processes that came from this one, and itself."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout  # noqa: S607
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = {parent}
    while more := {pid for pid, came_from in pairs if came_from in found} - found:
        found |= more
    return found


def alive(pids: set[int]) -> bool:
    """Whether any of these still runs; a dead one that nobody has asked after yet does not."""
    wanted = ",".join(map(str, sorted(pids)))
    told = subprocess.run(["ps", "-o", "stat=", "-p", wanted], capture_output=True, text=True, check=False).stdout  # noqa: S607
    return any(not state.startswith("Z") for state in told.split())
