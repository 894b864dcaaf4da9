"""The tick: what is due is done once, however many ticks there are, and one that fails keeps no other waiting."""

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client

from incidents.actions.ringing import ring_batch
from incidents.choices import Severity
from incidents.models import Promise
from incidents.tests import factories as incidents
from integrations.outbox import actions as outbox
from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests.factories import person
from portal import flows
from portal.common import clock, jobs
from portal.common.models import Timer
from portal.common.timers import claimed, due_timers, set_timer
from portal.flows import ticking
from portal.flows.incidents import promises
from portal.flows.senders import SENDERS, Sender
from portal.tests.patience import PATIENCE, ended, until
from portal.tests.together import together
from set_rotation.actions.paging import PURPOSE

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The keys of the timers of the kind "test" that were done, in order."""
    found: list[str] = []

    def ring(key: str, _at: datetime) -> None:
        found.append(key)
        if key.startswith("broken"):
            raise ValueError("the bell is broken")

    monkeypatch.setitem(ticking.TIMERS, "test", ring)
    yield found


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    found: list[tuple[str, tuple[object, ...]]] = []

    def queue(name: str, *args: object, expires: float | None = None, where: str = "") -> bool:
        found.append((name, (*args, where) if where else args))
        return True

    monkeypatch.setattr(jobs, "queue", queue)
    return found


def put(count: int, *, at: datetime = AT, key: str = "k") -> None:
    Timer.objects.bulk_create(Timer(kind="test", key=f"{key}{number}", due_at=at) for number in range(count))


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_do_each_of_many_timers_once(
    rung: list[str], queued: list[object]
) -> None:
    put(200)
    assert together(*[lambda: flows.tick(at=AT)] * 2) == []
    assert Counter(rung) == Counter(f"k{number}" for number in range(200))
    assert not Timer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_thousand_timers_are_done_once_by_two_workers(rung: list[str], queued: list[object]) -> None:
    put(1_000)

    def worker() -> None:
        until(lambda: flows.tick(at=AT) is not None and not Timer.objects.exists(), "some were not done")

    assert together(*[worker] * 2) == []
    assert len(rung) == len(set(rung)) == 1_000


@pytest.mark.django_db
def test_a_tick_ends_in_time_and_the_next_one_goes_on(
    rung: list[str], queued: list[tuple[str, tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(120)
    monkeypatch.setattr(ticking, "LASTS", 0.0)
    flows.tick(at=AT)
    assert len(rung) < 5 and queued == [("portal.help_tick", ())]  # and another worker was asked to help
    queued.clear()
    monkeypatch.setattr(ticking, "LASTS", PATIENCE)
    flows.tick(at=AT, alone=False)
    assert len(rung) == 120 and not queued


@pytest.mark.django_db
def test_the_soonest_rings_first_and_what_is_not_due_waits(rung: list[str], queued: list[object]) -> None:
    for key, minutes in (("late", -1), ("later", 1), ("first", -9)):
        set_timer(kind="test", key=key, due_at=AT + timedelta(minutes=minutes))
    flows.tick(at=AT)
    assert rung == ["first", "late"]
    flows.tick(at=AT + timedelta(minutes=1))
    assert rung[2:] == ["later"]


@pytest.mark.django_db(transaction=True)
def test_a_timer_whose_worker_is_killed_is_done_by_the_next_tick(rung: list[str], queued: list[object]) -> None:
    put(1)
    held, dead = threading.Event(), threading.Event()

    def die() -> None:
        with claimed(timer_id=due_timers(at=AT)[0], at=AT):
            held.set()
            assert dead.wait(PATIENCE)
            connection.close()  # as the kernel does for a process that is gone

    thread = threading.Thread(target=die)
    thread.start()
    assert held.wait(PATIENCE)
    flows.tick(at=AT)
    assert rung == []  # somebody is at it
    dead.set()
    ended(thread)
    flows.tick(at=AT + timedelta(seconds=1))
    assert rung == ["k0"]


@pytest.mark.django_db
def test_a_timer_that_fails_keeps_no_other_waiting_and_is_seen_by_somebody(
    rung: list[str], queued: list[object], client: Client
) -> None:
    now = clock.now()
    set_timer(kind="test", key="broken", due_at=now - timedelta(minutes=2))
    set_timer(kind="test", key="good", due_at=now)
    client.force_login(person(Role.LEAD))
    assert "Not done" not in client.get("/outbox/").content.decode()
    for _ in range(2):
        Timer.objects.filter(key="broken").update(due_at=now)
        flows.tick(at=now)
    assert rung == ["broken", "good", "broken"]
    text = client.get("/outbox/").content.decode()
    assert "Not done in time" in text and "ValueError: the bell is broken" in text and "tried 2 times" in text


@pytest.mark.django_db
def test_a_kind_that_nobody_knows_is_said(queued: list[object]) -> None:
    set_timer(kind="nobody.knows", key="1", due_at=AT)
    flows.tick(at=AT)
    timer = Timer.objects.get()
    assert "knows timers of the kind nobody.knows" in timer.fault and timer.due_at > AT


@pytest.mark.django_db
def test_pages_leave_before_whatever_waits_for_a_system_that_hangs_and_by_either_worker(
    queued: list[tuple[str, tuple[object, ...]]]
) -> None:
    def letter(purpose: str, number: int) -> Delivery:
        return outbox.enqueue(topic="mail.send", scope=f"{purpose}{number}", title="", payload={}, at=AT,
                              purpose=purpose)

    waiting = [letter("reminder", number) for number in range(120)]
    page = letter(PURPOSE, 0)
    assert flows.tick(at=AT) == 101
    assert queued[:3] == [("portal.deliver", (page.id,)), ("portal.deliver", (page.id, "slow")),
                          ("portal.deliver", (waiting[0].id,))]
    assert len(queued) == 102


@pytest.mark.django_db
def test_while_more_reminders_ring_than_a_tick_can_do_it_asks_for_help_and_nothing_but_pages_leaves(
    queued: list[tuple[str, tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = incidents.NIGHT + timedelta(minutes=5)
    for _ in range(3):
        incidents.incident(severity=Severity.SEV3)
    Promise.objects.update(ring_at=at)
    mail, page = (outbox.enqueue(topic="mail.send", scope=purpose, title="", payload={}, at=at, purpose=purpose)
                  for purpose in ("reminder", PURPOSE))
    seconds = itertools.count(step=0.5)
    monkeypatch.setattr(promises, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(promises, "ring_batch", partial(ring_batch, limit=2))
    monkeypatch.setattr(promises, "BATCH", 2)
    monkeypatch.setattr(promises, "LASTS", 0.8)
    flows.tick(at=at)
    assert queued == [("portal.help_tick", ()), ("portal.deliver", (page.id,)), ("portal.deliver", (page.id, "slow"))]
    queued.clear()
    flows.tick(at=at)  # the last of them is rung
    assert not Promise.objects.filter(ring_at__lte=at).exists()
    assert ("portal.deliver", (mail.id,)) in queued and "portal.help_tick" not in dict(queued)


@pytest.mark.django_db
def test_one_reminder_keeps_nothing_from_leaving(queued: list[tuple[str, tuple[object, ...]]]) -> None:
    at = incidents.NIGHT + timedelta(minutes=5)
    incidents.incident(severity=Severity.SEV3)
    Promise.objects.update(ring_at=at)
    mail = outbox.enqueue(topic="mail.send", scope="reminder", title="", payload={}, at=at)
    flows.tick(at=at)
    assert ("portal.deliver", (mail.id,)) in queued and "portal.help_tick" not in dict(queued)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("attempts", "again"), [(0, True), (2, False)])  # the second may be what kills workers
def test_what_a_killed_worker_was_sending_is_taken_up_by_the_next_tick(
    queued: list[tuple[str, tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch, attempts: int, again: bool
) -> None:
    delivery = outbox.enqueue(topic="test", scope="test", title="", payload={}, at=AT)
    Delivery.objects.update(attempts=attempts)
    sends, dead = threading.Event(), threading.Event()

    def send(_: Delivery) -> outbox.Sent:
        sends.set()
        assert dead.wait(PATIENCE)
        connection.close()  # as the kernel does for a process that is gone
        raise SystemExit

    def work() -> None:
        with contextlib.suppress(SystemExit):
            flows.deliver(delivery_id=delivery.id, at=AT)
        connection.close()

    monkeypatch.setitem(SENDERS, "test", Sender(send))
    thread = threading.Thread(target=work)
    thread.start()
    assert sends.wait(PATIENCE)
    flows.tick(at=AT)
    assert not queued and flows.deliver(delivery_id=delivery.id, at=AT) is None  # somebody is at it
    dead.set()
    ended(thread)
    flows.tick(at=AT + timedelta(seconds=1))
    assert queued == ([("portal.deliver", (delivery.id,))] if again else [])
    if again:
        taken = outbox.claim(delivery_id=delivery.id, at=AT + timedelta(seconds=1))
        assert taken is not None and taken.unanswered_at == AT + timedelta(seconds=1)
