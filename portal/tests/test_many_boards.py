"""What many open boards cost the web process: `make bench` measures them, this keeps what it led to."""

import contextlib
import sys
from pathlib import Path

import pytest

from people.choices import Role
from people.tests.factories import person
from portal.supervisor.running import RunningPortal
from portal.tests.streams import listen

pytestmark = [
    pytest.mark.xdist_group("live_portal"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process holds"),
]
BOARDS = 40


def told(portal: RunningPortal, place: str, name: str) -> int:
    """A number that Linux tells of the web process."""
    lines = Path(f"/proc/{portal.children['web'].process.pid}/{place}").read_text().splitlines()
    return next(int(line.removeprefix(name).split()[0]) for line in lines if line.startswith(name))


def test_an_open_board_holds_no_thread(live_portal: RunningPortal) -> None:
    cookies = live_portal.cookies_of(lambda: person(Role.VIEWER, email="many.boards@example.org"))
    before = told(live_portal, "status", "Threads:")
    with contextlib.ExitStack() as boards:
        for _ in range(BOARDS):
            stream = boards.enter_context(listen(f"{live_portal.url}/board/live/?since=0", cookies=cookies))
            assert stream.status == 200
        assert told(live_portal, "status", "Threads:") < before + BOARDS / 2


def test_the_web_process_may_open_as_many_files_as_the_system_lets_it(live_portal: RunningPortal) -> None:
    lines = Path(f"/proc/{live_portal.children['web'].process.pid}/limits").read_text().splitlines()
    soft, hard = next(line.split()[3:5] for line in lines if line.startswith("Max open files"))
    assert soft == hard or int(soft) >= 65_536
