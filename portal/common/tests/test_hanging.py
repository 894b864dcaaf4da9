"""A broker that takes connections and never answers: whoever asks first waits two seconds, and nobody asks it after
that."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from people.choices import Role
from people.tests.factories import person
from portal.celery import app
from portal.common import away, jobs, live
from portal.common import cache as floor
from portal.common.cache import FailOpenRedisCache
from portal.common.jobs import queue
from portal.tests.patience import PATIENCE, until
from tickets.tasks import sync_incremental


@dataclass
class Hanging:
    """A server that takes everybody and answers nobody."""

    door: socket.socket
    taken: list[socket.socket] = field(default_factory=list)
    who: list[object] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.door.getsockname()[1]}/0"

    def take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, address = self.door.accept()
                self.taken.append(one)
                self.who.append(address)

    def asked(self) -> int:
        """How often anybody has come so far. They are taken in turn: once we are, all before us were."""
        before = len(self.who)
        with socket.create_connection(self.door.getsockname()) as ours:
            mine = ours.getsockname()
            until(lambda: mine in self.who, "nobody was taken")
        self.who.remove(mine)
        assert len(self.who) >= before
        return len(self.who)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr(away, "PAUSE", PATIENCE)  # not asked again until the test is over
    for name in ("socket_connect_timeout", "socket_timeout"):
        monkeypatch.setitem(jobs.AT_ONCE, name, 2)
    for module, name, seconds in ((floor, "PATIENCE", 2.0), (live, "PATIENCE", 2.0), (jobs, "SLOW", 1.5)):
        monkeypatch.setattr(module, name, seconds)
    with socket.create_server(("127.0.0.1", 0)) as door:
        found = Hanging(door)
        threading.Thread(target=found.take, daemon=True).start()
        yield found
        door.shutdown(socket.SHUT_RDWR)  # whoever waits at it goes
    for one in found.taken:
        one.close()
    away._until.clear()
    live.client.cache_clear()


def test_the_cache_waits_once_and_asks_again_after_a_while(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, began = FailOpenRedisCache(hanging.url, {}), time.monotonic()
    assert cache.get("a", "b") == "b"
    assert time.monotonic() - began > 1
    asked = hanging.asked()
    assert asked >= 1
    for _ in range(50):
        assert cache.get("a") is None
        assert cache.add("a", 1)
    assert hanging.asked() == asked
    monkeypatch.setattr(time, "monotonic", lambda: began + 10 * PATIENCE)
    assert not away.is_away(hanging.url)


def test_a_server_that_refuses_is_asked_each_time_for_that_costs_nothing() -> None:
    cache = FailOpenRedisCache("redis://127.0.0.1:9/0", {})
    assert cache.get("a") is None
    assert not away.is_away("redis://127.0.0.1:9/0")


def test_a_task_that_cannot_be_handed_over_is_said_and_the_next_one_without_asking(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "broker_url", hanging.url)
    assert not queue(sync_incremental)
    asked = hanging.asked()
    assert asked >= 1
    assert not queue(sync_incremental)
    assert hanging.asked() == asked


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/board/", "/tickets/", "/sync/"])
def test_a_page_waits_once_and_after_that_asks_nothing(
    hanging: Hanging, settings: Settings, client: Client, path: str
) -> None:
    client.force_login(person(Role.ENGINEER))
    settings.REDIS_URL = hanging.url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": hanging.url}}
    live.client.cache_clear()
    assert client.get(path).status_code == 200
    asked = hanging.asked()
    assert asked >= 1
    assert client.get(path).status_code == 200
    assert hanging.asked() == asked
