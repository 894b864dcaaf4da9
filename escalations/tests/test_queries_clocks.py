"""Clocks as pages show them: in words, in the reader's and in the customer's time."""

from datetime import timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone

from customers.choices import Plan
from customers.tests import factories as customers
from escalations.choices import Level, Status
from escalations.models import Clock
from escalations.queries.clocks import clocks_of, preview, shown
from escalations.tests import factories as make
from escalations.tests.test_actions_clocks import asked, replied

pytestmark = pytest.mark.django_db
HOUR, MINUTE, NOON = timedelta(hours=1), timedelta(minutes=1), make.NOON


def test_the_head_says_what_was_met_what_runs_and_when_that_is_due_there(django_assert_num_queries: Any) -> None:
    row = replied(make.escalation(), NOON + 48 * MINUTE)
    asked(row, NOON + 2 * HOUR)
    with timezone.override("Europe/Warsaw"), django_assert_num_queries(1):
        first, following, update = clocks_of(row, NOON + 5 * HOUR + 42 * MINUTE)
    assert (first.words, first.note, first.tone, first.icon) == ("met", "1 h 12 early", "green", "check")
    assert (following.words, following.tone, following.theirs) == ("18 min left", "amber", "6:00 pm EST")
    assert (update.words, update.tone) == ("19 h 06 left", "blue")


def test_a_clock_says_when_half_of_it_has_passed_until_it_is_near() -> None:
    row = make.escalation()  # two hours
    notes = [clocks_of(row, NOON + minutes * MINUTE)[0].note for minutes in (59, 60, 89, 90, 121)]
    assert notes == ["", "half has passed", "half has passed", "", ""]


def test_a_clock_says_without_colour_that_it_is_overdue() -> None:
    row = make.escalation()
    found = clocks_of(row, NOON + 2 * HOUR + 4 * MINUTE)[0]
    assert (found.words, found.tone, found.icon, found.overdue) == ("overdue by 4 min", "red", "fail", True)


def test_a_paused_clock_says_how_long_it_stood_and_what_is_left() -> None:
    row = asked(replied(make.escalation(), NOON + HOUR), NOON + 2 * HOUR)
    replied(row, NOON + 5 * HOUR + 40 * MINUTE, Status.REPORTER)
    found = clocks_of(row, NOON + 6 * HOUR + 50 * MINUTE)[1]
    assert (found.words, found.note, found.runs) == ("paused 1 h 10", "20 min left", False)
    asked(row, NOON + 6 * HOUR + 50 * MINUTE)
    found = clocks_of(row, NOON + 6 * HOUR + 50 * MINUTE)[1]
    assert (found.words, found.note) == ("20 min left", "stood still 1 h 10")


def test_a_late_reply_is_said_to_be_late() -> None:
    found = clocks_of(replied(make.escalation(), NOON + 3 * HOUR), NOON + 4 * HOUR)[0]
    assert (found.words, found.note, found.tone) == ("met late", "1 h late", "red")


def test_what_ended_before_it_was_due_is_not_shown_and_what_was_missed_is() -> None:
    row = make.escalation()
    Clock.objects.update(state="ended", next_at=None)
    assert clocks_of(row, NOON) == []
    Clock.objects.filter(kind="first_reply").update(missed_at=NOON + 2 * HOUR)
    assert [(each.label, each.words) for each in clocks_of(row, NOON + 3 * HOUR)] == [("First reply", "missed")]


def test_another_level_says_what_it_does_to_the_clocks_and_does_nothing() -> None:
    row = make.escalation(level=Level.L3, customer=customers.customer(plan=Plan.PREMIER))
    before = list(Clock.objects.values())
    with timezone.override("America/New_York"):
        assert preview(row, at=NOON + HOUR, level=Level.L1) == (
            "First reply was due 4:00 pm EST, will be due 2:00 pm EST.",
            "Daily update begins, and is due Wed 1:00 pm EST.",
        )
    assert list(Clock.objects.values()) == before
    assert row.level == Level.L3


def test_a_lower_level_says_that_the_update_is_no_longer_promised() -> None:
    row = make.escalation(level=Level.L2)
    with timezone.override("America/New_York"):
        assert preview(row, at=NOON + HOUR, level=Level.L4) == (
            "First reply was due 2:00 pm EST, will be due Wed 12:00 pm EST.", "Daily update is no longer promised.",
        )
        assert preview(row, at=NOON + HOUR, level=Level.L2) == ()


def test_the_strip_and_the_cell_draw_what_a_script_counts_down() -> None:
    row = make.escalation()
    clock = row.clocks.get(kind="first_reply")
    page = Template("{% load clocks %}{% clock_strip row %}{% clock_cell clock %}{% clock_cell none %}").render(
        Context({"row": row, "clock": clock, "none": None, "now": NOON + HOUR})
    )
    assert page.count('data-countdown="2026-11-17T19:00:00Z"') == 2
    assert page.count("1 h left") == 2
    assert "none runs" in page
    assert shown(clock, NOON).near_at == NOON + 90 * MINUTE
