"""What is due is done, not before its moment, and once; though worker, beat and broker are killed with -9, or hang, all
the same."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from incidents.choices import What
from incidents.models import IncidentEvent
from incidents.tests import factories
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from portal.common import clock
from portal.common.models import Timer
from portal.common.timers import set_timer
from portal.supervisor.running import RunningPortal

Run = Callable[..., AbstractContextManager[RunningPortal]]


@pytest.fixture(scope="module")
def portal(run_portal: Run) -> Iterator[RunningPortal]:
    with run_portal(web=False, worker=True, beat=True, processes=2) as found, found.rows():
        rung(found, "first")
        yield found


def rung(portal: RunningPortal, key: str) -> None:
    """Set a timer that is due now, and wait until a tick has come to it. Nobody knows its kind, so that it stays, and
    says so. How soon that is on a machine of its own, bench/moments.py measures."""
    set_timer(kind="test.kills", key=key, due_at=clock.now())
    mine = Timer.objects.filter(kind="test.kills", key=key)
    portal.until(lambda: mine.exclude(fault="").exists(), what=f"the timer {key} was not done")
    assert mine.get().attempts == 1
    mine.delete()


@pytest.mark.xdist_group("kills")
def test_a_reminder_that_falls_due_while_all_runs_comes_once_and_not_before_its_moment(portal: RunningPortal) -> None:
    row = factories.incident(at=clock.now() - timedelta(minutes=5) + timedelta(seconds=2))
    due_at = row.promises.get().due_at - timedelta(minutes=10)
    letters = Delivery.objects.filter(key__startswith="ring-", state=State.SENT)
    portal.until(letters.exists, what="the reminder did not come")
    rung(portal, "a look more")
    [event] = IncidentEvent.objects.filter(incident=row, what=What.REMINDED)
    assert event.at >= due_at
    assert letters.count() == Delivery.objects.filter(key__startswith="ring-").count() == 1


@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("name", ["worker", "beat", "broker"])
def test_what_is_due_is_done_after_one_of_them_is_killed(portal: RunningPortal, name: str) -> None:
    portal.kill(name)
    portal.revive(name)
    rung(portal, f"after {name}")
    rung(portal, f"long after {name}")


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
        rung(portal, f"turn {turn}")


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_two_beats_tick_no_faster_than_one(portal: RunningPortal) -> None:
    first = portal.children.pop("beat")
    portal.start_beat()
    portal.children["other"] = first
    time.sleep(5)
    log = portal.var / "beat.log"
    before, began = log.read_text().count("(portal.tick)"), time.monotonic()
    portal.until(lambda: log.read_text().count("(portal.tick)") >= before + 6, what="nobody ticks")
    ticks, seconds = log.read_text().count("(portal.tick)") - before, time.monotonic() - began
    portal.kill("other")
    rung(portal, "the second takes over")
    assert ticks <= seconds + 2
