"""Pulling, limits, blocks, threads and the meeting, over a small board."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from integrations.outbox import actions as outbox
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import FeatureTeam, Person
from people.tests.factories import person
from tickets.actions import kanban, writes
from tickets.actions.writes import NotThere
from tickets.choices import Column, KanbanWhat
from tickets.models import KanbanEvent, Ticket, TicketBlock, TicketChange, TicketThread, WipLimit
from tickets.queries.kanban import work_on
from tickets.queries.meeting import last_meeting, meeting_page
from tickets.rules.kanban import Limit, passed
from tickets.tests.factories import NOON, make_project, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> Person:
    make_project()
    make_user("Ines Okafor", "acc-ines")
    make_status("In Progress")
    return person(Role.ENGINEER, jira_account_id="acc-ines", name="Ines Okafor")


def drawn(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(id=ticket.id)


# Pulling


def test_the_top_of_to_do_that_is_free_becomes_mine_and_in_progress(ines: Person) -> None:
    make_ticket(rank_position=1, assignee=make_user("Ada Park"))
    top, lower = make_ticket(rank_position=2), make_ticket(rank_position=3)
    write = writes.pull_next(by=ines, at=NOON)
    assert write is not None and write.ticket_id == top.id
    assert (drawn(top).column, drawn(top).assignee_id) == (Column.IN_PROGRESS, "acc-ines")
    assert drawn(lower).column == Column.TODO


def test_somebody_new_whom_no_ticket_has_named_yet_can_pull(ines: Person) -> None:
    ticket = make_ticket()
    new = person(Role.ENGINEER, jira_account_id="acc-new", name="Nia New")
    assert writes.pull_next(by=new, at=NOON) is not None
    assert drawn(ticket).assignee_id == "acc-new"


@pytest.mark.parametrize("given", ["0", "foo bar", "MM-1", "//elsewhere.example/", "https://elsewhere.example/", "😀"])
def test_a_way_back_that_is_no_page_of_ours_leads_to_the_ticket(ines: Person, client: Client, given: str) -> None:
    ticket = make_ticket()
    client.force_login(ines)
    answer = client.post(f"/tickets/{ticket.key}/block/", {"why": "No log\x00 yet", "by": "\x00", "next": given})
    assert answer.status_code == 302 and answer["Location"] == f"/tickets/{ticket.key}/"
    assert drawn(ticket).blocked_why == "No log yet"


def test_an_empty_to_do_gives_nothing_and_the_page_says_what_is_free(ines: Person, client: Client) -> None:
    assert writes.pull_next(by=ines, at=NOON) is None
    client.force_login(ines)
    told = client.post("/board/pull/", follow=True).content.decode()
    assert "Feature-team work is free to take" in told


def test_who_has_no_account_in_jira_is_told_where_to_set_it(ines: Person) -> None:
    make_ticket()
    with pytest.raises(NotThere, match="Jira account id is not set"):
        writes.pull_next(by=person(Role.ENGINEER), at=NOON)


def test_a_limit_that_forbids_keeps_the_ticket_where_it_is(ines: Person) -> None:
    kanban.set_limits(wanted={("in_progress", "person"): (1, True)}, by=ines, at=NOON)
    first, second = make_ticket(rank_position=1), make_ticket(rank_position=2)
    assert writes.pull_next(by=ines, at=NOON) is not None
    with pytest.raises(NotThere, match="That makes 2 tickets of Ines Okafor in In progress; the limit for each is 1"):
        writes.pull_next(by=ines, at=NOON)
    assert drawn(first).column == Column.IN_PROGRESS and drawn(second).column == Column.TODO
    assert Delivery.objects.count() == 1


def test_a_limit_that_warns_lets_it_through_and_says_so(ines: Person, client: Client) -> None:
    kanban.set_limits(wanted={("in_progress", "column"): (1, False)}, by=ines, at=NOON)
    make_ticket("In Progress")
    make_ticket()
    client.force_login(ines)
    told = client.post("/board/pull/", follow=True).content.decode()
    assert "That makes 2 tickets in In progress; the limit is 1." in told


@given(most=st.integers(1, 20), here=st.integers(0, 40), theirs=st.integers(0, 40))
def test_a_limit_is_passed_by_the_first_ticket_beyond_it(most: int, here: int, theirs: int) -> None:
    limits = [Limit("in_progress", "column", most, True), Limit("in_progress", "person", most, False)]
    found = passed(limits, column="in_progress", name="In progress", here=here, theirs=theirs, owner="Ada")
    assert [over.forbids for over in found] == [True] * (here >= most) + [False] * (theirs >= most)
    assert not passed(limits, column="submitted", name="Submitted", here=here, theirs=theirs, owner="Ada")


# Limits


def test_the_lead_sets_limits_and_each_change_is_a_row(client: Client) -> None:
    client.force_login(person(Role.LEAD))
    sent = {"in_progress-person": "2", "in_progress-person-forbids": "1", "todo-column": ""}
    assert client.post("/board/limits/", sent).status_code == 302
    limit = WipLimit.objects.get()
    assert (limit.column, limit.of, limit.most, limit.forbids) == ("in_progress", "person", 2, True)
    assert KanbanEvent.objects.filter(what=KanbanWhat.LIMIT).count() == 1
    client.post("/board/limits/", {"in_progress-person": ""})
    assert not WipLimit.objects.exists()


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1000", "0009999999999999", "٣", "9" * 5_000])
def test_a_limit_that_is_no_number_is_refused_and_nothing_is_lost(client: Client, wrong: str) -> None:
    client.force_login(person(Role.LEAD))
    answer = client.post("/board/limits/", {"in_progress-person": wrong, "todo-column": "7"})
    assert answer.status_code == 422
    assert b"A number from 1 to 999" in answer.content and b'value="7"' in answer.content
    assert not WipLimit.objects.exists()


def test_an_engineer_sees_the_limits_and_may_not_set_them(client: Client) -> None:
    client.force_login(person(Role.ENGINEER))
    assert client.get("/board/limits/").status_code == 200
    assert client.post("/board/limits/", {"in_progress-person": "2"}).status_code == 403


# Blocks


def test_a_blocked_ticket_says_why_by_what_and_since_when(ines: Person, client: Client) -> None:
    ticket = make_ticket("In Progress")
    client.force_login(ines)
    client.post(f"/tickets/{ticket.key}/block/", {"why": "No log yet", "by": "Initech"})
    shown = drawn(ticket)
    assert shown.blocked_since is not None and shown.blocked_why == "No log yet (Initech)"
    since = shown.blocked_since
    client.post(f"/tickets/{ticket.key}/block/", {"why": "No log, asked twice", "by": "Initech"})
    assert drawn(ticket).blocked_since == since
    page = client.get(f"/tickets/{ticket.key}/").content.decode()
    assert "No log, asked twice" in page and "Waits for Initech" in page
    client.post(f"/tickets/{ticket.key}/unblock/")
    assert drawn(ticket).blocked_since is None and TicketBlock.objects.get().ended_by == ines
    whats = list(KanbanEvent.objects.order_by("id").values_list("what", flat=True))
    assert whats == ["blocked", "blocked", "unblocked"]


def test_a_block_without_a_reason_is_refused(ines: Person, client: Client) -> None:
    ticket = make_ticket()
    client.force_login(ines)
    told = client.post(f"/tickets/{ticket.key}/block/", {"why": "  "}, follow=True).content.decode()
    assert "Say what it waits for." in told and not TicketBlock.objects.exists()


def test_a_viewer_may_block_nothing(ines: Person, client: Client) -> None:
    ticket = make_ticket()
    client.force_login(person(Role.VIEWER))
    assert client.post(f"/tickets/{ticket.key}/block/", {"why": "x"}).status_code == 403
    assert client.post("/board/pull/").status_code == 403


# Threads


def test_a_thread_is_started_once(ines: Person) -> None:
    ticket = make_ticket()
    for _ in range(2):
        kanban.start_thread(ticket_id=ticket.id, channel="set", link="https://set.example.com/t", by=ines, at=NOON)
    assert Delivery.objects.count() == 1
    delivery = Delivery.objects.get()
    assert delivery.payload["message"].startswith(f"#### [{ticket.key}](https://set.example.com/t)")
    assert kanban.note_thread(delivery_id=delivery.id, url="https://chat/pl/x", post_id="x") == ticket.id
    assert TicketThread.objects.get().url == "https://chat/pl/x"


def test_a_summary_calls_nobody_and_marks_nothing_in_the_post_that_starts_a_thread(ines: Person) -> None:
    ticket = make_ticket(summary="@channel nothing works **at all**\n# now")
    kanban.start_thread(ticket_id=ticket.id, channel="set", link="https://set.example.com/t", by=ines, at=NOON)
    message = Delivery.objects.get().payload["message"]
    assert message.endswith("@\u200bchannel nothing works \\*\\*at all\\*\\* # now")


def test_a_thread_whose_first_post_was_dropped_can_be_started_again(ines: Person) -> None:
    ticket = make_ticket()
    told: Any = {"ticket_id": ticket.id, "channel": "set", "link": "https://set.example.com/t", "by": ines, "at": NOON}
    first = kanban.start_thread(**told).delivery
    assert first is not None and work_on(ticket.id, can_work=True).thread is not None
    outbox.drop(delivery=first, by=ines, at=NOON)
    assert work_on(ticket.id, can_work=True).thread is None
    again = kanban.start_thread(**told).delivery
    assert again is not None and again.id != first.id
    assert kanban.start_thread(**told).delivery == again


@pytest.mark.parametrize("url", ["https://elsewhere.example/team/pl/abc", "https://chat.example.com/team/channels/x",
                                 "javascript:alert(1)", "https://chat.example.com/team/pl/a/b", "\x00",
                                 f"https://chat.example.com/{'x' * 3_000}/pl/aaa"])
def test_a_link_to_somewhere_else_is_refused(ines: Person, url: str) -> None:
    ticket = make_ticket()
    with pytest.raises(ValueError, match="Paste the link of a post"):
        kanban.link_thread(ticket_id=ticket.id, url=url, allowed="https://chat.example.com", by=ines, at=NOON)


def test_a_post_that_is_there_is_linked(ines: Person) -> None:
    ticket = make_ticket()
    url = "https://chat.example.com/team/pl/abc123"
    kanban.link_thread(ticket_id=ticket.id, url=url, allowed="https://chat.example.com", by=ines, at=NOON)
    assert TicketThread.objects.get().post_id == "abc123"


# The meeting


def change(ticket: Ticket, at: Any, after: str) -> None:
    TicketChange.objects.create(ticket=ticket, history_id=TicketChange.objects.count() + 1, position=0, at=at,
                                field="status", field_id="status", from_text="To Do", to_text=after)


def test_the_last_meeting_is_the_calendars(ines: Person) -> None:
    # Tuesday 17 November 2026, noon in New York: SET met on Thursday at 14:00.
    assert last_meeting(NOON).isoformat() == "2026-11-12T19:00:00+00:00"
    assert last_meeting(NOON + timedelta(hours=3)).isoformat() == "2026-11-17T19:00:00+00:00"


def test_the_meeting_goes_person_by_person(ines: Person) -> None:
    mine = make_ticket("In Progress", assignee=make_user("Ines Okafor", "acc-ines"))
    old = make_ticket("Done", assignee=make_user("Ines Okafor", "acc-ines"))
    nobody = make_ticket("Submitted")
    theirs = make_ticket("In Progress", assignee=make_user("Ada Park"))
    change(mine, NOON - timedelta(days=1), "In Progress")
    change(old, NOON - timedelta(days=9), "Done")
    kanban.block_ticket(ticket_id=theirs.id, why="Waits for a log", by_what="", by=ines, at=NOON)
    page = meeting_page(NOON)
    assert [(each.name, each.on_set) for each in page.rounds] == [("Ines Okafor", True), ("Ada Park", False)]
    first = page.rounds[0]
    assert [line.key for line in first.moved] == [mine.key]
    assert (first.still, first.under_way) == ((), 1)
    assert first.moved[0].moves[0][0] == "To Do → In Progress"
    assert [line.key for line in page.ownerless] == [nobody.key]
    assert [line.blocked_why for line in page.blocked] == ["Waits for a log"]


def test_the_feature_teams_tickets_of_people_on_set_are_counted(ines: Person) -> None:
    team = FeatureTeam.objects.create(name="Channels", slug="channels", jira_label="Team-Channels")
    ines_too, ada = make_user("Ines Okafor", "acc-ines"), make_user("Ada Park")
    make_ticket("In Progress", assignee=ines_too, team=team, labels=["team-channels"])
    make_ticket("In Progress", assignee=ines_too, team=team)  # by its component alone: proposed, not theirs
    make_ticket("In Progress", assignee=ada, team=team, labels=["team-channels"])
    page = meeting_page(NOON)
    assert page.for_team == 1
    assert sorted(line.team for line in page.rounds[0].still) == ["", "Channels"]


def test_the_meetings_queries_do_not_grow(ines: Person, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        ticket = make_ticket("In Progress", assignee=make_user(f"Person {number}"))
        change(ticket, NOON - timedelta(hours=number), "In Progress")
    with django_assert_max_num_queries(9):
        meeting_page(NOON)


def test_the_meetings_page_is_drawn_and_refuses_a_moment_that_is_none(ines: Person, client: Client) -> None:
    make_ticket("In Progress", assignee=make_user("Ada Park"))
    client.force_login(person(Role.VIEWER))
    assert b"Ada Park" in client.get("/board/meeting/").content
    assert client.get("/board/meeting/?since=2026-11-10T09:00:00Z").status_code == 200
    for wrong in ("yesterday", "2026-11-10T09:00:00", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "2026-13-40"):
        assert client.get("/board/meeting/", {"since": wrong}).status_code == 400


# Who looks


def test_two_who_look_at_a_ticket_see_each_other(ines: Person) -> None:
    ticket, ada = make_ticket(), person(Role.VIEWER, name="Ada Viewer")
    one, two = Client(), Client()
    one.force_login(ines)
    two.force_login(ada)
    path = f"/tickets/{ticket.key}/here/"
    assert b"Ada" not in one.post(path).content
    assert b"Ines Okafor" in two.post(path).content
    assert b"Ada Viewer" in one.post(path).content
    assert two.post(path, {"left": "1"}).status_code == 204
    assert b"Ada" not in one.post(path).content


def test_a_ticket_that_is_not_there_has_no_viewers(client: Client) -> None:
    client.force_login(person(Role.VIEWER))
    assert client.post("/tickets/NO-1/here/").status_code == 404
