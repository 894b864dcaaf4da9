"""What a database of the tests begins with, kept aside and put back after a test with transactions of its own.

Django truncates every table instead and makes its own rows anew: a second of work for a test that wrote ten rows.
"""

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

KEPT = "kept_for_tests"


def empty_as_it_began() -> None:
    """Have tests with transactions of their own put back what this database holds now. Once for a database."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {KEPT}")
        for table in _filled(cursor, _tables(cursor)):
            cursor.execute(f'CREATE TABLE {KEPT}."{table}" AS TABLE public."{table}"')
    TransactionTestCase._fixture_teardown = _put_back  # type: ignore[attr-defined]


def _put_back(_test: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no foreign key is looked at meanwhile
        try:
            for table in _filled(cursor, _tables(cursor)):
                cursor.execute(f'DELETE FROM public."{table}"')  # noqa: S608  (names are the database's own)
            for table in _tables(cursor, KEPT):
                cursor.execute(f'INSERT INTO public."{table}" TABLE {KEPT}."{table}"')
        finally:
            cursor.execute("RESET session_replication_role")


def _tables(cursor: Any, schema: str = "public") -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
    return [name for (name,) in cursor.fetchall()]


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    """Those with a row. One query."""
    each = [f"SELECT '{one}' WHERE EXISTS (SELECT FROM public.\"{one}\")" for one in tables]  # noqa: S608
    cursor.execute(" UNION ALL ".join(each))
    return [name for (name,) in cursor.fetchall()]
