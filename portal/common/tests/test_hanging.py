"""A broker that takes connections and never answers: whoever asks first waits two seconds, and nobody after that."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from people.choices import Role
from people.tests.factories import person
from portal.celery import app
from portal.common import away, live
from portal.common.cache import FailOpenRedisCache
from portal.common.jobs import queue
from tickets.tasks import sync_incremental


@pytest.fixture
def hanging() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield f"redis://127.0.0.1:{door.getsockname()[1]}/0"
    away._until.clear()
    live.client.cache_clear()


def took(began: float) -> float:
    return time.monotonic() - began


def test_the_cache_waits_once_and_asks_again_after_a_while(hanging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, began = FailOpenRedisCache(hanging, {}), time.monotonic()
    assert cache.get("a", "b") == "b"
    assert 1 < took(began) < 4
    for _ in range(50):
        assert cache.get("a") is None
        assert cache.add("a", 1)
    assert took(began) < 5
    monkeypatch.setattr(time, "monotonic", lambda: began + 60)
    assert not away.is_away(hanging)


def test_a_server_that_refuses_is_asked_each_time_for_that_costs_nothing() -> None:
    cache = FailOpenRedisCache("redis://127.0.0.1:9/0", {})
    assert cache.get("a") is None
    assert not away.is_away("redis://127.0.0.1:9/0")


def test_a_task_that_cannot_be_handed_over_is_said_soon(hanging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", hanging)
    began = time.monotonic()
    assert not queue(sync_incremental)
    assert took(began) < 5
    assert not queue(sync_incremental)
    assert took(began) < 5


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/board/", "/tickets/", "/sync/"])
def test_a_page_stays_quick(hanging: str, settings: Settings, client: Client, path: str) -> None:
    client.force_login(person(Role.ENGINEER))
    settings.REDIS_URL = hanging
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": hanging}}
    live.client.cache_clear()
    assert client.get(path).status_code == 200
    began = time.monotonic()
    assert client.get(path).status_code == 200
    assert took(began) < 1
