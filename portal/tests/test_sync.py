"""The mirror against a running Jira: everything arrives, nothing twice, and a fault ends a run in words."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from integrations.jira import client
from integrations.jira.answers import LONGEST_WAIT
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.tests.factories import person
from portal import flows
from portal.common import clock, locks
from portal.flows import mirror, reading
from portal.flows.mirror import projects
from portal.tests.mirroring import dump, jira_of, mirroring, statuses, sync, synced, ticket, todo
from tickets.choices import Column, Presence, RunKind, RunState, TicketWhat
from tickets.models import (
    MirroredProject,
    SyncRun,
    Ticket,
    TicketChange,
    TicketComment,
    TicketDetail,
    TicketEvent,
    TicketKey,
)
from tickets.queries.mirror import asked_to_wait
from tickets.rules.waiting import LONGEST

pytestmark = pytest.mark.django_db


def requests_of(sandbox: Sandbox, part: str = "") -> list[dict[str, Any]]:
    return [entry for entry in sandbox.requests() if part in entry["path"]]


# Everything arrives, once


def numbers(sandbox: Sandbox) -> dict[str, Any]:
    """What the mirror holds, in the words of the sandbox's own count."""
    return {
        "issues": Ticket.objects.present().count(), "comments": TicketComment.objects.count(),
        "histories": TicketChange.objects.values("ticket_id", "history_id").distinct().count(),
        "statuses": dict(statuses()),
        "projects": {key: Ticket.objects.present().filter(project_key=key).count() for key in ("MM", "CLD")},
    }


def told(sandbox: Sandbox) -> dict[str, Any]:
    """The sandbox's own count, of the two projects."""
    counts = dict(sandbox.counts())
    counts["projects"] = {key: counts["projects"].get(key, 0) for key in ("MM", "CLD")}
    del counts["archived"]
    return counts


def test_the_first_run_mirrors_everything(made_up: Sandbox) -> None:
    runs = sync()
    assert [(run.project_id, run.kind, run.state) for run in runs] == [
        ("MM", RunKind.FULL, RunState.DONE), ("CLD", RunKind.FULL, RunState.DONE),
    ]  # fmt: skip
    assert numbers(made_up) == told(made_up)
    assert runs[0].created == runs[0].seen == runs[0].expected == told(made_up)["projects"]["MM"]
    for project in MirroredProject.objects.all():
        assert project.complete
        assert project.watermark is not None
        assert project.answered_at is not None
    assert set(Ticket.objects.filter(project_key="CLD").values_list("column", flat=True)) == {Column.OFF}
    assert Column.OFF not in set(Ticket.objects.filter(project_key="MM").values_list("column", flat=True))
    assert TicketDetail.objects.count() == Ticket.objects.count()


def test_data_center_mirrors_the_same_numbers(db: None) -> None:
    with run_sandbox(flavour="datacenter") as sandbox, mirroring(jira_of(sandbox)):
        runs = sync()
        assert [run.state for run in runs] == [RunState.DONE, RunState.DONE]
        assert numbers(sandbox) == told(sandbox)
        assert runs[0].expected == runs[0].seen
        before = dump()
        assert [(run.created, run.updated, run.changes) for run in sync(RunKind.FULL)] == [(0, 0, 0)] * 2
        assert dump() == before
        sandbox.bulk("set", issues=["MM-5"], fields={"summary": "Renamed on the server"})
        synced()
        assert ticket("MM-5").summary == "Renamed on the server"
        assert todo()
        sandbox.bulk("delete", issues=["MM-6"])
        for _ in range(2):
            flows.take_census(at=clock.now())
        assert Ticket.objects.get(key="MM-6").presence == Presence.GONE


@pytest.mark.parametrize("kind", [RunKind.INCREMENTAL, RunKind.FULL])
def test_a_second_run_changes_nothing(made_up: Sandbox, kind: RunKind) -> None:
    sync()
    before = dump()
    runs = sync(kind)
    assert [(run.created, run.updated, run.changes) for run in runs] == [(0, 0, 0), (0, 0, 0)]
    assert dump() == before
    sync(kind)
    assert dump() == before


def test_an_edit_is_seen_at_little_cost(small: Sandbox) -> None:
    synced()
    small.reset_log()
    small.bulk("set", issues=["MM-3"], fields={"summary": "Renamed", "labels": ["customer-bug"],
    "status": "In Progress"})
    run = synced()
    assert (run.kind, run.created, run.updated) == (RunKind.INCREMENTAL, 0, 1)
    found = ticket("MM-3")
    assert (found.summary, found.column, found.is_customer) == ("Renamed", Column.IN_PROGRESS, True)
    assert found.changes.filter(field_id="status").latest("at").to_text == "In Progress"
    assert found.status_since == found.changes.filter(field_id="status").latest("at").at
    assert run.requests <= 5


def test_a_new_issue_and_a_comment_arrive(small: Sandbox) -> None:
    synced()
    fields = {"project": {"key": "MM"}, "issuetype": {"name": "Bug"}, "summary": "Brand new"}
    key = small.jira("POST", "/rest/api/2/issue", json={"fields": fields}).json()["key"]
    small.jira("POST", f"/rest/api/2/issue/{key}/comment", json={"body": "said"})
    assert synced().created == 1
    assert ticket(key).comments.get().body == "said"
    small.bulk("delete", issues=[key])


def test_a_comment_that_was_deleted_goes(small: Sandbox) -> None:
    number = small.jira("POST", "/rest/api/2/issue/MM-4/comment", json={"body": "not for long"}).json()["id"]
    synced()
    assert ticket("MM-4").comments.filter(id=number).exists()
    small.jira("DELETE", f"/rest/api/2/issue/MM-4/comment/{number}")
    synced()
    assert not ticket("MM-4").comments.filter(id=number).exists()


def test_links_follow_both_sides(small: Sandbox) -> None:
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "MM-8"}, "outwardIssue": {"key": "MM-9"}}
    assert small.jira("POST", "/rest/api/2/issueLink", json=body).status_code == 201
    synced()
    assert {link.other_key for link in ticket("MM-8").links.all()} == {"MM-9"}
    assert {link.other_key for link in ticket("MM-9").links.all()} == {"MM-8"}
    small.jira("DELETE", f"/rest/api/2/issueLink/{ticket('MM-8').links.get().jira_id}")
    synced()
    assert not ticket("MM-8").links.exists()
    assert not ticket("MM-9").links.exists()


def test_a_rerank_alone_reorders_to_do(small: Sandbox) -> None:
    keys = ["MM-11", "MM-12", "MM-13", "MM-14"]
    small.bulk("set", issues=keys, fields={"status": "To Do"})
    synced()
    before = todo()
    assert set(keys) <= set(before)
    updated = ticket(before[-1]).updated
    moved = {"issues": [before[-1]], "rankBeforeIssue": before[0]}
    assert small.jira("PUT", "/rest/agile/1.0/issue/rank", json=moved).status_code == 204
    run = synced()
    assert run.updated == 0 or ticket(before[-1]).updated == updated
    assert todo() == [before[-1], *before[:-1]]
    places = Ticket.objects.filter(rank_position__isnull=False).values_list("rank_position", flat=True)
    assert len(set(places)) == len(before)
    small.bulk("set", issues=[before[0]], fields={"status": "In Progress"})
    synced()
    assert ticket(before[0]).rank_position is None


def test_long_change_logs_are_complete(small: Sandbox) -> None:
    for number in range(130):
        small.bulk("set", issues=["MM-20"], fields={"summary": f"Name {number}"})
    synced()
    found = ticket("MM-20")
    names = list(found.changes.filter(field_id="summary").order_by("at", "history_id").values_list("to_text",
    flat=True))
    assert names == [f"Name {number}" for number in range(130)]
    assert found.changes.values("history_id").distinct().count() == 133
    small.bulk("set", issues=["MM-20"], fields={"summary": "The last"})
    run = synced()
    assert (run.updated, run.changes) == (1, 1)


def test_comments_that_jira_cut_short_are_read_whole(small: Sandbox) -> None:
    for number in range(105):
        small.jira("POST", "/rest/api/2/issue/MM-21/comment", json={"body": f"said {number}"})
    reader = reading.open_reader()
    (raw, _) = reader.client.issue(100_020, fields=reader.fields) or ({}, False)
    raw["fields"]["comment"]["comments"] = raw["fields"]["comment"]["comments"][:50]
    reading.complete(reader.client, raw)
    reader.client.close()
    assert len(raw["fields"]["comment"]["comments"]) >= 105
    synced()
    assert ticket("MM-21").comments.count() == len(raw["fields"]["comment"]["comments"])


def test_what_postgresql_refuses_is_taken_out_and_noted(small: Sandbox) -> None:
    broken = "a\x00b \ud83d c"
    body = json.dumps({"do": "set", "issues": ["MM-22"], "fields": {"summary": broken, "labels": ["x\x00y"]}})
    answer = small._client.post(f"{small.jira_url}/__sandbox__/bulk", content=body)
    assert answer.status_code == 200
    synced()
    found = ticket("MM-22")
    assert (found.summary, found.labels) == ("ab \ufffd c", ["xy"])
    assert found.detail.cleaned
    assert not ticket("MM-23").detail.cleaned
    before = dump()
    synced(RunKind.FULL)
    assert dump() == before
    small.bulk("set", issues=["MM-22"], fields={"summary": "Fine", "labels": []})


def test_one_unreadable_issue_does_not_keep_the_others_out(small: Sandbox) -> None:
    found = small.jira("GET", "/rest/api/2/search/jql", params={
        "jql": 'project = "MM"', "fields": "summary,created,updated,status", "maxResults": 3,
        "expand": "changelog"}).json()
    bad = [{"id": "x", "key": "MM-900", "fields": {}}, {"id": "7", "key": "MM-901"}, {}, {"id": "8", "key": "MM-902",
    "fields": 7}]
    small.fault(path="search/jql", status=200, body={"issues": [*bad[:2], *found["issues"], *bad[2:]], "isLast": True})
    run = synced()
    assert (run.created, run.seen) == (3, 7)
    assert "MM-900 (an issue without id" in run.error


def refuse(number: int) -> None:
    """The database does not take this issue, whatever the reason."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NEW.id = {number} THEN RAISE EXCEPTION 'too odd'; END IF; RETURN NEW; END $$"
        )
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON tickets_ticket FOR EACH ROW EXECUTE FUNCTION refuse()")


def test_an_issue_that_the_database_refuses_is_named_and_the_others_go_on(small: Sandbox) -> None:
    refuse(100_006)
    run = synced()
    assert run.created == run.seen - 1 > 50
    assert "MM-7 (the database refuses it: too odd)" in run.error
    assert not Ticket.objects.filter(key="MM-7").exists()
    assert MirroredProject.objects.get(key="MM").complete
    census = flows.take_census(at=clock.now())[0]
    assert census.state == RunState.DONE
    assert "MM-7" in census.error
    assert MirroredProject.objects.get(key="MM").notice == ""
    assert sync()[0].error == ""


def test_a_summary_of_megabytes_is_cut_and_noted(small: Sandbox) -> None:
    asked = {"jql": 'project = "MM"', "fields": "summary,created,updated,status", "maxResults": 3}
    found = small.jira("GET", "/rest/api/2/search/jql", params=asked).json()["issues"]
    found[1]["fields"]["summary"] = " ".join(f"word{number}" for number in range(200_000))
    small.fault(path="search/jql", status=200, body={"issues": found, "isLast": True})
    run = synced()
    assert (run.seen, run.created, run.error) == (3, 3, "")
    cut = ticket(found[1]["key"])
    assert len(cut.summary) == 2_000
    assert cut.detail.cleaned
    assert not ticket(found[0]["key"]).detail.cleaned


def test_an_issue_whose_change_log_jira_does_not_show_is_mirrored_as_far_as_told(small: Sandbox) -> None:
    synced()
    for number in range(120):
        small.bulk("set", issues=["MM-25"], fields={"summary": f"Name {number}"})
    small.fault(path="/changelog", status=404, times=1)
    run = synced()
    assert (run.state, run.updated) == (RunState.DONE, 1)
    assert "MM-25 (Jira has nothing there (HTTP 404)" in run.error
    assert 0 < ticket("MM-25").changes.filter(field_id="summary").count() < 120
    assert (synced(RunKind.FULL).error, ticket("MM-25").changes.filter(field_id="summary").count()) == ("", 120)


def test_comments_that_jira_does_not_show_leave_those_that_are_here(small: Sandbox) -> None:
    small.jira("POST", "/rest/api/2/issue/MM-26/comment", json={"body": "stays"})
    synced()
    with_comments = {"comment": {"comments": [], "total": 9}, "created": "2026-01-01T00:00:00Z", "summary": "Cut short"}
    raw = {"id": str(ticket("MM-26").id), "key": "MM-26", "fields": with_comments}
    small.fault(path="/comment", status=403, times=1)
    reader = reading.open_reader()
    facts, _ = reading.changed_facts(reader, [(raw, False)])
    reader.client.close()
    assert facts[0].comments is None
    assert "MM-26" in reader.odd[0]


def test_a_number_that_is_no_id_keeps_nothing_out(small: Sandbox) -> None:
    synced()
    odd: list[dict[str, Any]] = [{"id": "9" * 30}, {"id": "²"}, {"id": 10**30}, {"id": str(100_001)}]
    small.fault(path="search/jql", status=200, body={"issues": odd, "isLast": True}, times=1)
    reader = reading.open_reader()
    assert list(reader.client.ids("x")) == [[100_001]]
    assert reading.changed_facts(reader, [(issue, False) for issue in odd[:3]]) == ([], 0)
    reader.client.close()
    assert len(reader.odd) == 3


def test_many_odd_issues_are_counted_rather_than_named() -> None:
    assert reading.in_words([]) == ""
    assert reading.in_words([f"MM-{number}" for number in range(30)]).endswith("MM-9; and 20 more.")


# Faults


@pytest.mark.parametrize(
    ("rule", "words", "silent"),
    [
        ({"status": 500}, "out of order", True), ({"html": True}, "sign-in page", True),
        ({"garbage": True}, "broke off", True), ({"truncate": True}, "broke off", True),
        ({"drop": "before"}, "cannot be reached", True), ({"status": 401}, "refuses the sign-in", False),
        ({"status": 400}, "refused", False), ({"status": 200, "body": {}}, "no list of issues", True),
    ],
)
@pytest.mark.parametrize("where", ["myself", "search/jql"])
def test_a_fault_is_recorded_in_words_and_the_next_run_heals(
    small: Sandbox, rule: dict[str, Any], words: str, silent: bool, where: str
) -> None:
    if where == "myself" and rule.get("body") == {}:
        words = "time zone"
    synced()
    project = MirroredProject.objects.get(key="MM")
    small.bulk("set", issues=["MM-30"], fields={"summary": f"Before {rule} {where}"[:200]})
    small.fault(path=where, times=1, **rule)
    run = sync()[0]
    assert run.state == RunState.FAILED
    assert words in run.error
    after = MirroredProject.objects.get(key="MM")
    assert (after.watermark, after.answered_at) == (project.watermark, project.answered_at)
    assert (after.silent_since is not None) == silent
    assert synced().updated >= 1
    healed = MirroredProject.objects.get(key="MM")
    assert healed.silent_since is None
    assert healed.watermark and project.watermark and healed.watermark >= project.watermark
    assert ticket("MM-30").summary.startswith("Before")


def test_a_fault_in_the_middle_keeps_what_was_read_and_goes_on_from_there(small: Sandbox,
monkeypatch: pytest.MonkeyPatch
                                                                          ) -> None:
    monkeypatch.setattr(mirror, "ahead", lambda pages: pages)
    real = client.JiraClient.search

    def small_pages(self: Any, jql: str, **more: Any) -> Any:
        return real(self, jql, **{"page": 10, **more})

    monkeypatch.setattr(client.JiraClient, "search", small_pages)
    # The first three pages come, the fourth is an error.
    for _ in range(3):
        small.fault(path="search/jql", delay_ms=1)
    small.fault(path="search/jql", status=502)
    run = sync()[0]
    assert (run.state, run.seen) == (RunState.FAILED, 30)
    assert Ticket.objects.filter(project_key="MM").count() == 30
    project = MirroredProject.objects.get(key="MM")
    assert (project.complete, project.watermark) == (False, None)
    small.reset_log()
    run = synced()
    assert run.kind == RunKind.FULL
    assert run.continues is not None
    assert run.seen < 60
    assert Ticket.objects.present().count() == 60
    project.refresh_from_db()
    assert project.complete
    assert project.watermark == SyncRun.objects.get(id=run.id).jira_started_at == run.continues.jira_started_at


def test_a_fault_of_our_own_is_said_and_raised(small: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    synced()
    small.bulk("set", issues=["MM-31"], fields={"summary": "x"})

    def broken(**_: Any) -> None:
        raise ZeroDivisionError("ours")

    with monkeypatch.context() as patched:
        patched.setattr(mirror, "write_page", broken)
        with pytest.raises(ZeroDivisionError):
            sync()
    run = SyncRun.objects.filter(project="MM").latest("id")
    assert run.state == RunState.FAILED
    assert "portal itself" in run.error
    assert "ZeroDivisionError" in run.detail
    synced()


def test_what_jira_asks_to_wait_holds_for_the_timetable_but_not_for_a_person(small: Sandbox) -> None:
    synced()
    small.fault(path="search/jql", status=429, retry_after=600)
    before = clock.now()
    run = sync()[0]
    assert run.state == RunState.FAILED
    assert "asks to wait" in run.error
    project = MirroredProject.objects.get(key="MM")
    assert project.not_before is not None
    assert before <= project.not_before - timedelta(minutes=10) <= clock.now()
    small.reset_log()
    assert [run.project_id for run in sync()] == ["CLD"]
    assert "MM" not in str([entry["query"] for entry in requests_of(small, "search")])
    runs = sync(by=person(Role.LEAD))
    assert [(run.project_id, run.state) for run in runs] == [("MM", RunState.DONE), ("CLD", RunState.DONE)]
    assert MirroredProject.objects.get(key="MM").not_before is None
    assert [run.project_id for run in sync()] == ["MM", "CLD"]


def test_a_wait_that_was_noted_under_a_wrong_clock_is_not_waited_for(small: Sandbox) -> None:
    synced()
    assert LONGEST == LONGEST_WAIT
    MirroredProject.objects.filter(key="MM").update(not_before=clock.now() + LONGEST + timedelta(minutes=5))
    assert asked_to_wait(clock.now()) is None
    assert flows.take_census(at=clock.now())[0].project_id == "MM"
    MirroredProject.objects.filter(key="MM").update(not_before=clock.now() + LONGEST + timedelta(minutes=5))
    assert synced().project_id == "MM"
    MirroredProject.objects.filter(key="MM").update(not_before=clock.now() + LONGEST - timedelta(minutes=5))
    assert asked_to_wait(clock.now()) is not None
    assert [run.project_id for run in sync()] == ["CLD"]


def test_to_do_keeps_its_order_when_jira_refuses_to_tell_it(small: Sandbox) -> None:
    small.bulk("set", issues=["MM-15", "MM-16"], fields={"status": "To Do"})
    synced()
    before = todo()
    assert before
    small.bulk("set", issues=["MM-17"], fields={"summary": "Changed meanwhile"})
    small.fault(path="search/jql", times=1, delay_ms=1)
    small.fault(path="search/jql", times=1, status=400)
    synced()
    assert todo() == before
    assert ticket("MM-17").summary == "Changed meanwhile"


def test_without_a_jira_nothing_is_done(db: None) -> None:
    assert sync() == []


# One at a time


def test_a_project_that_somebody_else_is_at_is_passed_over(small: Sandbox) -> None:
    projects()
    options = connection.get_connection_params()
    with psycopg.connect(
        host=options["host"], user=options["user"], dbname=options["dbname"], autocommit=True
    ) as other:
        number = zlib.crc32(b"MM") - 2**31
        other.execute("SELECT pg_advisory_lock(%s, %s)", [locks.MIRROR, number])
        assert [run.project_id for run in sync()] == ["CLD"]
        assert SyncRun.objects.filter(project="MM").count() == 0
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [locks.MIRROR, number])
    assert [run.project_id for run in sync()] == ["MM", "CLD"]


def test_the_lock_is_given_back_even_after_a_fault(small: Sandbox) -> None:
    small.fault(path="myself", status=500)
    assert sync()[0].state == RunState.FAILED
    assert synced().state == RunState.DONE


def test_a_run_that_was_left_running_is_interrupted_and_taken_up(small: Sandbox) -> None:
    project = projects()[0]
    began = clock.now() - timedelta(hours=1)
    dead = SyncRun.objects.create(
        project=project, kind=RunKind.FULL, started_at=began, jira_started_at=began,
        reached=clock.now() - timedelta(days=30), seen=50,
    )
    run = synced()
    dead.refresh_from_db()
    assert (dead.state, run.kind, run.continues_id) == (RunState.INTERRUPTED, RunKind.FULL, dead.id)
    assert 0 < run.seen < 60
    project.refresh_from_db()
    assert project.watermark == began


# Clocks


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=["backwards", "forwards"])
def test_a_worker_whose_clock_jumps_loses_no_issue(small: Sandbox, monkeypatch: pytest.MonkeyPatch,
jump: timedelta) -> None:
    real = clock.now
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: real() + jump)
        synced()
        small.bulk("set", issues=["MM-40"], fields={"summary": f"Changed under a clock {jump}"})
        synced()
        assert ticket("MM-40").summary == f"Changed under a clock {jump}"
    small.bulk("set", issues=["MM-41"], fields={"summary": f"Changed after the clock came back {jump}"})
    synced()
    assert ticket("MM-41").summary == f"Changed after the clock came back {jump}"
    watermark = MirroredProject.objects.get(key="MM").watermark
    assert watermark is not None
    assert abs(watermark - real()) < timedelta(hours=1)  # and not by four hundred days


def test_a_jira_whose_clock_ran_ahead_for_a_while_is_asked_from_our_time(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = clock.now() + timedelta(hours=3)
    monkeypatch.setattr(client, "parsedate_to_datetime", lambda _: ahead)
    synced()
    monkeypatch.undo()
    small.bulk("set", issues=["MM-42"], fields={"summary": "Changed after the odd hour"})
    synced()
    assert ticket("MM-42").summary == "Changed after the odd hour"


# Keys


def test_a_ticket_that_moves_to_a_mirrored_project_stays_itself(small: Sandbox) -> None:
    synced()
    before = ticket("MM-50")
    new = small.bulk("move", issues=["MM-50"], project="CLD")["moved"]["MM-50"]
    sync()
    found = ticket(new)
    assert (found.id, found.project_key, found.column) == (before.id, "CLD", Column.OFF)
    assert TicketKey.objects.get(key="MM-50").ticket_id == before.id
    assert not Ticket.objects.filter(key="MM-50").exists()
    event = TicketEvent.objects.get(ticket=before.id, what=TicketWhat.KEY)
    assert (event.from_value, event.to_value) == ("MM-50", new)
    back = small.bulk("move", issues=[new], project="MM")["moved"][new]
    sync()
    assert ticket(back).id == before.id
    assert set(TicketKey.objects.filter(ticket=before.id).values_list("key", flat=True)) == {"MM-50", new}
    assert not TicketKey.objects.filter(key=back).exists()


def test_a_full_run_writes_again_what_was_damaged_here(small: Sandbox) -> None:
    synced()
    before = dump("ticket", "ticketdetail")
    Ticket.objects.filter(key="MM-33").update(summary="Damaged")
    TicketDetail.objects.filter(ticket__key="MM-33").update(digest="")
    synced(RunKind.FULL)
    after = dump("ticket", "ticketdetail")
    assert after["ticketdetail"] == before["ticketdetail"]
    assert ticket("MM-33").summary != "Damaged"


def test_times_are_kept_to_the_millisecond_whatever_the_offset(small: Sandbox) -> None:
    synced()
    raw = small.jira("GET", "/rest/api/2/issue/MM-34").json()["fields"]
    assert ticket("MM-34").created == datetime.fromisoformat(raw["created"]).astimezone(UTC)
