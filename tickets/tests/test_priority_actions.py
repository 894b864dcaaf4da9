"""The priority of work, written: the mapping that the lead edits, weights from other rooms, each ticket's place."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from people.choices import Role
from people.models import Person
from people.tests.factories import person
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.mirror import mirror_issues
from tickets.actions.priority import (
    BadMark,
    BadWeight,
    clear_weight,
    load_priority_marks,
    recompute_priorities,
    save_marks,
    set_weight,
)
from tickets.choices import MarkMeans, MarkOn, PriorityWhat, TicketWhat
from tickets.models import PriorityEvent, PriorityMark, Ticket, TicketEvent, TicketWeight
from tickets.rules.priority import Mark
from tickets.rules.timeline import fate_entry
from tickets.tests.factories import NOON, make_ticket
from tickets.tests.test_mirror_actions import facts

pytestmark = pytest.mark.django_db
HOTFIX = Mark(MarkMeans.HOTFIX, MarkOn.LABEL, "hotfix")


@pytest.fixture
def lead(db: None) -> Person:
    return person(Role.LEAD)


@pytest.fixture(autouse=True)
def _handbook(db: None) -> None:
    load_marks()
    load_weekly()
    load_priority_marks()


def reason(ticket: Ticket) -> str:
    ticket.refresh_from_db()
    return ticket.work_reason


def row(mark: Mark) -> PriorityMark:
    return PriorityMark.objects.get(means=mark.means, on=mark.on, pattern=mark.pattern)


# What is mirrored has its place


def test_a_mirrored_issue_is_placed_as_it_is_written() -> None:
    fields = {"labels": ["hotfix"], "issuetype": {"name": "Bug"}, "priority": {"name": "High"}}
    mirror_issues(issues=[facts(1, 0, fields=fields)], at=NOON, via="test")
    ticket = Ticket.objects.get(id=1)
    assert (ticket.work_class, ticket.work_reason) == (3, "3 · hotfix")
    assert ticket.work_key == [3, 1, 5, 2, 0, int(ticket.created.timestamp())]


def test_a_label_taken_off_in_jira_takes_the_ticket_down() -> None:
    bug = {"issuetype": {"name": "Bug"}}
    mirror_issues(issues=[facts(1, 0, fields={**bug, "labels": ["escalation"]})], at=NOON, via="test")
    mirror_issues(issues=[facts(1, 1, fields={**bug, "labels": ["customer-bug"]})], at=NOON, via="test")
    assert reason(Ticket.objects.get(id=1)) == "3 · customer reported"


def test_what_another_room_weighs_outlasts_what_jira_says() -> None:
    mirror_issues(issues=[facts(1, 0)], at=NOON, via="test")
    set_weight(ticket=Ticket.objects.get(id=1), source="escalation:E-12", level=2, customers=3, by=None, at=NOON)
    mirror_issues(issues=[facts(1, 1)], at=NOON, via="test")
    assert reason(Ticket.objects.get(id=1)) == "2 · escalation, L2, 3 customers"


def test_a_page_of_issues_costs_the_same_queries_however_many_they_are() -> None:
    counted = []
    for many in (1, 40):
        with CaptureQueriesContext(connection) as seen:
            mirror_issues(issues=[facts(many * 1_000 + number) for number in range(many)], at=NOON, via="test")
        ours = ("tickets_prioritymark", "tickets_ticketweight")
        counted.append(sum(any(name in query["sql"] for name in ours) for query in seen.captured_queries))
    assert counted == [2, 2]


def test_placing_all_again_writes_only_what_changed_and_the_second_time_nothing() -> None:
    first, second = make_ticket(labels=["hotfix"]), make_ticket(kind="Story")
    assert recompute_priorities() == 2
    assert (reason(first), reason(second)) == ("3 · hotfix", "5 · the rest")
    assert recompute_priorities() == 0
    Ticket.objects.filter(id=second.id).update(labels=["tech-debt"])
    assert recompute_priorities(Q(id=first.id)) == 0
    assert recompute_priorities() == 1


# Weights


def test_a_weight_lifts_its_ticket_and_is_told_once(lead: Person) -> None:
    ticket = make_ticket(kind="Story")
    for _ in range(2):
        set_weight(ticket=ticket, source="escalation:E-12", level=2, customers=3, by=lead, at=NOON, via="escalation")
    assert reason(ticket) == "2 · escalation, L2, 3 customers"
    event = TicketEvent.objects.get(ticket=ticket)
    assert (event.what, event.by, event.from_value, event.to_value) == (
        TicketWhat.WEIGHT, lead, "", "escalation:E-12, level 2, 3 customers",
    )  # fmt: skip
    told = fate_entry(what=event.what, at=NOON, old="", new=event.to_value, via="escalation")
    assert told.text == "Weighs in the priority of work: escalation E-12, L2, 3 customers"


def test_a_weight_that_changes_or_goes_is_told_and_the_ticket_follows() -> None:
    ticket = make_ticket()
    set_weight(ticket=ticket, source="escalation:E-12", level=2, by=None, at=NOON)
    set_weight(ticket=ticket, source="escalation:E-12", level=1, note="production is down", by=None, at=NOON)
    assert reason(ticket) == "2 · escalation, L1"
    assert clear_weight(ticket=ticket, source="escalation:E-12", by=None, at=NOON)
    assert reason(ticket) == "3 · other bug"
    assert not clear_weight(ticket=ticket, source="escalation:E-12", by=None, at=NOON)
    told = TicketEvent.objects.order_by("id").values_list("from_value", "to_value")
    assert list(told) == [
        ("", "escalation:E-12, level 2"), ("escalation:E-12, level 2", "escalation:E-12, level 1: production is down"),
        ("escalation:E-12, level 1: production is down", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("source", "level", "customers"), [("", 1, 0), ("e", 0, 0), ("e", 5, 0), ("e", 1, -1)])
def test_a_weight_that_cannot_be_is_refused(source: str, level: int, customers: int) -> None:
    ticket = make_ticket()
    with pytest.raises(BadWeight):
        set_weight(ticket=ticket, source=source, level=level, customers=customers, by=None, at=NOON)
    assert not TicketWeight.objects.exists()


# The mapping


def test_an_edit_is_a_row_of_who_and_when_and_the_tickets_follow(lead: Person) -> None:
    ticket = make_ticket(labels=["urgent-fix"])
    edited = Mark(HOTFIX.means, HOTFIX.on, "Urgent-Fix")
    assert save_marks(kept={row(HOTFIX).id: edited}, by=lead, at=NOON) == 2
    recompute_priorities()
    assert reason(ticket) == "3 · hotfix"
    told = PriorityEvent.objects.order_by("id").values_list("what", "from_value", "to_value", "by")
    assert list(told) == [
        (PriorityWhat.REMOVED, "label hotfix means bug for a hotfix", "", lead.pk),
        (PriorityWhat.ADDED, "", "label Urgent-Fix means bug for a hotfix", lead.pk),
    ]  # fmt: skip


def test_saving_what_stands_changes_nothing(lead: Person) -> None:
    marks = {mark.id: Mark(mark.means, mark.on, mark.pattern) for mark in PriorityMark.objects.all()}
    assert save_marks(kept=marks, by=lead, at=NOON) == 0
    assert save_marks(kept={}, added=[HOTFIX], by=lead, at=NOON) == 0
    assert not PriorityEvent.objects.exists()


def test_a_row_is_removed_and_can_stand_again(lead: Person) -> None:
    ticket = make_ticket(labels=["hotfix"])
    save_marks(kept={row(HOTFIX).id: None}, by=lead, at=NOON)
    recompute_priorities()
    assert reason(ticket) == "3 · other bug"
    assert save_marks(kept={}, added=[HOTFIX], by=lead, at=NOON) == 1
    recompute_priorities()
    assert reason(ticket) == "3 · hotfix"


@pytest.mark.parametrize(
    "mark",
    [Mark("fun", "label", "x"), Mark("hotfix", "summary", "x"), Mark("hotfix", "label", " "),
     Mark("hotfix", "label", "*"), Mark("hotfix", "label", "x" * 256), Mark("hotfix", "label", "\x00")],
)  # fmt: skip
def test_a_row_that_cannot_stand_is_refused_and_nothing_changes(mark: Mark) -> None:
    with pytest.raises(BadMark):
        save_marks(kept={row(HOTFIX).id: None}, added=[mark], by=None, at=NOON)
    assert row(HOTFIX).removed_at is None


def test_two_rows_that_say_the_same_are_refused() -> None:
    with pytest.raises(BadMark):
        save_marks(kept={}, added=[Mark("hotfix", "label", "New"), Mark("hotfix", "label", "new")], by=None, at=NOON)


def test_a_row_that_somebody_else_removed_meanwhile_does_not_come_back(lead: Person) -> None:
    shown = row(HOTFIX).id
    save_marks(kept={shown: None}, by=lead, at=NOON)
    assert save_marks(kept={shown: Mark("hotfix", "label", "hot")}, by=lead, at=NOON) == 0
    assert not PriorityMark.objects.standing().filter(pattern="hot").exists()


# The handbook


def version_2(tmp_path: Path) -> Path:
    path = tmp_path / "priority.toml"
    path.write_text('version = 2\n[hotfix]\nlabel = ["hotfix", "Hot", "critical-fix"]\n')
    return path


def test_loading_again_changes_nothing() -> None:
    assert load_priority_marks() == 0


def test_a_new_version_adds_and_brings_back_nothing_that_was_removed_or_edited_here(tmp_path: Path) -> None:
    save_marks(kept={row(HOTFIX).id: None}, added=[Mark("hotfix", "label", "hot")], by=None, at=NOON)
    assert load_priority_marks(version_2(tmp_path)) == 1
    standing = PriorityMark.objects.standing().filter(means="hotfix", on="label").values_list("pattern", flat=True)
    assert sorted(standing) == ["critical-fix", "hot"]
    assert load_priority_marks(version_2(tmp_path)) == 0


def test_with_every_shipped_row_removed_the_same_version_brings_none_back(lead: Person) -> None:
    save_marks(kept=dict.fromkeys(PriorityMark.objects.values_list("id", flat=True)), by=lead, at=NOON)
    assert load_priority_marks() == 0
    assert not PriorityMark.objects.standing().exists()


def test_who_has_waited_longest_stands_first_among_equals() -> None:
    late, early = make_ticket(), make_ticket(created=NOON - timedelta(days=90))
    recompute_priorities()
    assert list(Ticket.objects.order_by("work_key").values_list("id", flat=True)) == [early.id, late.id]
