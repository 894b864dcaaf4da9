"""The post has exactly the handbook's form, whatever a ticket is called."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.posts import plain
from tickets.rules.weekly.numbers import Line
from tickets.rules.weekly.post import LIMIT, compose, faults, notes_of, with_notes
from tickets.rules.weekly.shown import shown

DAY = date(2026, 11, 17)


def line(number: int, summary: str = "Search is slow", *, customer: bool = False, assignee: str = "") -> Line:
    return Line(id=number, key=f"MM-{number}", summary=summary, kind="Bug", column="done", status="5",
                assignee=assignee, at=datetime(2026, 11, 16, tzinfo=UTC), customer=customer, apart="")


def written(*, notes: list[str] | None = None, doing: list[Line] | None = None) -> str:
    return compose(
        day=DAY, resolved=[line(1, customer=True), line(2)], submitted=[line(3)], doing=doing or [],
        queue=[line(5, "Guests see private names")], backlog=212, notes=notes or [],
        url=lambda key: f"https://jira.example.org/browse/{key}",
    )


def test_the_post_is_the_handbooks_template_filled_in() -> None:
    assert written(notes=["* We were two this week."], doing=[line(4, assignee="Ada Park")]) == """\
#set-update #set-update-2026-11-17

Bugs resolved in the last 7 days: 2 (1 reported by customers)
Bug fix PRs submitted in the last 7 days: 1 (0 reported by customer)

In progress fixes:
* [MM-4](https://jira.example.org/browse/MM-4) Search is slow (Ada Park)

Next in the queue:
* [MM-5](https://jira.example.org/browse/MM-5) Guests see private names

Total bugs in backlog: 212

* We were two this week."""


def test_an_empty_list_says_so() -> None:
    assert "In progress fixes:\n* none\n" in written()


def test_its_own_form_is_complete_and_each_part_is_missed() -> None:
    text = written()
    assert faults(text, DAY) == []
    parts = ("#set-update-2026-11-17", "Bugs resolved", "Bug fix PRs", "In progress fixes:", "Next in", "Total bugs")
    for part in parts:
        assert len(faults(text.replace(part, "x"), DAY)) == 1, part
    assert faults(text, date(2026, 11, 24))


def test_a_post_that_is_too_long_is_told_before_it_is_sent() -> None:
    [words] = faults(written() + "x" * LIMIT, DAY)
    assert "Mattermost takes 16,383" in words


def test_notes_are_what_stands_after_the_total_and_can_be_carried_over_once() -> None:
    text = written(notes=["* One", "  on two lines", "* Two"])
    assert notes_of(text) == ["* One", "  on two lines", "* Two"]
    carried = with_notes(written(notes=["* Two"]), notes_of(text))
    assert notes_of(carried) == ["* Two", "* One", "  on two lines"]
    assert with_notes(carried, notes_of(text)) == carried
    assert notes_of("no form at all") == []


@pytest.mark.parametrize("summary", ["@all please", "a *b* c", "[x](http://evil)", "`code`", "~town-square", "_it_"])
def test_a_summary_calls_nobody_and_changes_nothing_of_the_form(summary: str) -> None:
    html = shown(f"* {plain(summary)}")
    assert "<a" not in html
    assert "<em>" not in html
    assert "<code>" not in html
    assert "@all" not in html


def test_the_preview_breaks_lines_and_marks_hashtags_but_holds_no_html_of_others() -> None:
    html = shown("#set-update\none\ntwo <script>alert(1)</script> [a](javascript:alert(1)) ![i](https://x/y.png)")
    assert '<span class="hashtag">#set-update</span>' in html
    assert "<br>" in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


@given(st.text(max_size=400))
def test_any_summary_stays_one_line_of_a_list(summary: str) -> None:
    text = plain(summary)
    assert "\n" not in text
    assert len(" ".join(summary.split())) <= 140 or "…" in text


@given(st.text(max_size=300))
def test_any_text_is_drawn_without_a_way_out(text: str) -> None:
    html = shown(text)
    for danger in ("<script", "<style", "<iframe", " onerror", " style=", "javascript:alert"):
        assert danger not in html.lower() or danger in text.lower()
