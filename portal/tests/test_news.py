"""Which news is a board's."""

from datetime import UTC, datetime

import pytest

from portal.common import live
from portal.flows import news
from tickets.actions.mirror import Told
from tickets.choices import Column
from tickets.tests.factories import make_ticket

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("came_from", "column", "heard"),
    [
        (Column.OFF, Column.OFF, False),
        (None, Column.OFF, False),
        (Column.OFF, "", False),
        (None, Column.TODO, True),
        (Column.TODO, Column.OFF, True),
        (Column.OFF, Column.TODO, True),
        (Column.TODO, "", True),
    ],
)
def test_a_board_hears_of_what_stood_or_stands_on_it(came_from: str | None, column: str, heard: bool) -> None:
    ticket = make_ticket(key="CLD-1", column=column or Column.TODO)
    before = live.current_id("board")
    news.tell_boards([Told(ticket.id, ticket.key, "moved", came_from, column)], AT)
    assert (live.current_id("board") != before) is heard
