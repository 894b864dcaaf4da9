"""The cache, failing open: a broker that is down makes pages slower, never broken; one that hangs, only for once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from portal.common.away import is_away, kept_waiting

log = structlog.get_logger(__name__)
T = TypeVar("T")
PATIENCE = 2.0  # seconds for a connection, and for an answer


class FailOpenRedisCache(RedisCache):
    """Django's Redis cache that answers as an empty cache would while the server is away."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        given = params.get("OPTIONS", {})
        options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
        super().__init__(server, {**params, "OPTIONS": {**options, **given}})
        self._server = server

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", default, lambda: super(FailOpenRedisCache, self).get(key, default, version))

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask("set", None, lambda: super(FailOpenRedisCache, self).set(key, value, timeout, version))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask("add", True, lambda: super(FailOpenRedisCache, self).add(key, value, timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask("touch", False, lambda: super(FailOpenRedisCache, self).touch(key, timeout, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._ask("incr", delta, lambda: super(FailOpenRedisCache, self).incr(key, delta, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._ask("delete", False, lambda: super(FailOpenRedisCache, self).delete(key, version))

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._ask("has_key", False, lambda: super(FailOpenRedisCache, self).has_key(key, version))

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return self._ask("get_many", {}, lambda: super(FailOpenRedisCache, self).get_many(keys, version))

    def set_many(
        self, data: Mapping[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        return self._ask(
            "set_many", list(data), lambda: super(FailOpenRedisCache, self).set_many(dict(data), timeout, version)
        )

    def _ask(self, call: str, missed: T, ask: Callable[[], T]) -> T:
        if is_away(self._server):
            return missed
        try:
            return ask()
        except (RedisError, OSError) as error:
            if isinstance(error, RedisTimeout | TimeoutError):
                kept_waiting(self._server)
            log.warning("cache away", call=call, error=str(error))
            return missed
