"""The cache fails open: without a broker a page is slower, never broken."""

import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache

from portal.common.cache import FailOpenRedisCache


@pytest.fixture
def away() -> BaseCache:
    return FailOpenRedisCache("unix:///tmp/no-such-valkey.sock", {})


def test_without_a_server_every_call_answers_as_an_empty_cache(away: BaseCache) -> None:
    assert away.get("a") is None
    assert away.get("a", "b") == "b"
    away.set("a", 1)
    assert away.add("a", 1)
    assert not away.touch("a")
    assert not away.delete("a")
    assert not away.has_key("a")
    assert away.incr("a", 2) == 2
    assert away.get_many(["a"]) == {}
    assert away.set_many({"a": 1}) == ["a"]
    assert away.get_or_set("a", lambda: 7) == 7


def test_with_a_server_it_keeps_what_it_is_given() -> None:
    cache.set("kept", {"a": 1}, 60)
    assert cache.get("kept") == {"a": 1}
    assert not cache.add("kept", 2, 60)
    assert cache.get_many(["kept", "other"]) == {"kept": {"a": 1}}
    assert cache.delete("kept")
    assert cache.get("kept") is None
