"""The numbers of a week over made-up histories: each definition by itself, and all of them against plain loops."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.mirror import mirror_issues
from tickets.actions.presence import mark_presence
from tickets.actions.priority import clear_weight, set_weight
from tickets.actions.runs import ensure_projects
from tickets.actions.weekly.counts import count_days
from tickets.actions.weekly.states import replay_all
from tickets.choices import Column, Presence
from tickets.models import (
    ApartResolution,
    BugType,
    DailyCount,
    JiraStatus,
    LabelMark,
    Ticket,
    TicketState,
)
from tickets.queries.weekly import counting
from tickets.queries.weekly.charts import charts
from tickets.queries.weekly.numbers import counted, meaning, standing, week
from tickets.rules.reading import FieldIds, read_issue
from tickets.rules.weekly.numbers import Numbers, apart, customers
from tickets.tests.weekly import raw

pytestmark = pytest.mark.django_db
END = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATUSES = ("Backlog", "To Do", "In Progress", "Submitted", "Done", "Closed", "Ready for QA")
DONE, SUBMITTED, CUSTOMER = {"Done", "Closed"}, {"Submitted"}, {"customer-bug"}
Move = tuple[float, str, str, str]


def stamp(hours: float) -> str:
    """So many hours before the end of the window, as Jira writes it."""
    return (END - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def status(name: str) -> dict[str, Any]:
    category = "done" if name in DONE else "new" if name in STATUSES[:2] else "indeterminate"
    return {"id": f"s{STATUSES.index(name)}", "name": name, "statusCategory": {"key": category}}


def issue(number: int, now: str, *moves: Move, created: float = 1_000, **fields: Any) -> raw.Issue:
    """An issue that stands in the status `now`; `moves` are (hours before the end, field, from, to), oldest first."""
    histories = []
    for place, (hours, field, old, new) in enumerate(moves):
        item: dict[str, Any] = {"field": field, "fieldId": field, "fromString": old, "toString": new}
        if field == "status":
            item |= {"from": status(old)["id"], "to": status(new)["id"]}
        histories.append({"id": str(number * 100 + place), "created": stamp(hours), "items": [item]})
    return {
        "id": str(number), "key": f"MM-{number}", "changelog": {"histories": histories},
        "fields": {
            "summary": f"Ticket {number}", "issuetype": {"name": "Bug"}, "project": {"key": "MM"}, "labels": [],
            "status": status(now), "created": stamp(created), "updated": stamp(0), **fields,
        },
    }


@pytest.fixture(autouse=True)
def _handbook() -> None:
    load_marks()
    load_weekly()
    ensure_projects(on_board=("MM",), off_board=("CLD",))


@pytest.fixture
def mirrored() -> Callable[..., Numbers]:
    def mirror(*issues: raw.Issue, at: datetime = END) -> Numbers:
        mirror_issues(issues=[read_issue(each, FieldIds()) for each in issues], at=END, via="poll")
        return week(at=at)
    return mirror


def told(numbers: Numbers) -> dict[str, int]:
    return {
        "resolved": len(numbers.resolved), "resolved by customers": customers(numbers.resolved),
        "submitted": len(numbers.submitted), "submitted by customers": customers(numbers.submitted),
        "backlog": numbers.backlog_total, "apart": sum(apart(numbers.resolved).values()),
    }


def keys(numbers: Numbers) -> list[int]:
    return [line.id for line in numbers.resolved]


Mirrored = Callable[..., Numbers]


def test_a_bug_done_in_the_window_is_resolved_and_one_of_a_moment_before_it_is_not(mirrored: Mirrored) -> None:
    numbers = mirrored(
        issue(1, "Done", (168, "status", "To Do", "Done")),
        issue(2, "Done", (168.001, "status", "To Do", "Done")),
        issue(3, "Done", (0, "status", "To Do", "Done")),
    )
    assert keys(numbers) == [1]
    assert numbers.backlog == {Column.TODO: 1}  # the third was done at the very end, which is not in the window


def test_done_to_closed_is_no_second_resolution_but_done_again_is(mirrored: Mirrored) -> None:
    numbers = mirrored(
        issue(1, "Closed", (300, "status", "To Do", "Done"), (5, "status", "Done", "Closed")),
        issue(2, "Done", (300, "status", "To Do", "Done"), (9, "status", "Done", "In Progress"),
              (5, "status", "In Progress", "Done")),
        issue(3, "In Progress", (9, "status", "To Do", "Done"), (5, "status", "Done", "In Progress")),
    )
    assert keys(numbers) == [2]
    assert numbers.backlog == {Column.IN_PROGRESS: 1}


def test_a_bug_that_was_created_done_crossed_when_it_was_created(mirrored: Mirrored) -> None:
    assert keys(mirrored(issue(1, "Done", created=20), issue(2, "Done", created=200))) == [1]


def test_a_bug_counts_as_submitted_once_wherever_it_stands_since(mirrored: Mirrored) -> None:
    numbers = mirrored(
        issue(1, "Done", (9, "status", "To Do", "Submitted"), (8, "status", "Submitted", "In Progress"),
              (7, "status", "In Progress", "Submitted"), (6, "status", "Submitted", "Done")),
        issue(2, "Submitted", (200, "status", "To Do", "Submitted")),
    )
    assert [line.id for line in numbers.submitted] == [1]


def test_type_and_label_are_read_as_they_stood_at_the_end_and_not_as_they_are_today(mirrored: Mirrored) -> None:
    numbers = mirrored(
        issue(1, "Done", (9, "status", "To Do", "Done"), (-5, "issuetype", "Bug", "Task"),
              issuetype={"name": "Task"}),
        issue(2, "Done", (9, "status", "To Do", "Done"), (-5, "labels", "", "customer-bug"), labels=["customer-bug"]),
        issue(3, "Done", (9, "status", "To Do", "Done"), (5, "labels", "", "Customer-Bug"), labels=["Customer-Bug"]),
        issue(4, "Done", (9, "status", "To Do", "Done"), (5, "issuetype", "Bug", "Story"),
              issuetype={"name": "Story"}),
    )
    assert [(line.id, line.customer) for line in numbers.resolved] == [(1, False), (2, False), (3, True)]


def test_what_was_not_mended_counts_and_is_shown_apart(mirrored: Mirrored) -> None:
    numbers = mirrored(
        issue(1, "Done", (9, "status", "To Do", "Done"), resolution={"name": "Duplicate"}),
        issue(2, "Done", (9, "status", "To Do", "Done"), resolution={"name": "Fixed"}),
        issue(3, "Done", (9, "status", "To Do", "Done"), (9, "resolution", "", "Won't Do"),
              (-1, "resolution", "Won't Do", "Fixed"), resolution={"name": "Fixed"}),
    )
    assert len(numbers.resolved) == 3
    assert apart(numbers.resolved) == {"Duplicate": 1, "Won't Do": 1}


def test_a_status_without_a_column_is_not_done_and_stands_apart_in_the_backlog(mirrored: Mirrored) -> None:
    assert mirrored(issue(1, "Ready for QA"), issue(2, "To Do")).backlog == {Column.TODO: 1, Column.UNMAPPED: 1}


def test_a_status_that_only_the_log_names_is_known_and_can_be_mapped(mirrored: Mirrored) -> None:
    mirrored(issue(1, "To Do", (9, "status", "To Do", "Ready for QA"), (8, "status", "Ready for QA", "To Do")))
    assert JiraStatus.objects.filter(name="Ready for QA").update(column=Column.SUBMITTED) == 1
    assert [line.id for line in week(at=END).submitted] == [1]


def test_the_mapping_of_today_holds_for_the_past_without_counting_again(mirrored: Mirrored) -> None:
    mirrored(issue(1, "Ready for QA", (9, "status", "To Do", "Ready for QA"), issuetype={"name": "Fault"}))
    assert told(week(at=END))["resolved"] == 0
    JiraStatus.objects.filter(name="Ready for QA").update(column=Column.DONE)
    BugType.objects.create(name="fault")
    assert keys(week(at=END)) == [1]


def test_projects_kept_off_the_board_do_not_count(mirrored: Mirrored) -> None:
    other = issue(1, "Done", created=20, project={"key": "CLD"}) | {"key": "CLD-1"}
    assert told(mirrored(other, issue(2, "Done", created=20)))["resolved"] == 1


def test_a_ticket_that_jira_no_longer_shows_counts_until_it_went(mirrored: Mirrored) -> None:
    mirrored(issue(1, "To Do"), issue(2, "To Do"))
    mark_presence(ticket_id=1, presence=Presence.DELETED, at=END - HOUR, via="census")
    assert week(at=END).backlog_total == 1
    assert week(at=END - HOUR).backlog_total == 2


def test_what_was_stored_of_a_day_is_taken_away_when_the_log_tells_of_it_anew(mirrored: Mirrored) -> None:
    mirrored(issue(1, "To Do"))
    count_days(at=END)
    days = DailyCount.objects.count()
    mirrored(issue(2, "To Do", created=400))
    assert 0 < DailyCount.objects.count() < days
    assert week(at=END - 300 * HOUR).backlog_total == 2
    mirrored(issue(1, "Done", (1, "status", "To Do", "Done"), updated=stamp(-1)))
    assert week(at=END).backlog_total == 1


def test_a_second_reading_of_the_same_changes_no_state(mirrored: Mirrored) -> None:
    mirrored(issue(1, "Done", (9, "status", "To Do", "Done")))
    before = list(TicketState.objects.values_list())
    mirrored(issue(1, "Done", (9, "status", "To Do", "Done")))
    assert list(TicketState.objects.values_list()) == before
    assert replay_all() == 0


def test_tickets_that_were_mirrored_before_anything_was_counted_are_caught_up(mirrored: Mirrored) -> None:
    mirrored(issue(1, "Done", (9, "status", "To Do", "Done")))
    TicketState.objects.all().delete()
    assert replay_all(missing_only=True) == 1
    assert keys(week(at=END)) == [1]


MOVES = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(range(12))), max_size=6)
HISTORIES = st.lists(st.tuples(st.integers(100, 500), MOVES, st.integers(0, 2**16)), min_size=1, max_size=6)
FIELDS = {"issuetype": ["Bug", "Task"], "labels": ["", "customer-bug", "ui customer-bug"],
          "resolution": ["", "Duplicate", "Fixed"]}


def made_up(number: int, created: int, told_moves: list[tuple[int, int]], seed: int) -> raw.Issue:
    """An issue whose log is in itself sound: each change comes from where the last one led."""
    rng = random.Random(seed)
    now: dict[str, str] = {"status": rng.choice(STATUSES)} | {name: rng.choice(many) for name, many in FIELDS.items()}
    moves: list[Move] = []
    for hours, what in sorted(told_moves, reverse=True):
        field = "status" if what < 7 else list(FIELDS)[what % 3]
        new = STATUSES[what] if field == "status" else rng.choice(FIELDS[field])
        if new != now[field]:
            moves.append((min(hours, created), field, now[field], new))
            now[field] = new
    return issue(
        number, now["status"], *moves, created=created, issuetype={"name": now["issuetype"]},
        labels=now["labels"].split(), resolution={"name": now["resolution"]} if now["resolution"] else None,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=HISTORIES, hours=st.lists(st.integers(-2, 450), min_size=1, max_size=4), counted=st.integers(-30, 500))
def test_made_up_histories_count_as_plain_loops_count_them(
    mirrored: Mirrored, histories: list[tuple[int, list[tuple[int, int]], int]], hours: list[int], counted: int
) -> None:
    Ticket.objects.all().delete()
    DailyCount.objects.all().delete()
    issues = [made_up(number, *history) for number, history in enumerate(histories, 1)]
    half = len(issues) // 2
    mirrored(*issues[:half])
    count_days(at=END - timedelta(hours=counted))  # days that the second half of the tickets makes untrue
    mirrored(*issues[half:])
    for before in hours:
        at = END - timedelta(hours=before)
        assert told(week(at=at)) == raw.count(issues, at, DONE, SUBMITTED, CUSTOMER)
        open_bugs = standing(at, meaning(), [column for column in Column if column != Column.DONE], only_bugs=True)
        assert len(open_bugs) == week(at=at).backlog_total


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=HISTORIES)
def test_each_week_of_the_charts_is_the_week_that_is_counted_by_itself(
    mirrored: Mirrored, histories: list[tuple[int, list[tuple[int, int]], int]]
) -> None:
    Ticket.objects.all().delete()
    DailyCount.objects.all().delete()
    mirrored(*(made_up(number, *history) for number, history in enumerate(histories, 1)))
    count_days(at=END)
    found = charts(at=END)
    for drawn, flow in zip(found.weeks[-4:], found.flow[-4:], strict=True):
        alone = week(at=drawn.at)
        assert (drawn.resolved, drawn.customers, drawn.submitted, drawn.backlog) == (
            len(alone.resolved), customers(alone.resolved), len(alone.submitted), alone.backlog_total
        )
        assert sum(n for column, n in flow.columns.items() if column != Column.DONE) == alone.backlog_total


def test_cycle_time_runs_from_the_first_work_to_the_last_crossing_into_done(mirrored: Mirrored) -> None:
    day = 24.0
    mirrored(
        *(issue(number, "Done", (number * day + 24, "status", "To Do", "In Progress"),
                (24, "status", "In Progress", "Done")) for number in range(1, 5)),
        issue(9, "Done", (100 * day, "status", "To Do", "In Progress"), (50 * day, "status", "In Progress", "Done"),
              (40, "status", "Done", "In Progress"), (24, "status", "In Progress", "Done"), created=3_000),
        issue(10, "Done", (24, "status", "To Do", "Done")),
    )
    last = charts(at=END).weeks[-1]
    assert (last.resolved, last.timed) == (6, 5)
    assert (last.half, last.most) == (timedelta(days=3), timedelta(days=99))


def test_what_is_in_progress_is_held_against_what_was_resolved(mirrored: Mirrored) -> None:
    mirrored(
        issue(1, "Done", (72, "status", "To Do", "In Progress"), (24, "status", "In Progress", "Done")),
        issue(2, "In Progress", (80, "status", "To Do", "In Progress")),
        issue(3, "In Progress", (10, "status", "To Do", "In Progress")),
    )
    assert [(one.key, one.older_than) for one in charts(at=END).doing] == [("MM-2", "most"), ("MM-3", "")]


def test_a_component_shows_what_came_what_was_reopened_and_what_was_escalated(mirrored: Mirrored) -> None:
    mirrored(
        issue(1, "To Do", (30, "status", "To Do", "Done"), (20, "status", "Done", "To Do"),
              components=[{"name": "Search"}]),
        issue(2, "To Do", components=[{"name": "Search"}, {"name": "Calls"}]),
        issue(3, "To Do", components=[{"name": "Calls"}], issuetype={"name": "Task"}),
    )
    set_weight(ticket=Ticket.objects.get(id=2), source="escalation:E-1", level=2, by=None, at=END - HOUR)
    assert [(area.name, area.came, area.reopened, area.escalated) for area in charts(at=END).areas] == [
        ("Search", 2, 1, 1), ("Calls", 1, 0, 1),
    ]


def test_an_escalation_counts_in_the_weeks_in_which_it_came_also_once_it_is_closed(mirrored: Mirrored) -> None:
    mirrored(*(issue(number, "To Do", created=9_000, components=[{"name": "Search"}]) for number in (1, 2)))
    one, other = Ticket.objects.order_by("id")
    long_ago = END - timedelta(weeks=27)
    set_weight(ticket=one, source="escalation:E-1", level=2, by=None, at=long_ago)
    set_weight(ticket=one, source="escalation:E-1", level=1, by=None, at=END - HOUR)
    assert charts(at=END).areas == ()
    for ticket in (one, other):
        set_weight(ticket=ticket, source="escalation:E-2", level=2, by=None, at=END - HOUR)
    set_weight(ticket=other, source="incident:I-1", level=1, by=None, at=END - HOUR)
    clear_weight(ticket=one, source="escalation:E-2", by=None, at=END - HOUR / 2)
    clear_weight(ticket=other, source="escalation:E-2", by=None, at=END - HOUR / 2)
    assert [(area.name, area.escalated) for area in charts(at=END).areas] == [("Search", 1)]


def test_a_stored_day_that_is_wrong_ends_in_the_list_and_not_in_waiting(mirrored: Mirrored) -> None:
    mirrored(issue(1, "To Do"), issue(2, "In Progress"))
    count_days(at=END)
    DailyCount.objects.filter(day=END.date()).update(count=7)
    found = counted(at=END)
    assert found.backlog == {Column.TODO: 1, Column.IN_PROGRESS: 1}
    assert len(found.lists["backlog"]) == 2


def test_days_that_are_taken_away_again_and_again_are_counted_by_the_log(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored(issue(1, "To Do"), issue(2, "In Progress"))
    count_days(at=END)
    asked, rows = [], counting.rows

    def taken_away(statement: str, parameters: dict[str, Any]) -> Any:
        if statement == counting.DAYS:
            asked.append(statement)
            found = list(rows(statement, parameters))
            DailyCount.objects.all().delete()
            count_days(at=END - timedelta(days=len(asked)))
            return found
        return rows(statement, parameters)

    monkeypatch.setattr(counting, "rows", taken_away)
    assert counting.bugs_by_column([END], meaning(), done=False) == [{Column.TODO: 1, Column.IN_PROGRESS: 1}]
    assert len(asked) == counting.TRIES


def test_the_handbooks_words_are_loaded_once_and_what_was_edited_stays() -> None:
    assert set(BugType.objects.values_list("name", flat=True)) == {"Bug", "Defect"}
    ApartResolution.objects.filter(name="Duplicate").delete()
    assert load_weekly() == 0
    assert not ApartResolution.objects.filter(name="Duplicate").exists()
    assert LabelMark.objects.filter(label="customer-bug").exists()
