"""Which moves Jira allows is read ahead, by one ticket of each kind on the board, and kept."""

import pytest

from integrations.sandbox.testing import Sandbox
from portal import flows
from portal.common import clock
from portal.tests.mirroring import sync
from tickets.choices import Column
from tickets.models import Ticket, WorkflowStep

pytestmark = pytest.mark.django_db


def test_the_moves_of_what_stands_on_the_board_are_read_once(made_up: Sandbox) -> None:
    sync()
    asked = flows.read_workflow(at=clock.now())
    assert asked > 0
    kept = set(WorkflowStep.objects.values_list("project_key", "kind", "status_id"))
    board = Ticket.objects.present().exclude(column=Column.OFF).values_list("project_key", "kind", "status_id")
    assert kept and kept <= set(board)
    while flows.read_workflow(at=clock.now()):  # some at a time
        pass
    assert flows.read_workflow(at=clock.now()) == 0
