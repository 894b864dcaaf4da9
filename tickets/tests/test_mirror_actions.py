"""Writing the mirror: in whatever order, however often, and whatever an issue holds, the newest stays."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.clean import clean
from people.choices import Role
from people.tests.factories import person
from portal.tests.mirroring import dump
from tickets.actions import mapping
from tickets.actions.mirror import Mirrored, mirror_issues
from tickets.actions.presence import mark_presence
from tickets.actions.ranks import STRIDE, set_ranks
from tickets.choices import Column, MappingWhat, Presence, TicketWhat
from tickets.models import (
    JiraStatus,
    MappingEvent,
    MirroredProject,
    Ticket,
    TicketChange,
    TicketComment,
    TicketEvent,
    TicketKey,
)
from tickets.rules.reading import IssueFacts, read_issue
from tickets.tests import junk

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 17, 17, tzinfo=UTC)
BORN = datetime(2026, 3, 1, 9, tzinfo=UTC)
IN_A_DB = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def raw(number: int = 1, version: int = 0, **more: Any) -> dict[str, Any]:
    """Issue `number` as it is after so many changes of its status."""
    names = [("1", "To Do"), ("3", "In Progress"), ("5", "Done")]

    def status(step: int) -> dict[str, Any]:
        identity, name = names[step % 3]
        return {"id": identity, "name": name, "statusCategory": {"key": "new"}}

    histories = [
        {"id": str(number * 1_000 + step), "created": (BORN + timedelta(hours=step)).isoformat(),
         "author": {"accountId": "a", "displayName": "Ada"},
         "items": [{"field": "status", "fieldId": "status", "from": names[(step - 1) % 3][0],
                    "fromString": names[(step - 1) % 3][1], "to": names[step % 3][0], "toString": names[step % 3][1]}]}
        for step in range(1, version + 1)
    ]  # fmt: skip
    comments = [
        {"id": str(number * 1_000 + step), "created": BORN.isoformat(), "body": f"comment {step}",
        "author": {"accountId": "a"}}
        for step in range(version)
    ]  # fmt: skip
    fields = {
        "summary": f"Issue {number}, version {version}", "status": status(version), "labels": [f"v{version}"],
        "created": BORN.isoformat(), "updated": (BORN + timedelta(hours=version)).isoformat(),
        "comment": {"comments": comments}, "project": {"key": "MM"}, **more.pop("fields", {}),
    }  # fmt: skip
    return {"id": str(number), "key": f"MM-{number}", "fields": fields, "changelog": {"histories": histories}, **more}


def facts(*args: int, **more: Any) -> IssueFacts:
    return read_issue(raw(*args, **more), junk.IDS)


def write(*issues: IssueFacts, at: datetime = AT) -> Mirrored:
    return mirror_issues(issues=issues, at=at, via="test")


class _Undo(Exception):
    pass


def state_after(pages: Sequence[Sequence[IssueFacts]]) -> dict[str, Any]:
    """What the mirror holds after these pages, written onto nothing. Our own counters of rows are left out."""
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            for page in pages:
                write(*page)
            found = dump("ticket", "ticketdetail", "ticketcomment", "ticketkey", "ticketlink")
            changes = TicketChange.objects.order_by("ticket_id", "history_id", "position")
            found["changes"] = list(changes.values_list("ticket_id", "history_id", "position", "at", "to_text"))
            raise _Undo
    except _Undo:
        return found


versions = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=14)


@IN_A_DB
@given(versions, st.integers(1, 5), st.randoms())
def test_pages_in_any_order_with_doubles_and_stale_versions_end_as_the_newest_alone(
    told: list[tuple[int, int]], size: int, random: Any
) -> None:
    newest = {number: max(version for each, version in told if each == number) for number, _ in told}
    wanted = state_after([[facts(number, version) for number, version in sorted(newest.items())]])
    shuffled = [*told, *random.sample(told, len(told) // 2)]
    random.shuffle(shuffled)
    pages = [[facts(*each) for each in shuffled[start : start + size]] for start in range(0, len(shuffled), size)]
    assert state_after(pages) == wanted


@IN_A_DB
@given(st.lists(junk.readable(), min_size=1, max_size=4, unique_by=lambda issue: issue["id"]))
def test_whatever_can_be_read_can_be_written_and_written_again(raws: list[dict[str, Any]]) -> None:
    issues = [read_issue(clean(each)[0], junk.IDS) for each in raws]
    with transaction.atomic():
        assert write(*issues).created == len(issues)
        before = dump()
        assert write(*issues).changes == 0
        assert dump() == before
        transaction.set_rollback(True)


def test_new_then_changed_then_the_same() -> None:
    first = write(facts(1, 0))
    assert (first.created, first.updated, first.told[0].said) == (1, 0, "is new")
    second = write(facts(1, 1))
    assert (second.created, second.updated, second.changes) == (0, 1, 1)
    assert second.told[0].said == "moved to In Progress, renamed"
    assert write(facts(1, 1)).changes == 0


def test_an_older_version_is_left_alone_and_told_to_nobody() -> None:
    write(facts(1, 3))
    late = write(facts(1, 2))
    assert (late.updated, late.unchanged, late.told) == (0, 1, ())
    assert Ticket.objects.get(id=1).summary == "Issue 1, version 3"


def test_an_older_version_does_not_bring_back_what_was_deleted() -> None:
    write(facts(1, 3))
    mark_presence(ticket_id=1, presence=Presence.DELETED, at=AT, via="webhook")
    write(facts(1, 2))
    assert Ticket.objects.get(id=1).presence == Presence.DELETED
    write(facts(1, 4))
    assert Ticket.objects.get(id=1).presence == Presence.PRESENT
    assert TicketEvent.objects.filter(ticket=1, what=TicketWhat.RETURNED).count() == 1


def test_two_issues_on_a_page_may_say_the_same_comment_is_theirs() -> None:
    comment = {"comments": [{"id": "77", "created": BORN.isoformat(), "body": "whose?"}]}
    write(facts(1, 0, fields={"comment": comment}), facts(2, 0, fields={"comment": comment}))
    assert TicketComment.objects.get(id=77).body == "whose?"


def test_two_issues_on_a_page_may_say_the_same_key_is_theirs() -> None:
    write(facts(1, 0), facts(2, 1, key="MM-1"))
    assert Ticket.objects.get().id == 2


def test_a_key_given_to_another_issue_leaves_the_first_without_it() -> None:
    write(facts(1, 0))
    write(facts(2, 0, key="MM-1"))
    assert Ticket.objects.present().get(key="MM-1").id == 2
    assert Ticket.objects.get(id=1).presence == Presence.GONE
    assert "another issue" in TicketEvent.objects.get(ticket=1).to_value


def test_two_issues_may_change_places() -> None:
    write(facts(1, 0), facts(2, 0))
    write(facts(1, 1, key="MM-2"), facts(2, 1, key="MM-1"))
    assert dict(Ticket.objects.values_list("id", "key")) == {1: "MM-2", 2: "MM-1"}
    assert not TicketKey.objects.exists()


def test_a_chain_of_moves_keeps_every_former_key() -> None:
    for version, key in enumerate(("MM-1", "CLD-4", "MM-9", "MM-1")):
        write(facts(1, version, key=key))
    assert set(TicketKey.objects.values_list("key", flat=True)) == {"CLD-4", "MM-9"}
    assert TicketEvent.objects.filter(ticket=1, what=TicketWhat.KEY).count() == 3


def test_a_former_key_that_a_new_issue_takes_is_the_new_ones() -> None:
    write(facts(1, 0))
    write(facts(1, 1, key="MM-50"))
    write(facts(2, 0, key="MM-1"))
    assert not TicketKey.objects.filter(key="MM-1").exists()


def test_no_issues_are_nothing() -> None:
    assert write() == Mirrored()


def test_an_archived_issue_is_kept_off_and_that_is_an_event() -> None:
    write(facts(1, 0))
    write(facts(1, 1, fields={"archiveddate": "2026-03-04T10:20:30.000+0000"}))
    assert Ticket.objects.get(id=1).presence == Presence.ARCHIVED
    assert TicketEvent.objects.get(ticket=1).what == TicketWhat.ARCHIVED


# Presence, ranks, mapping


def test_presence_is_marked_once_and_only_of_who_is_known() -> None:
    write(facts(1, 0))
    assert mark_presence(ticket_id=1, presence=Presence.GONE, at=AT, via="census") is not None
    assert mark_presence(ticket_id=1, presence=Presence.GONE, at=AT, via="census") is None
    assert mark_presence(ticket_id=2, presence=Presence.GONE, at=AT, via="census") is None
    assert TicketEvent.objects.count() == 1


def test_ranks_are_written_where_they_differ_and_taken_from_who_has_none() -> None:
    write(*[facts(number, 0) for number in range(1, 5)])
    assert set_ranks(projects=["MM"], ranked=[3, 1, 2], at=AT) == 3
    assert set_ranks(projects=["MM"], ranked=[3, 1, 2], at=AT) == 0
    assert set_ranks(projects=["MM"], ranked=[3, 2, 99], at=AT) == 1
    places = dict(Ticket.objects.values_list("id", "rank_position"))
    assert places == {1: None, 2: 3 * STRIDE, 3: STRIDE, 4: None}
    assert set_ranks(projects=["CLD"], ranked=[], at=AT) == 0


def test_accepting_all_puts_every_unmapped_status_on_the_board() -> None:
    MirroredProject.objects.create(key="SRE", on_board=False)
    odd = {"status": {"id": "9", "name": "Waiting", "statusCategory": {"key": "indeterminate"}}}
    write(facts(1, 0, fields=odd), facts(2, 0, key="SRE-2", fields={**odd, "project": {"key": "SRE"}}), facts(3, 0))
    assert Ticket.objects.get(id=1).column == Column.UNMAPPED
    lead = person(Role.LEAD)
    elsewhere = {"status": {"id": "10", "name": "Elsewhere"}, "project": {"key": "SRE"}}
    write(facts(5, 0, key="SRE-5", fields=elsewhere))
    assert [status.name for status in mapping.accept_proposed(by=lead, at=AT)] == ["Waiting"]
    assert dict(Ticket.objects.values_list("id", "column")) == {
        1: "in_progress", 2: "off", 3: "todo", 5: "off",
    }  # fmt: skip
    event = MappingEvent.objects.get()
    assert (event.what, event.from_value, event.to_value, event.by) == (
        MappingWhat.ACCEPTED, "unmapped", "in_progress", lead,
    )  # fmt: skip
    assert mapping.accept_proposed(by=lead, at=AT) == []
    write(facts(4, 0, fields=odd))
    assert Ticket.objects.get(id=4).column == Column.IN_PROGRESS


def test_a_status_cannot_be_put_in_a_column_that_does_not_exist() -> None:
    write(facts(1, 0))
    with pytest.raises(mapping.NoSuchColumn):
        mapping.map_status(status=JiraStatus.objects.get(id="1"), column="nowhere", by=None, at=AT)
    assert JiraStatus.objects.get(id="1").column == Column.TODO


def test_a_renamed_status_keeps_the_column_it_was_given() -> None:
    write(facts(1, 0))
    mapping.map_status(status=JiraStatus.objects.get(id="1"), column=Column.SUBMITTED, by=None, at=AT)
    renamed = {"status": {"id": "1", "name": "Done"}, "updated": (BORN + timedelta(days=1)).isoformat()}
    write(facts(1, 0, fields=renamed))
    assert JiraStatus.objects.get(id="1").name == "Done"
    assert Ticket.objects.get(id=1).column == Column.SUBMITTED
