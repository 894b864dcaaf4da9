"""The web process's connections after PostgreSQL was killed: none that is dead is given to a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper

from portal.dialects import pooled
from portal.tests.patience import PATIENCE

pytestmark = pytest.mark.django_db


@contextmanager
def asked(options: dict[str, Any]) -> Iterator[DatabaseWrapper]:
    """A connection of the web process's pool to the database of this test."""
    found = DatabaseWrapper({**connection.settings_dict, **options}, alias=connection.alias)
    try:
        yield found
    finally:
        found.close()
        found.close_pool()


def backend(of: DatabaseWrapper) -> int:
    """What a request does: it asks, and gives the connection back. Returns which process of PostgreSQL answered."""
    try:
        with of.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])
    finally:
        of.close()


def kill(pids: set[int]) -> None:
    """End these processes of PostgreSQL, and wait until they are gone."""
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
            assert cursor.fetchone() == (True,)


def test_a_request_after_postgres_was_killed_gets_a_connection_that_lives() -> None:
    options = pooled(connection.settings_dict)
    with asked({"OPTIONS": options["OPTIONS"], "CONN_HEALTH_CHECKS": options["CONN_HEALTH_CHECKS"]}) as web:
        before = backend(web)
        assert backend(web)  # it is kept
        for _ in range(3):
            kill(of_the_pool(web))
            assert backend(web) != before


def test_without_asking_the_dead_connection_is_what_it_gets() -> None:
    with asked({"OPTIONS": pooled(connection.settings_dict)["OPTIONS"], "CONN_HEALTH_CHECKS": False}) as web:
        backend(web)
        kill(of_the_pool(web))
        with pytest.raises(OperationalError):
            backend(web)


def of_the_pool(web: DatabaseWrapper) -> set[int]:
    """The processes of PostgreSQL behind all connections that the pool keeps."""
    assert web.pool is not None
    web.pool.wait(PATIENCE)
    return {kept.info.backend_pid for kept in web.pool._pool}
