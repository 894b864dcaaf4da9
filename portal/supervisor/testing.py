"""The tests' services, as a pytest plugin (`-p portal.supervisor.testing`).

Settings are read before any conftest, so the services stand before that: one PostgreSQL for the whole run (kept in
`var/test` between runs, a template database per state of the migrations), and a Valkey for each worker, because
publish and subscribe know no database numbers.
"""

import atexit
import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
from psycopg import sql

from portal import env as environment
from portal.common import locks
from portal.supervisor import services
from portal.supervisor.processes import Child, stop_all
from portal.supervisor.running import RunningPortal, running_portal
from portal.tests.patience import PATIENCE

_children: list[Child] = []
_folders: list[Path] = []
_locks: list[IO[str]] = []
KEPT = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "CI"}


def _test_var() -> Path:
    """`var/test`, or a folder of its own where another run holds that one."""
    var = environment.ROOT / "var" / "test"
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        var = Path(tempfile.mkdtemp(prefix="set-test-", dir="/tmp"))
        var.chmod(0o711)
        _folders.append(var)
    else:
        _locks.append(lock)
    return var


def _start_shared(var: Path) -> None:
    home = services.postgres_home(var)
    log = var / "postgres.log"
    try:
        child, url = services.start_postgres(home, log=log, settings=services.FAST_AND_LOOSE, max_connections=120)
    except services.ServiceFault:
        # Without fsync a machine that lost power leaves rubble; tests lose nothing by beginning anew.
        shutil.rmtree(home.data, ignore_errors=True)
        child, url = services.start_postgres(home, log=log, settings=services.FAST_AND_LOOSE, max_connections=120)
    _children.append(child)
    os.environ["DATABASE_URL"] = url


def _start() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for name in list(os.environ):
            if name.startswith(("JIRA_", "MATTERMOST_", "SANDBOX_", "EMAIL_", "PORTAL_", "REDIS_", "DATABASE_")):
                del os.environ[name]
        var = _test_var()
        os.environ |= {"PORTAL_ENV_FILES": "0", "DEBUG": "1", "PORTAL_VAR": str(var), "PORTAL_DEMO": ""}
        os.environ.pop("TEAM_TIME_ZONE", None)
        _start_shared(var)
    folder = services.short_folder("set-valkey-")
    _folders.append(folder)
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ["PORTAL_VAR"] = str(folder)  # rows of two databases have the same numbers, and files their names
    child, os.environ["REDIS_URL"] = services.start_valkey(
        data=folder, sockets=folder, log=folder / "valkey.log", persist=False
    )
    _children.append(child)


def _stop() -> None:
    stop_all(_children, patience=3)
    _children.clear()
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


atexit.register(_stop)
_start()


def migrations_hash() -> str:
    """A name for the state of all migrations and reference data of the project."""
    digest = hashlib.sha256()
    paths = [
        *environment.ROOT.glob("*/migrations/*.py"), *environment.ROOT.glob("*/*/migrations/*.py"),
        *environment.ROOT.glob("*/handbook/*.toml"),
    ]
    for path in sorted(paths):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _cluster() -> Iterator["psycopg.Connection[Any]"]:
    url = os.environ["DATABASE_URL"].replace("/set_portal?", "/postgres?", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [locks.TEMPLATE])
        yield connection


def database_url(name: str) -> str:
    """The address of another database of the same PostgreSQL."""
    return os.environ["DATABASE_URL"].replace("/set_portal?", f"/{name}?", 1)


def copy_of_template(name: str, template: str) -> None:
    """Make (again) the database `name` as a copy of `template`."""
    with _cluster() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def drop_database(name: str) -> None:
    with _cluster() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _template_exists(connection: "psycopg.Connection[Any]", name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


@pytest.fixture(scope="session")
def template_database(django_db_blocker: Any) -> str:
    """A migrated database with reference data, made once per state of the migrations."""
    from django.core.management import call_command  # noqa: PLC0415  (settings come after this plugin)
    from django.db import connections  # noqa: PLC0415

    name = f"template_{migrations_hash()}"
    with _cluster() as cluster:
        if _template_exists(cluster, name):
            return name
        for (old,) in cluster.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'").fetchall():
            if old not in {"template0", "template1"}:
                cluster.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        making = f"making_{name}"
        cluster.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
        cluster.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
        connection = connections["default"]
        connection.close()
        before = connection.settings_dict["NAME"]
        connection.settings_dict["NAME"] = making
        with django_db_blocker.unblock():
            call_command("migrate", verbosity=0, interactive=False)
            call_command("load_handbook", verbosity=0)
            connection.close()
        connection.settings_dict["NAME"] = before
        cluster.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: Any) -> Iterator[None]:
    """Each worker has a database of its own, copied from the template."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from portal.supervisor import emptying  # noqa: PLC0415

    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    copy_of_template(name, template_database)
    connection = connections["default"]
    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
    with django_db_blocker.unblock():
        emptying.empty_as_it_began()
    yield
    with django_db_blocker.unblock():
        connection.close()
    drop_database(name)


DEMO = {
    "people": [["load_demo"]],
    "rotations": [["load_demo"], ["shell", "-c", (
        "from portal.common import clock; from set_rotation.actions.demo import load_demo_rotations; "
        "load_demo_rotations(at=clock.now())"
    )]],
}


def demo_database(of: str, template: str) -> str:
    """The template with the demo's `people`, or with their `rotations` around now too: told once in a run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    name, making = f"demo_{of}_{run}", f"making_demo_{of}"
    with _cluster() as cluster:
        if _template_exists(cluster, name):
            return name
        for (old,) in cluster.execute("SELECT datname FROM pg_database WHERE datname ~ '^(making_)?demo_'").fetchall():
            if not old.endswith(run):
                cluster.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        cluster.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(making), sql.Identifier(template)
            )
        )
        environ = os.environ | {"DATABASE_URL": database_url(making), "PORTAL_DEMO": "1"}
        for words in DEMO[of]:
            manage = [sys.executable, str(environment.ROOT / "manage.py"), *words]
            subprocess.run(
                manage, env=environ, cwd=environment.ROOT, check=True, capture_output=True, timeout=5 * PATIENCE
            )
        cluster.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def run_portal(
    template_database: str, django_db_blocker: Any
) -> "Callable[..., contextlib.AbstractContextManager[RunningPortal]]":
    """`with run_portal(jira=sandbox.environment, worker=True) as portal:` a portal of its own, for a test that breaks
    things. `demo="people"` or `demo="rotations"`: with the demo's."""

    @contextlib.contextmanager
    def run(*, demo: str = "", **options: Any) -> Iterator[RunningPortal]:
        name = f"live_{os.getpid()}_{secrets.token_hex(3)}"
        copy_of_template(name, demo_database(demo, template_database) if demo else template_database)
        try:
            with running_portal(name, database_url(name), django_db_blocker, **options) as portal:
                yield portal
        finally:
            drop_database(name)

    return run


@pytest.fixture(scope="session")
def live_portal(
    run_portal: "Callable[..., contextlib.AbstractContextManager[RunningPortal]]",
) -> Iterator[RunningPortal]:
    """One portal for all tests that only look and click: the demo's team, web and worker, and the sandbox as its Jira,
    mirrored whole, whose edits reach it by webhook. Edit tickets of your own; leave everything running."""
    with mirrored_portal(run_portal) as portal:
        yield portal


@contextlib.contextmanager
def mirrored_portal(
    run_portal: "Callable[..., contextlib.AbstractContextManager[RunningPortal]]",
) -> Iterator[RunningPortal]:
    """The demo's team, web and worker, and a sandbox as its Jira, mirrored whole, whose edits reach it by webhook."""
    from integrations.sandbox.testing import run_sandbox  # noqa: PLC0415  (only who asks for it pays for it)

    with run_sandbox() as sandbox, run_portal(demo="people", jira=sandbox.environment, worker=True) as portal:
        portal.sandbox = sandbox
        portal.mirror()
        sandbox.control("webhooks", {"url": f"{portal.url}/webhooks/jira/", "secret": portal.webhook_secret})
        yield portal
