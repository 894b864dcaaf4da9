"""For whoever watches the portal: is the process alive, is it ready to serve."""

from collections.abc import Callable
from functools import lru_cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from portal.common.requests import alive

OK = "ok"
_migrated = False  # once true it stays so as long as this process lives


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else: a database that is away is no reason to restart the portal.

    GET is answered by a middleware already, before the session; this is its address, and refuses everything else.
    """
    return alive()


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The portal can serve: database, migrations, broker. 503 while it cannot; details stay in the log."""
    checks = {name: _told(check) for name, check in CHECKS.items()}
    ready = all(told == OK for told in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _told(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, RedisError, OSError):
        return "cannot be reached"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _migrations() -> str:
    global _migrated  # noqa: PLW0603  (reading every migration costs 50 ms, and is asked for each few seconds)
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return OK if _migrated else "not applied yet"


@lru_cache(maxsize=1)
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _broker() -> str:
    _client().ping()
    return OK


CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "broker": _broker}
