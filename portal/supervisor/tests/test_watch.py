"""Who ends by itself is started again, a few times; then all stops, with its last words."""

import sys
from pathlib import Path

import pytest

from portal.supervisor import watch
from portal.supervisor.processes import Child, start, stop_all
from portal.supervisor.services import ServiceFault


def child(name: str, script: str, folder: Path) -> Child:
    return start(name, [sys.executable, "-c", script], log=folder / f"{name}.log", environ={})


def test_a_worker_that_dies_is_started_again_and_dies_for_good_only_after_some_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "PAUSE", 0.0)
    lasting = child("web", "import time; time.sleep(60)", tmp_path)
    children = [lasting, child("worker", "print('once more'); raise SystemExit(3)", tmp_path)]
    with pytest.raises(ServiceFault, match=r"worker ended by itself \(exit code 3\), 6 times within 10 minutes"):
        watch.watch(children)
    assert (tmp_path / "worker.log").read_text().count("once more") == 6
    assert capsys.readouterr().out.count("worker ended by itself (exit code 3); it is started again.") == 5
    assert lasting.alive()
    stop_all(children, patience=2)


def test_a_database_that_dies_is_not_started_again(tmp_path: Path) -> None:
    with pytest.raises(ServiceFault, match="postgres ended by itself"):
        watch.watch([child("postgres", "raise SystemExit(1)", tmp_path)])
