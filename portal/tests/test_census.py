"""The census: what was deleted, moved, archived or went out of sight, and what is too much at once."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox
from portal import flows
from portal.common import clock
from portal.tests.mirroring import dump, jira_of, mirroring, sync, synced, ticket
from tickets.choices import Column, Presence, RunKind, RunState, TicketWhat
from tickets.models import MirroredProject, SyncRun, Ticket, TicketEvent

pytestmark = pytest.mark.django_db


def census() -> list[SyncRun]:
    return flows.take_census(at=clock.now())


def presence(identity: int) -> str:
    return str(Ticket.objects.get(id=identity).presence)


def test_a_complete_project_is_counted_and_nothing_changes(small: Sandbox) -> None:
    sync()
    before = dump()
    runs = census()
    assert [(run.kind, run.state, run.missing) for run in runs] == [(RunKind.CENSUS, RunState.DONE, 0)] * 2
    assert runs[0].seen == Ticket.objects.present().filter(project_key="MM").count()
    assert dump() == before
    assert MirroredProject.objects.get(key="MM").census_at is not None


def test_a_project_that_was_never_read_whole_is_not_counted(small: Sandbox) -> None:
    small.fault(path="search/jql", times=-1, status=500)
    sync()
    assert census() == []


def test_gone_needs_two_censuses_and_one_look(small: Sandbox) -> None:
    key = small.jira("POST", "/rest/api/2/issue", json={
        "fields": {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Short-lived"}}).json()["key"]
    sync()
    found = ticket(key)
    small.bulk("delete", issues=[key])
    synced()
    assert presence(found.id) == Presence.PRESENT
    small.reset_log()
    assert census()[0].missing == 1
    assert presence(found.id) == Presence.PRESENT
    assert not [entry for entry in small.requests() if f"issue/{found.id}" in entry["path"]]
    census()
    assert presence(found.id) == Presence.GONE
    assert [entry["status"] for entry in small.requests() if f"issue/{found.id}" in entry["path"]] == [404]
    assert TicketEvent.objects.get(ticket=found.id).what == TicketWhat.GONE
    before = dump()
    census()
    assert dump() == before


def test_seen_again_between_two_censuses_begins_anew(small: Sandbox) -> None:
    sync()
    found = ticket("MM-36")
    for _ in range(2):
        small.bulk("archive", issues=["MM-36"])
        census()
        assert Ticket.objects.get(id=found.id).missed_by == 1
        small.bulk("unarchive", issues=["MM-36"])
        census()
        assert Ticket.objects.get(id=found.id).missed_by == 0
    assert presence(found.id) == Presence.PRESENT
    assert not TicketEvent.objects.filter(ticket=found.id).exists()


def test_one_that_the_index_of_data_center_lost_stays(db: None) -> None:
    """It says of an issue that it is archived; an index that lost some is no reason to take them off the board."""
    with run_sandbox(issues=20, changes=1, flavour="datacenter") as sandbox, mirroring(jira_of(sandbox)):
        sync()
        found = ticket("MM-9")
        sandbox.bulk("archive", issues=["MM-9"])
        for _ in range(3):
            census()
        assert presence(found.id) == Presence.PRESENT
        sandbox.bulk("unarchive", issues=["MM-9"])
        census()
        assert Ticket.objects.get(id=found.id).missed_by == 0


def test_moved_away_is_told_with_its_new_key(small: Sandbox) -> None:
    sync()
    found = ticket("MM-37")
    new = small.bulk("move", issues=["MM-37"], project="ELSE")["moved"]["MM-37"]
    for _ in range(2):
        census()
    after = Ticket.objects.get(id=found.id)
    assert (after.presence, after.key) == (Presence.MOVED, new)
    event = TicketEvent.objects.get(ticket=found.id, what=TicketWhat.MOVED)
    assert event.to_value == new
    back = small.bulk("move", issues=[new], project="MM")["moved"][new]
    sync()
    assert ticket(back).id == found.id
    assert TicketEvent.objects.filter(ticket=found.id, what=TicketWhat.RETURNED).count() == 1


def test_moved_to_a_mirrored_project_is_found_even_where_the_poll_missed_it(small: Sandbox) -> None:
    sync()
    found = ticket("MM-38")
    new = small.bulk("move", issues=["MM-38"], project="CLD")["moved"]["MM-38"]
    census()
    after = ticket(new)
    assert (after.id, after.column, after.presence) == (found.id, Column.OFF, Presence.PRESENT)
    census()
    assert presence(found.id) == Presence.PRESENT


def test_archived_is_told_and_brought_back(db: None) -> None:
    with run_sandbox(issues=30, changes=1) as sandbox, mirroring(jira_of(sandbox)):
        sync()
        found = ticket("MM-9")
        sandbox.bulk("archive", issues=["MM-9"])
        for _ in range(2):
            census()
        assert presence(found.id) == Presence.ARCHIVED
        assert TicketEvent.objects.get(ticket=found.id).what == TicketWhat.ARCHIVED
        sandbox.bulk("unarchive", issues=["MM-9"])
        census()
        assert presence(found.id) == Presence.PRESENT
        assert TicketEvent.objects.filter(ticket=found.id, what=TicketWhat.RETURNED).exists()


def test_an_issue_said_to_be_archived_is_marked_so(small: Sandbox) -> None:
    sync()
    found = ticket("MM-39")
    raw = small.jira("GET", f"/rest/api/2/issue/{found.id}").json()
    raw["fields"]["archiveddate"] = "2026-03-04T10:20:30.000+0000"
    small.bulk("archive", issues=["MM-39"])
    small.fault(path=f"issue/{found.id}$", times=-1, status=200, body=raw)
    for _ in range(2):
        census()
    assert presence(found.id) == Presence.ARCHIVED
    assert TicketEvent.objects.get(ticket=found.id).what == TicketWhat.ARCHIVED
    small.clear_faults()
    small.bulk("unarchive", issues=["MM-39"])


def test_an_old_issue_that_appears_is_read_in(small: Sandbox) -> None:
    small.bulk("archive", issues=["MM-1"])
    sync()
    assert not Ticket.objects.filter(key="MM-1").exists()
    small.bulk("unarchive", issues=["MM-1"])
    synced()
    assert not Ticket.objects.filter(key="MM-1").exists()
    census()
    assert ticket("MM-1").changes.exists()


def test_half_a_project_gone_at_once_marks_nothing_and_tells_the_lead(db: None) -> None:
    with run_sandbox(issues=30, changes=1) as sandbox, mirroring(jira_of(sandbox)):
        sync()
        sandbox.bulk("delete", jql="project = MM", limit=15)
        before = dump()
        for _ in range(3):
            run = census()[0]
            assert (run.state, run.missing) == (RunState.HELD, 15)
        assert dump() == before
        notice = MirroredProject.objects.get(key="MM").notice
        assert "15 of 30 tickets of MM" in notice
        assert "Nothing was marked" in notice
        Ticket.objects.filter(project_key="MM", id__lt=100_001).delete()


def test_less_than_half_is_marked_and_the_notice_goes(db: None) -> None:
    with run_sandbox(issues=30, changes=1) as sandbox, mirroring(jira_of(sandbox)):
        sync()
        MirroredProject.objects.filter(key="MM").update(notice="held last night")
        sandbox.bulk("delete", jql="project = MM", limit=14)
        for _ in range(2):
            assert census()[0].state == RunState.DONE
        assert Ticket.objects.filter(presence=Presence.GONE).count() == 14
        assert MirroredProject.objects.get(key="MM").notice == ""


@pytest.mark.parametrize("rule", [{"status": 500}, {"html": True}, {"truncate": True}, {"status": 200, "body": {}}])
def test_a_fault_in_a_census_marks_nothing(small: Sandbox, rule: dict[str, Any]) -> None:
    sync()
    Ticket.objects.filter(key="MM-45").update(missed_by=1)
    before = dump()
    small.fault(path="search/jql", times=1, **rule)
    run = census()[0]
    assert run.state == RunState.FAILED
    assert run.error
    assert dump() == before


def test_a_fault_while_looking_at_a_suspect_marks_it_not_gone(small: Sandbox) -> None:
    sync()
    found = ticket("MM-46")
    small.bulk("archive", issues=["MM-46"])
    census()
    small.fault(path=f"issue/{found.id}$", status=502)
    assert census()[0].state == RunState.FAILED
    assert presence(found.id) == Presence.PRESENT
    small.bulk("unarchive", issues=["MM-46"])
    census()


def test_a_census_does_not_end_what_jira_asked_to_wait_for_and_keeps_the_watermark(small: Sandbox) -> None:
    sync()
    watermark = MirroredProject.objects.get(key="MM").watermark
    census()
    assert MirroredProject.objects.get(key="MM").watermark == watermark
    MirroredProject.objects.filter(key="MM").update(not_before=clock.now() + timedelta(hours=1))
    small.reset_log()
    assert [run.project_id for run in census()] == ["CLD"]
    assert "MM" not in str([entry["query"] for entry in small.requests() if "search" in entry["path"]])


def test_a_stopped_census_can_be_confirmed_and_then_marks_at_once(small: Sandbox) -> None:
    with run_sandbox(issues=24, changes=1) as site, mirroring(jira_of(site, sre="")):
        sync()
        keys = list(Ticket.objects.order_by("id").values_list("key", flat=True))
        site.bulk("delete", issues=keys[:14])
        assert census()[0].state == RunState.HELD
        assert census()[0].state == RunState.HELD, "it stays stopped until somebody looks"
        assert Ticket.objects.present().count() == 24
        run = flows.take_census(at=clock.now(), keys=["MM"], confirmed=True)[0]
        assert (run.state, run.missing) == (RunState.DONE, 14)
        assert Ticket.objects.filter(presence=Presence.GONE).count() == 14
        assert MirroredProject.objects.get(key="MM").notice == ""
        assert census()[0].missing == 0
