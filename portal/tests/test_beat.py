"""Beat's timetable on clocks that jump: whatever they show, the tick is sent each second."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from redbeat.schedulers import RedBeatConfig, ensure_conf, get_redis

from portal.beat import Timetable
from portal.celery import app

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TICK, CHATS = "portal.tick", "incidents.read_chats"  # each second, each five


class Watched(Timetable):
    """Notes what it sends, and needs no lock."""

    _maybe_due_kwargs: dict[str, Any] = {}

    def __init__(self) -> None:
        self.sent: list[str] = []
        super().__init__(app)
        self.lock_key = None

    def apply_async(self, entry: Any, **_: Any) -> None:
        self.reserve(entry)
        self.sent.append(entry.task)


class Clock:
    """What the clock shows."""

    shows = NOON

    def beat(self, at: datetime) -> Watched:
        """A beat that starts now."""
        self.shows = at
        return Watched()

    def run(self, beat: Watched, start: datetime, seconds: int) -> list[str]:
        """Look after each second of so many, as beat does; what was sent."""
        beat.sent.clear()
        for second in range(1, seconds + 1):
            self.shows = start + second * SECOND
            beat.tick()
        return list(beat.sent)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    found, conf = Clock(), ensure_conf(app)
    for name in ("schedule_key", "statics_key", "key_prefix"):
        monkeypatch.setattr(conf, name, f"test-beat:{name}:")
    monkeypatch.setattr(app, "now", lambda: found.shows.astimezone(app.timezone))
    yield found
    kept = get_redis(app)
    kept.delete(*kept.scan_iter("test-beat:*"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("address", [
    "unix:///tmp/some.sock?db=2", "redis://:secret@broker.example:6380/3", "rediss://broker.example:6380/3",
])
def test_beat_is_told_where_its_broker_is_and_how_long_to_wait_for_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = RedBeatConfig(app)  # it warns where it has to guess
    assert conf.redis_url == settings.REDIS_URL
    conf.redis_url = address
    monkeypatch.setattr(app, "redbeat_conf", conf, raising=False)
    monkeypatch.setattr(app, "redbeat_redis", None, raising=False)
    given = get_redis(app).connection_pool.make_connection()
    assert (given.socket_timeout, given.socket_connect_timeout) == (5, 5)


def test_the_tick_is_sent_each_second(clock: Clock) -> None:
    assert settings.CELERY_BEAT_SCHEDULER == "portal.beat.Timetable"
    sent = clock.run(clock.beat(NOON), NOON, 12)
    assert (sent.count(TICK), sent.count(CHATS)) == (12, 2)


@pytest.mark.parametrize("ahead", [5 * SECOND, HOUR, 400 * 24 * HOUR])
def test_a_clock_that_was_ahead_and_is_set_back_stops_nothing(clock: Clock, ahead: timedelta) -> None:
    beat = clock.beat(NOON)
    clock.run(beat, NOON, 3)
    assert clock.run(beat, NOON + ahead, 3).count(TICK) == 3
    sent = clock.run(beat, NOON + 3 * SECOND, 12)
    assert (sent.count(TICK) >= 11, sent.count(CHATS)) == (True, 2)


def test_a_beat_that_starts_after_the_clock_was_set_back_does_not_wait_for_it(clock: Clock) -> None:
    clock.run(clock.beat(NOON + HOUR), NOON + HOUR, 3)
    assert clock.run(clock.beat(NOON), NOON, 10).count(TICK) >= 9


def test_a_beat_that_starts_again_goes_on_where_the_one_before_was(clock: Clock) -> None:
    clock.run(clock.beat(NOON), NOON, 4)
    at = NOON + 4 * SECOND
    sent = clock.run(clock.beat(at), at, 5)
    assert (sent.count(TICK), sent.count(CHATS)) == (5, 1)


@pytest.mark.parametrize("change", [
    datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC),
], ids=["1:59 is followed by 1:00", "the hour that comes twice is over", "1:59 is followed by 3:00"])
def test_in_the_night_in_which_the_clocks_change_the_tick_comes_each_second(clock: Clock, change: datetime) -> None:
    assert settings.CELERY_TIMEZONE == "America/New_York"
    start = change - 6 * SECOND
    sent = clock.run(clock.beat(start), start, 12)
    assert (sent.count(TICK), sent.count(CHATS)) == (12, 2)


def test_beat_sends_no_task_that_no_worker_knows() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
