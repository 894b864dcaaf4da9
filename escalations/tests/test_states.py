"""Statuses: legal moves only, each of them an event."""

import pytest

from escalations.actions.base import Refused
from escalations.actions.states import move
from escalations.choices import Outcome, Status, What
from escalations.models import EscalationEvent
from escalations.rules.states import MOVES, may_move, why_not
from escalations.tests import factories as make

pytestmark = pytest.mark.django_db


def test_every_status_can_be_left_and_all_can_be_reached_from_new() -> None:
    reached = {Status.NEW}
    for _ in Status:
        reached |= {new for old in reached for new in MOVES[old]}
    assert reached == set(Status)
    assert all(MOVES[status] for status in Status)


def test_nothing_goes_back_to_new() -> None:
    assert not any(may_move(old, Status.NEW) for old in Status)


def test_why_not_says_what_can_be_done_instead() -> None:
    assert why_not(Status.CLOSED, Status.SOLVED) == "From closed it can go to: waiting for us."
    assert why_not(Status.NEW, Status.NEW) == "It is new already."


def test_a_move_is_an_event_with_who_and_why() -> None:
    row = make.escalation()
    moved = move(escalation=row, to=Status.OURS, by=row.reporter, at=make.NOON, why="it is a bug")
    assert moved.status == Status.OURS
    event = EscalationEvent.objects.get(escalation=row, what=What.MOVED)
    assert (event.by, event.from_value, event.to_value) == (row.reporter, "New", "Waiting for us: it is a bug")


def test_a_move_that_is_not_legal_is_refused_and_changes_nothing() -> None:
    row = make.escalation()
    with pytest.raises(Refused, match="From new it can go to"):
        move(escalation=row, to=Status.CLOSED, by=row.reporter, at=make.NOON)
    row.refresh_from_db()
    assert row.status == Status.NEW
    assert not EscalationEvent.objects.filter(escalation=row, what=What.MOVED).exists()


def test_what_is_solved_says_when_and_what_it_was_and_opened_again_no_longer() -> None:
    row = make.escalation()
    solved = move(escalation=row, to=Status.SOLVED, by=None, at=make.NOON, outcome=Outcome.CONFIGURATION)
    assert (solved.solved_at, solved.outcome) == (make.NOON, Outcome.CONFIGURATION)
    again = move(escalation=row, to=Status.OURS, by=None, at=make.NOON)
    assert again.solved_at is None
