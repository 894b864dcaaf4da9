"""The API against its own schema: whatever it is asked, it answers as declared, and never with a 500."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from people import actions
from people.choices import Role
from people.tests.factories import NOON, person
from tickets.models import TicketKey
from tickets.tests.factories import make_change, make_comment, make_project, make_run, make_ticket, make_user

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EACH = 25  # examples of one operation; all operations together take some ten seconds


def test_the_schema_is_complete_and_without_warnings() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO(), stderr=io.StringIO())


@pytest.fixture
def one_transaction(db: Any) -> Iterator[None]:
    """Requests leave the test's connection open, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def signed_in(one_transaction: None) -> dict[str, str]:
    """Headers of a reader, in front of a small mirror."""
    ticket = make_ticket("In Progress", key="MM-1", assignee=make_user(), description="*d*", labels=["a"])
    TicketKey.objects.create(key="OLD-1", ticket=ticket)
    make_change(ticket)
    make_comment(ticket)
    make_run(make_project())
    _, token = actions.make_token(person=person(Role.COORDINATOR), name="schema", at=NOON)
    return {"Authorization": f"Bearer {token}"}


def operations() -> list[Any]:
    """Every operation of the schema, to be asked of the portal in this process."""
    raw = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = get_wsgi_application()
    return [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_every_operation_answers_as_declared(operation: Any, signed_in: dict[str, str]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EACH, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.call_and_validate(headers=signed_in, checks=CHECKS)

    ask()


def test_a_key_that_is_there_answers(signed_in: dict[str, str]) -> None:
    """The generated keys name nothing; this one does, so that what is told is held against the schema too."""
    by_label = {operation.label: operation for operation in operations()}
    for part in ("", "changes/", "comments/"):
        case = by_label[f"GET /api/v1/tickets/{{key}}/{part}"].Case(path_parameters={"key": "old-1"})
        assert case.call_and_validate(headers=signed_in, checks=CHECKS).status_code == 200
