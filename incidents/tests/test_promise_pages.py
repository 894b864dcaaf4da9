"""What pages say of the next update."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from incidents.queries.promises import due_of
from incidents.tests import factories

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_the_head_says_when_the_next_update_is_due_and_how_long_is_left() -> None:
    row = factories.incident()
    due = due_of(row, at=row.at + 5 * MINUTE)
    html = render_to_string("incidents/promises/due.html", {"due": due})
    assert (due.words, due.digits, due.word, due.tone) == ("3:19 am ET", "10:00", "left", "amber")
    assert "3:19 am ET" in html and "10:00" in html and "overdue" not in html


def test_overdue_is_another_word_and_another_sign() -> None:
    row = factories.incident()
    due = due_of(row, at=row.at + 19 * MINUTE)
    html = render_to_string("incidents/promises/due.html", {"due": due})
    assert (due.digits, due.word, due.tone) == ("4:00", "overdue", "red")
    assert "data-overdue" in html and "#fail" in html and "Snooze" not in html
