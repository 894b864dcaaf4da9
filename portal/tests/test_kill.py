"""A run that is killed with -9, and two runs at once: nothing is lost, nothing doubled, nothing read twice."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox
from portal import env as environment
from portal.supervisor.running import RunningPortal
from portal.tests.mirroring import dump, statuses
from portal.tests.patience import PATIENCE, until
from tickets.choices import RunKind, RunState
from tickets.models import MirroredProject, SyncRun, Ticket, TicketChange

Run = Callable[..., AbstractContextManager[RunningPortal]]
ISSUES, CHANGES = 900, 2


@pytest.fixture
def both(run_portal: Run) -> Iterator[tuple[RunningPortal, Sandbox]]:
    """A portal and its Jira, which answers each request a little late."""
    with (
        run_sandbox(issues=ISSUES, changes=CHANGES) as sandbox,
        run_portal(jira=sandbox.environment | {"JIRA_SRE_PROJECT": ""}, web=False) as portal,
    ):
        sandbox.control("delay", {"ms": 500})  # there is time to kill it before it has come to its end
        yield portal, sandbox


@contextlib.contextmanager
def running(portal: RunningPortal, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py sync_jira` under way."""
    command = [sys.executable, str(environment.ROOT / "manage.py"), "sync_jira", *words]
    process = subprocess.Popen(
        command, env=portal.environ, cwd=environment.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def without_delay(sandbox: Sandbox) -> None:
    sandbox.control("delay", {"ms": 0})


def searches(sandbox: Sandbox) -> int:
    return sum("search/jql" in entry["path"] for entry in sandbox.requests())


def the_mirror_is_whole(sandbox: Sandbox) -> None:
    assert Ticket.objects.present().count() == ISSUES
    assert TicketChange.objects.count() == ISSUES * CHANGES
    assert dict(statuses()) == sandbox.counts()["statuses"]


def test_a_run_killed_in_the_middle_is_taken_up_where_it_was(both: tuple[RunningPortal, Sandbox]) -> None:
    portal, sandbox = both
    with portal.rows():
        with running(portal):
            until(lambda: Ticket.objects.count() >= 300, "nothing was mirrored")
        held = Ticket.objects.count()
        assert 300 <= held < ISSUES
        dead = SyncRun.objects.get()
        assert (dead.state, dead.seen) == (RunState.RUNNING, held)
        assert not MirroredProject.objects.get().complete
        before = dump("ticket", "ticketdetail")
        sandbox.reset_log()
        without_delay(sandbox)
        portal.manage("sync_jira")
        the_mirror_is_whole(sandbox)
        after = dump("ticket", "ticketdetail")
        assert set(before["ticketdetail"]) <= set(after["ticketdetail"])
        dead.refresh_from_db()
        run = SyncRun.objects.latest("id")
        assert (dead.state, run.state, run.kind, run.continues_id) == (
            RunState.INTERRUPTED, RunState.DONE, RunKind.FULL, dead.id,
        )  # fmt: skip
        assert run.created == ISSUES - held
        assert searches(sandbox) <= (ISSUES - held) // 100 + 2 < ISSUES // 100
        project = MirroredProject.objects.get()
        assert (project.complete, project.watermark) == (True, dead.jira_started_at)
        portal.manage("sync_jira", "--full")
        again = SyncRun.objects.latest("id")
        assert (again.created, again.updated, again.changes) == (0, 0, 0)


def test_what_changed_before_and_after_the_kill_is_not_lost(both: tuple[RunningPortal, Sandbox]) -> None:
    portal, sandbox = both
    with portal.rows():
        with running(portal):
            until(lambda: Ticket.objects.count() >= 300, "nothing was mirrored")
            sandbox.bulk("set", issues=["MM-5", "MM-899"], fields={"summary": "Changed under way"})
        sandbox.bulk("set", issues=["MM-6", "MM-898"], fields={"summary": "Changed after the kill"})
        without_delay(sandbox)
        portal.manage("sync_jira")
        portal.manage("sync_jira")
        found = Ticket.objects.filter(summary__startswith="Changed").values_list("key", "summary")
        assert dict(found) == {
            "MM-5": "Changed under way", "MM-899": "Changed under way", "MM-6": "Changed after the kill",
            "MM-898": "Changed after the kill",
        }  # fmt: skip


def test_killed_again_and_again_it_still_comes_to_its_end(both: tuple[RunningPortal, Sandbox]) -> None:
    portal, sandbox = both
    with portal.rows():
        for wanted in (100, 400, 700):
            with running(portal):
                until(lambda wanted=wanted: Ticket.objects.count() >= wanted, f"{wanted} were not reached")  # type: ignore[misc]
        without_delay(sandbox)
        portal.manage("sync_jira")
        the_mirror_is_whole(sandbox)
        assert [run.state for run in SyncRun.objects.order_by("id")] == [RunState.INTERRUPTED] * 3 + [RunState.DONE]


def test_of_two_runs_at_once_one_is_passed_over(both: tuple[RunningPortal, Sandbox]) -> None:
    portal, sandbox = both
    with portal.rows(), running(portal) as first:
        until(Ticket.objects.exists, "nothing was mirrored")
        os.killpg(first.pid, signal.SIGSTOP)  # however long the second takes to start up
        second = portal.manage("sync_jira")
        assert "passed over" in second.stdout
        without_delay(sandbox)
        os.killpg(first.pid, signal.SIGCONT)
        out, _ = first.communicate(timeout=PATIENCE)
        assert first.returncode == 0, out
        assert SyncRun.objects.count() == 1
        the_mirror_is_whole(sandbox)
