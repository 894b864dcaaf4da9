"""From a change in Jira to the open boards, all the way: sandbox, webhook, worker, broker, stream."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Section, part, times_of
from bench.sizes import Size
from bench.stand import WEBHOOK_SECRET, Portal, Stand
from integrations.sandbox.testing import Sandbox, run_sandbox
from portal import env as environment
from portal.supervisor.demo import free_port

ISSUES, TOLD_TO_MANY, PATIENCE = 400, 12, 30.0


def measure(stand: Stand, size: Size) -> list[Section]:
    port = free_port(0)
    address = f"http://127.0.0.1:{port}/webhooks/jira/"
    with run_sandbox(issues=ISSUES, webhook_url=address, webhook_secret=WEBHOOK_SECRET) as sandbox:
        portal = stand.portal("live", jira=sandbox.jira_url, port=port)
        portal.run("sync", "full")
        portal.start_web()
        portal.start_worker()
        with _boards(portal, 1) as crowd:
            _wait_for_worker(sandbox, crowd)
        sections = [_one_board(portal, sandbox, size)]
        sections += [_many_boards(portal, sandbox, count) for count in size.boards]
        stand.forget(portal)
    return sections


class Boards:
    """Open boards in a process of their own, and the changes made while they are open."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.made: dict[str, float] = {}

    def change(self, sandbox: Sandbox, number: int) -> None:
        """A new summary for an issue; the moment noted is the one before Jira is asked to change it."""
        said = f"bench-{time.monotonic_ns()}-end"
        self.made[said] = time.monotonic()
        answer = sandbox.jira("PUT", f"/rest/api/2/issue/MM-{number}", json={"fields": {"summary": f"Now {said}"}})
        answer.raise_for_status()

    def close(self) -> dict[str, list[float]]:
        """When each change reached the boards, in seconds after it was made."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seen: dict[str, list[float]] = json.loads(self.process.stdout.readline().removeprefix("done "))
        return {said: [at - made for at in seen.get(said, [])] for said, made in self.made.items()}


@contextlib.contextmanager
def _boards(portal: Portal, count: int) -> Iterator[Boards]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.crowd", str(portal.port), portal.cookie, str(count)], cwd=environment.ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != f"open {count}":
            raise RuntimeError(f"{count} boards could not be opened")
        yield Boards(process)
    finally:
        process.kill()
        process.wait()


def _wait_for_worker(sandbox: Sandbox, crowd: Boards) -> None:
    """The first change waits for the worker to start; what is measured does not."""
    crowd.change(sandbox, 1)
    time.sleep(PATIENCE / 6)


def _one_board(portal: Portal, sandbox: Sandbox, size: Size) -> Section:
    with _boards(portal, 1) as crowd:
        for number in range(size.changes):
            crowd.change(sandbox, 1 + number % ISSUES)
            time.sleep(0.25)
        time.sleep(PATIENCE / 3)
        took = [seconds for found in crowd.close().values() for seconds in found]
    section = Section(
        "A change in Jira, on an open board",
        f"{size.changes} changes, some four a second: from the moment that Jira is asked to make the change until the "
        "card has arrived at an open board, through webhook, worker (two processes), the fetching of the issue and the "
        "stream.",
    )
    section.add("changes that arrived", f"{len(took)} of {size.changes}", target="all", met=len(took) == size.changes)
    p95 = part(took, 95)
    section.add("p50 / p95 / p99", times_of(took), target="p95 < 1 s", met=p95 < 1)
    return section


def _many_boards(portal: Portal, sandbox: Sandbox, count: int) -> Section:
    before = memory(portal.web.process.pid)
    begun = time.monotonic()
    with _boards(portal, count) as crowd:
        opened = time.monotonic() - begun
        time.sleep(1)
        held, threads = memory(portal.web.process.pid), of_status(portal.web.process.pid, "Threads:")
        for number in range(TOLD_TO_MANY):
            crowd.change(sandbox, 1 + number)
            time.sleep(1 if count <= 1_000 else 2)
        time.sleep(2)
        found = crowd.close()
    time.sleep(1)
    took = [seconds for each in found.values() for seconds in each]
    wanted = count * TOLD_TO_MANY
    section = Section(
        f"{count:,} open boards on one web process",
        f"{TOLD_TO_MANY} changes in Jira, one after the other, measured as above on every board: the slowest counts "
        "too. The boards are real connections, read by another process on the same cores.",
    )
    section.add("boards told of a change", f"{len(took):,} of {wanted:,}", target="all", met=len(took) == wanted)
    section.add(
        "p50 / p95 / p99", times_of(took), target="p99 < 1 s" if count <= 1_000 else "",
        met=part(took, 99) < 1 if count <= 1_000 else None, ratio=f"slowest {max(took) * 1000:.0f} ms",
    )
    section.add(
        "memory of the web process before / with them", f"{before:.0f} / {held:.0f} MB",
        ratio=f"{(held - before) * 1000 / count:.0f} KB a board",
    )
    section.add(
        "threads of the web process with them", f"{threads}", target="no more for more boards", met=threads < 100,
    )
    section.add("time to open all of them", f"{opened:.1f} s", ratio=f"{opened / count * 1000:.1f} ms each")
    return section


def memory(pid: int) -> float:
    """What a process holds in memory now, in MB."""
    return of_status(pid, "VmRSS:") / 1_000


def of_status(pid: int, name: str) -> int:
    """A number of a process's status; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
