"""Who ends by itself is started again, a few times; then all stops, with its last words."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from portal.env import ROOT
from portal.supervisor import watch
from portal.supervisor.__main__ import _wait_for_page
from portal.supervisor.demo import free_port
from portal.supervisor.processes import Child, start, stop_all
from portal.supervisor.services import ServiceFault
from portal.tests.patience import PATIENCE


def child(name: str, script: str, folder: Path) -> Child:
    return start(name, [sys.executable, "-c", script], log=folder / f"{name}.log", environ={})


def test_a_worker_that_dies_is_started_again_and_dies_for_good_only_after_some_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "PAUSE", 0.0)
    lasting = child("web", "import time; time.sleep(3600)", tmp_path)
    children = [lasting, child("worker", "print('once more'); raise SystemExit(3)", tmp_path)]
    with pytest.raises(ServiceFault, match=r"worker ended by itself \(exit code 3\), 6 times within 10 minutes"):
        watch.watch(children)
    assert (tmp_path / "worker.log").read_text().count("once more") == 6
    assert capsys.readouterr().out.count("worker ended by itself (exit code 3); it is started again.") == 5
    assert lasting.alive()
    stop_all(children, patience=PATIENCE)


def test_a_database_that_dies_is_not_started_again(tmp_path: Path) -> None:
    with pytest.raises(ServiceFault, match="postgres ended by itself"):
        watch.watch([child("postgres", "raise SystemExit(1)", tmp_path)])


def test_a_database_that_is_killed_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "PAUSE", 0.0)
    killed = child("postgres", "import os; os.kill(os.getpid(), 9)", tmp_path)
    with pytest.raises(ServiceFault, match=r"postgres ended by itself \(exit code -9\), 6 times within 10 minutes"):
        watch.watch([killed])
    assert capsys.readouterr().out.count("postgres ended by itself (exit code -9); it is started again.") == 5


def test_a_page_that_refuses_this_machine_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def refuse() -> None:
            taken, _ = door.accept()
            with taken:
                taken.recv(1_000)
                taken.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        _wait_for_page(door.getsockname()[1], [])  # one that went on waiting would raise in the end


def test_a_database_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"], "PORTAL_VAR": str(tmp_path), "PORT": str(free_port(18_480)),
        "PORTAL_ENV_FILES": "0",
        "DATABASE_URL": "postgresql://set:hidden@127.0.0.1:9/set", "REDIS_URL": "redis://127.0.0.1:9/0",
        "JIRA_BASE_URL": "http://127.0.0.1:9", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "t",
        "MATTERMOST_BASE_URL": "http://127.0.0.1:9", "MATTERMOST_BOT_TOKEN": "t", "MATTERMOST_TEAM": "t",
    }
    done = subprocess.run(
        [sys.executable, "-m", "portal.supervisor"], cwd=ROOT, env=environ, capture_output=True, text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "The database that DATABASE_URL names cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr
