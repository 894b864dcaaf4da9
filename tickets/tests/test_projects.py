"""Which projects stand on the board."""

import pytest

from tickets.actions.runs import ensure_projects
from tickets.choices import Column
from tickets.models import MirroredProject, Ticket
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def column(key: str) -> str:
    return Ticket.objects.get(key=key).column


def test_a_project_that_is_no_longer_configured_keeps_its_tickets_off_the_board_and_comes_back() -> None:
    ensure_projects(on_board=("MM", "NEW"), off_board=("CLD",))
    ticket = make_ticket(key="MM-1", project_key="MM")
    before = column("MM-1")
    assert before != Column.OFF
    assert [project.key for project in ensure_projects(on_board=("NEW",), off_board=("CLD",))] == ["NEW", "CLD"]
    assert column("MM-1") == Column.OFF
    ensure_projects(on_board=("NEW", "MM"), off_board=())
    assert column(ticket.key) == before


def test_a_project_may_change_sides() -> None:
    ensure_projects(on_board=("MM",), off_board=("CLD",))
    ensure_projects(on_board=("CLD",), off_board=("MM",))
    assert dict(MirroredProject.objects.values_list("key", "on_board")) == {"MM": False, "CLD": True}
