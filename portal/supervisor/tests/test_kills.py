"""Worker, beat and broker are killed with -9, or hang: what is due is done all the same, and soon."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from portal.common import clock
from portal.common.models import Timer
from portal.common.timers import set_timer
from portal.supervisor.running import RunningPortal

Run = Callable[..., AbstractContextManager[RunningPortal]]
# Seconds. Measured: 1 s after a worker, 3 to 4 s after a broker or beat; a machine that does much else takes longer.
SOON, LATE = 10.0, 40.0


@pytest.fixture(scope="module")
def portal(run_portal: Run) -> Iterator[RunningPortal]:
    with run_portal(web=False, worker=True, beat=True, processes=2) as found, found.rows():
        rung(found, "first", within=30)
        yield found


def rung(portal: RunningPortal, key: str, *, within: float = SOON) -> float:
    """Set a timer that is due now; how many seconds pass until a tick has come to it. Nobody knows its kind, so that it
    stays, and says so."""
    set_timer(kind="test.kills", key=key, due_at=clock.now())
    mine = Timer.objects.filter(kind="test.kills", key=key)
    took = portal.until(lambda: mine.exclude(fault="").exists(), within=within, what=f"the timer {key} was not done")
    assert mine.get().attempts == 1
    mine.delete()
    return took


@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("name", ["worker", "beat", "broker"])
def test_what_is_due_is_done_soon_after_one_of_them_is_killed(portal: RunningPortal, name: str) -> None:
    portal.kill(name)
    portal.revive(name)
    rung(portal, f"after {name}")
    assert rung(portal, f"long after {name}", within=5) < 5


@pytest.mark.xdist_group("kills")
def test_beat_outlives_a_broker_that_comes_back_empty(portal: RunningPortal) -> None:
    beat = portal.children["beat"].process.pid
    portal.kill("broker")
    time.sleep(1.5)
    portal.revive("broker")
    rung(portal, "after the broker")
    assert portal.children["beat"].process.pid == beat
    assert "beat has its lock again" in (portal.var / "beat.log").read_text()


@pytest.mark.long
@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("name", ["broker", "beat", "worker"])
def test_what_hung_for_some_seconds_goes_on(portal: RunningPortal, name: str) -> None:
    portal.freeze(name)
    time.sleep(6)
    portal.thaw(name)
    rung(portal, f"{name} hung")


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_all_three_killed_at_once_again_and_again(portal: RunningPortal) -> None:
    for turn in range(3):
        for name in ("worker", "beat", "broker"):
            portal.kill(name)
        time.sleep(turn)
        for name in ("broker", "beat", "worker"):
            portal.revive(name)
        rung(portal, f"turn {turn}", within=LATE)


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_two_beats_tick_no_faster_than_one(portal: RunningPortal) -> None:
    first = portal.children.pop("beat")
    portal.start_beat()
    portal.children["other"] = first
    time.sleep(5)
    log = portal.var / "beat.log"
    before = log.read_text().count("(portal.tick)")
    time.sleep(6)
    ticks = log.read_text().count("(portal.tick)") - before
    portal.kill("other")
    rung(portal, "the second takes over")
    assert 4 <= ticks <= 8
