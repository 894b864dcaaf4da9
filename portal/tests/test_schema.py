"""The API against its own schema: whatever it is asked, it answers as declared, and never with a 500."""

import io
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, settings
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
EACH = 12  # examples of one operation; all operations together take some seconds


def test_the_schema_is_complete_and_without_warnings() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO(), stderr=io.StringIO())


@pytest.fixture
def signed_in(db: Any) -> dict[str, str]:
    """Headers of a reader, in front of a small mirror."""
    ticket = make_ticket("In Progress", key="MM-1", assignee=make_user(), description="*d*", labels=["a"])
    TicketKey.objects.create(key="OLD-1", ticket=ticket)
    make_change(ticket)
    make_comment(ticket)
    make_run(make_project())
    _, token = actions.make_token(person=person(Role.COORDINATOR), name="schema", at=NOON)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def described(signed_in: dict[str, str]) -> Any:
    """The schema as a program reads it, from the portal itself."""
    return schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), headers=signed_in)


api = schemathesis.pytest.from_fixture("described")


@api.parametrize()
@settings(
    max_examples=EACH, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_declared(case: Any, signed_in: dict[str, str]) -> None:
    case.call_and_validate(headers=signed_in, checks=CHECKS)
