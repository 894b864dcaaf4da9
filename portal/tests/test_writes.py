"""Writes to Jira and Mattermost, against running ones: shown at once, each effect once, whatever becomes of answers."""

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from integrations.outbox import actions as outbox
from integrations.outbox.choices import OPEN, State
from integrations.outbox.models import Delivery, DeliveryEvent
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.env import Mattermost
from portal.flows.senders import SENDERS, ClaimLost
from portal.tests.mirroring import jira_of, mirroring, synced, ticket, todo
from portal.tests.patience import PATIENCE, until
from tickets.actions import writes
from tickets.actions.writes.answers import drop_write
from tickets.choices import Column, WriteState
from tickets.models import Ticket, TicketWrite

pytestmark = pytest.mark.django_db

TODO, IN_PROGRESS, SUBMITTED, DONE = "10002", "3", "10003", "10004"


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox() as sandbox:
        yield sandbox


@contextmanager
def settled_within(seconds: float) -> Iterator[None]:
    """Other systems finish or drop a request within so many seconds."""
    before = settings.ENV
    settings.ENV = dataclasses.replace(before, outbox_settle=seconds)
    try:
        yield
    finally:
        settings.ENV = before


def todo_of_jira() -> list[str]:
    """To Do as Jira's index has it now."""
    synced()
    return todo()


@pytest.fixture
def jira(site: Sandbox) -> Iterator[Sandbox]:
    site.clear_faults()
    site.clear_faults(chat=True)
    with mirroring(jira_of(site)), settled_within(0.0):
        settings.ENV = dataclasses.replace(settings.ENV, mattermost=Mattermost(
            base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team
        ))
        synced()
        yield site
    site.clear_faults()
    site.clear_faults(chat=True)


@pytest.fixture
def ines() -> Person:
    account = Ticket.objects.exclude(assignee=None).values_list("assignee_id", flat=True).order_by("id").first()
    return person(Role.ENGINEER, jira_account_id=account or "nobody")


def in_jira(sandbox: Sandbox, key: str) -> dict[str, Any]:
    return dict(sandbox.jira("GET", f"/rest/api/2/issue/{key}").json()["fields"])


def said_in(sandbox: Sandbox, key: str, text: str) -> int:
    """How many comments of a ticket hold this text."""
    told = sandbox.jira("GET", f"/rest/api/2/issue/{key}/comment", params={"maxResults": 500}).json()["comments"]
    return sum(text in comment["body"] for comment in told)


def send_all(rounds: int = 60) -> None:
    """Let everything that is due leave, as ticks would, until nothing is on its way."""
    at = clock.now()
    for _ in range(rounds):
        due = list(Delivery.objects.due(at).order_by("id").values_list("id", flat=True))
        if not due:
            if not Delivery.objects.filter(state__in=[State.WAITING, State.UNKNOWN, State.SENDING]).exists():
                return
            at += timedelta(seconds=30)
        for identity in due:
            flows.deliver(delivery_id=identity, at=at)


def asked_of(write: TicketWrite) -> list[dict[str, Any]]:
    """The fields that a write asks a person about."""
    assert write.delivery.question is not None
    return list(write.delivery.question["fields"])


def some(column: Column, n: int = 1) -> list[Ticket]:
    return list(Ticket.objects.present().filter(column=column, write_state="").order_by("id")[:n])


def plain(column: Column = Column.TODO) -> Ticket:
    """A ticket whose priority none of these tests sets."""
    return next(card for card in some(column, 50) if card.priority not in {"Lowest", "Highest"})


# Moves


def test_a_move_is_shown_at_once_and_then_in_jira(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    write = writes.move_ticket(ticket_id=card.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    assert write is not None
    shown = ticket(card.key)
    assert (shown.column, shown.write_state) == (Column.IN_PROGRESS, WriteState.PENDING)
    assert in_jira(jira, card.key)["status"]["id"] == TODO
    send_all()
    assert in_jira(jira, card.key)["status"]["id"] == IN_PROGRESS
    shown = ticket(card.key)
    assert (shown.column, shown.write_state) == (Column.IN_PROGRESS, "")
    assert not TicketWrite.objects.filter(open=True).exists()


def test_a_poll_meanwhile_does_not_take_the_move_off_the_board(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    writes.move_ticket(ticket_id=card.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    jira.bulk("set", issues=[card.key], fields={"summary": "Renamed meanwhile"})
    synced()
    shown = ticket(card.key)
    assert (shown.summary, shown.column) == ("Renamed meanwhile", Column.IN_PROGRESS)


def test_a_move_that_the_workflow_does_not_allow_says_what_it_allows(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    write = writes.move_ticket(ticket_id=card.id, to=[SUBMITTED], by=ines, at=clock.now())
    send_all()
    shown = ticket(card.key)
    assert shown.write_state == WriteState.FAILED
    assert "Jira does not allow this move; it allows:" in shown.write_note and "In Progress" in shown.write_note
    assert write is not None
    drop_write(write=write, by=ines, at=clock.now())
    shown = ticket(card.key)
    assert (shown.column, shown.status_id, shown.write_state) == (Column.TODO, TODO, "")


def test_a_field_that_jira_demands_is_asked_for_and_then_written(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    write = writes.move_ticket(ticket_id=card.id, to=[DONE], by=ines, at=clock.now())
    assert write is not None
    send_all()
    write.delivery.refresh_from_db()
    assert ticket(card.key).write_state == WriteState.ASKS
    field = asked_of(write)[0]
    assert field["name"] == "Resolution" and len(field["allowed"]) > 1
    wont_do = next(pair[0] for pair in field["allowed"] if pair[1] == "Won't Do")
    writes.answer_write(write=write, answers={"resolution": wont_do}, by=ines, at=clock.now())
    send_all()
    assert in_jira(jira, card.key)["resolution"]["name"] == "Won't Do"
    assert ticket(card.key).resolution == "Won't Do"
    # What was learnt is asked at once the next time, before anything leaves.
    other = some(Column.TODO)[0]
    again = writes.move_ticket(ticket_id=other.id, to=[DONE], by=ines, at=clock.now())
    assert again is not None and again.delivery.state == State.ASKING
    drop_write(write=again, by=ines, at=clock.now())


def test_a_value_that_changed_in_jira_is_asked_about_and_never_overwritten(jira: Sandbox, ines: Person) -> None:
    card = plain()
    write = writes.prioritise_ticket(ticket_id=card.id, priority="Lowest", by=ines, at=clock.now())
    assert write is not None
    jira.bulk("set", issues=[card.key], fields={"priority": {"name": "Highest"}})
    send_all()
    write.delivery.refresh_from_db()
    asked = asked_of(write)[0]
    assert (asked["base_words"], asked["mine_words"], asked["theirs_words"]) == (card.priority, "Lowest", "Highest")
    assert in_jira(jira, card.key)["priority"]["name"] == "Highest"
    writes.answer_write(write=write, answers={"priority": "mine"}, by=ines, at=clock.now())
    send_all()
    assert in_jira(jira, card.key)["priority"]["name"] == "Lowest"


def test_taking_jiras_value_ends_the_write_and_shows_it(jira: Sandbox, ines: Person) -> None:
    card = plain()
    write = writes.prioritise_ticket(ticket_id=card.id, priority="Lowest", by=ines, at=clock.now())
    assert write is not None
    jira.bulk("set", issues=[card.key], fields={"priority": {"name": "Highest"}})
    synced()
    assert ticket(card.key).priority == "Lowest"
    send_all()
    writes.answer_write(write=write, answers={"priority": "theirs"}, by=ines, at=clock.now())
    assert ticket(card.key).priority == "Highest"
    assert ticket(card.key).write_state == ""


def test_what_jira_refused_is_no_change_of_jiras(jira: Sandbox, ines: Person) -> None:
    card = plain()
    writes.prioritise_ticket(ticket_id=card.id, priority="Nonsense", by=ines, at=clock.now())
    send_all()
    assert ticket(card.key).write_state == WriteState.FAILED
    write = writes.prioritise_ticket(
        ticket_id=card.id, priority="Lowest", by=ines, at=clock.now(), drawn=ticket(card.key).priority
    )
    assert write is not None and write.delivery.state == State.WAITING
    send_all()
    assert in_jira(jira, card.key)["priority"]["name"] == "Lowest"


def test_what_was_drawn_before_jira_changed_is_asked_about_before_anything_leaves(jira: Sandbox, ines: Person) -> None:
    card = plain()
    write = writes.prioritise_ticket(ticket_id=card.id, priority="Lowest", by=ines, at=clock.now(), drawn="Elsewhere")
    assert write is not None and write.delivery.state == State.ASKING
    drop_write(write=write, by=ines, at=clock.now())


def test_two_who_pull_at_once_never_get_the_same(jira: Sandbox, ines: Person) -> None:
    first, second = writes.pull_next(by=ines, at=clock.now()), writes.pull_next(by=ines, at=clock.now())
    assert first is not None and second is not None and first.ticket_id != second.ticket_id
    send_all()
    for write in (first, second):
        fields = in_jira(jira, write.ticket.key)
        assert (fields["status"]["id"], fields["assignee"]["accountId"]) == (IN_PROGRESS, ines.jira_account_id)


def test_labels_join_those_that_jira_has(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    writes.label_ticket(ticket_id=card.id, add=["set-one"], by=ines, at=clock.now())
    before = in_jira(jira, card.key)["labels"]
    jira.bulk("set", issues=[card.key], fields={"labels": [*before, "theirs"]})
    send_all()
    assert {"set-one", "theirs", *before} == set(in_jira(jira, card.key)["labels"])


def test_an_undone_write_that_is_in_jira_is_written_the_other_way(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    write = writes.move_ticket(ticket_id=card.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    send_all()
    assert write is not None
    writes.reverse_write(write=write, by=ines, at=clock.now())
    assert ticket(card.key).column == Column.TODO
    send_all()
    assert in_jira(jira, card.key)["status"]["id"] == TODO


# Order


def test_an_order_made_here_holds_while_jiras_index_lags(jira: Sandbox, ines: Person) -> None:
    before = todo()
    moving = [ticket(before[-1]).id, ticket(before[-2]).id]
    jira.control("index-delay", {"seconds": 2})
    try:
        writes.rank_tickets(tickets=moving, anchor=ticket(before[0]).id, before=True, by=ines, at=clock.now())
        wanted = [before[-1], before[-2], *before[:-2]]
        assert todo() == wanted
        send_all()
        synced()
        assert todo() == wanted
    finally:
        jira.control("index-delay", {"seconds": 0})
    Delivery.objects.filter(topic="jira.rank").delete()  # from now on only Jira's own word counts
    until(lambda: todo_of_jira() == wanted, "Jira's order is another one")


def test_places_between_two_neighbours_do_not_run_out(jira: Sandbox, ines: Person) -> None:
    keys = todo()
    for _ in range(12):
        first, last = todo()[0], todo()[-1]
        writes.rank_tickets(tickets=[ticket(last).id], anchor=ticket(first).id, before=False, by=ines, at=clock.now())
        order = todo()
        assert order[:2] == [first, last] and sorted(order) == sorted(keys)


# Faults


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_comment_whose_answer_was_lost_is_there_once(jira: Sandbox, ines: Person, drop: str) -> None:
    card = some(Column.TODO)[0]
    jira.fault(path="/comment$", method="POST", drop=drop)
    writes.comment_ticket(ticket_id=card.id, text=f"Said once, {drop}", by=ines, at=clock.now())
    send_all()
    told = jira.jira("GET", f"/rest/api/2/issue/{card.key}/comment").json()["comments"]
    assert [comment["body"].splitlines()[0] for comment in told].count(f"Said once, {drop}") == 1
    assert ticket(card.key).write_state == ""


def test_a_write_that_takes_effect_late_is_not_made_again(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    jira.fault(path="/comment$", method="POST", late_ms=300)
    writes.comment_ticket(ticket_id=card.id, text="Said late", by=ines, at=clock.now())
    delivery = Delivery.objects.latest("id")
    with settled_within(60.0):
        flows.deliver(delivery_id=delivery.id, at=clock.now())
        delivery.refresh_from_db()
        assert delivery.state == State.UNKNOWN
        assert flows.deliver(delivery_id=delivery.id, at=clock.now()) is None
        with pytest.raises(outbox.NotOpen):
            outbox.drop(delivery=delivery, by=ines, at=clock.now())
        # The clock that is passed in runs ahead; the effect comes by the real one.
        until(lambda: said_in(jira, card.key, "Said late"), "it took no effect")
        flows.deliver(delivery_id=delivery.id, at=clock.now() + timedelta(seconds=70))
    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert said_in(jira, card.key, "Said late") == 1


def test_one_ticket_that_jira_asks_to_wait_for_keeps_no_other_waiting(jira: Sandbox, ines: Person) -> None:
    slow, quick = some(Column.TODO, 2)
    jira.fault(path=f"issue/{slow.id}/transitions", status=429, retry_after=300,
               headers={"RateLimit-Reason": "jira-per-issue-on-write"})
    writes.move_ticket(ticket_id=slow.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    writes.move_ticket(ticket_id=quick.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    for identity in Delivery.objects.filter(state=State.WAITING).values_list("id", flat=True):
        flows.deliver(delivery_id=identity, at=clock.now())
    assert in_jira(jira, quick.key)["status"]["id"] == IN_PROGRESS
    assert ticket(slow.key).write_state == WriteState.PENDING
    assert "wait until" in ticket(slow.key).write_note


def test_writes_of_one_ticket_leave_in_order(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    writes.move_ticket(ticket_id=card.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    writes.move_ticket(ticket_id=card.id, to=[SUBMITTED], by=ines, at=clock.now())
    second = Delivery.objects.latest("id")
    assert flows.deliver(delivery_id=second.id, at=clock.now()) is None
    send_all()
    assert in_jira(jira, card.key)["status"]["id"] == SUBMITTED


def test_a_worker_that_died_while_sending_leaves_nothing_double(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    writes.comment_ticket(ticket_id=card.id, text="From a dead worker", by=ines, at=clock.now())
    delivery = outbox.claim(delivery_id=Delivery.objects.latest("id").id, at=clock.now())
    assert delivery is not None
    body = {"body": "From a dead worker", "properties": [{"key": "set.delivery", "value": {"key": delivery.key}}]}
    jira.jira("POST", f"/rest/api/2/issue/{card.id}/comment", json=body)
    assert flows.deliver(delivery_id=delivery.id, at=clock.now()) is None
    send_all()
    told = jira.jira("GET", f"/rest/api/2/issue/{card.key}/comment").json()["comments"]
    assert sum("From a dead worker" in comment["body"] for comment in told) == 1


def test_a_ticket_that_was_deleted_meanwhile_says_so(jira: Sandbox, ines: Person) -> None:
    card = some(Column.BACKLOG)[-1]
    jira.bulk("delete", issues=[card.key])
    writes.label_ticket(ticket_id=card.id, add=["late"], by=ines, at=clock.now())
    send_all()
    assert ticket(card.key).write_state == WriteState.FAILED
    assert "no longer in Jira" in ticket(card.key).write_note


def test_what_jira_left_of_an_order_is_named_and_can_be_tried_again(jira: Sandbox, ines: Person) -> None:
    order = todo()
    left, moved, anchor = ticket(order[-1]), ticket(order[-2]), ticket(order[0])
    jira.bulk("archive", issues=[left.key])
    writes.rank_tickets(tickets=[left.id, moved.id], anchor=anchor.id, before=True, by=ines, at=clock.now())
    send_all()
    delivery = Delivery.objects.latest("id")
    assert delivery.state == State.FAILED
    assert f"Jira left 1 of 2 where they were. {left.key}:" in delivery.fault
    assert ticket(left.key).write_note == delivery.fault
    jira.bulk("unarchive", issues=[left.key])
    outbox.retry(delivery=delivery, by=ines, at=clock.now())
    send_all()
    assert ticket(left.key).write_state == "" and todo()[:2] == [left.key, moved.key]


def test_a_write_that_jira_does_not_permit_says_so_in_jiras_words(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    jira.fault(path=f"issue/{card.id}$", method="PUT", status=403,
               body={"errorMessages": ["You may not edit this issue."], "errors": {}})
    write = writes.label_ticket(ticket_id=card.id, add=["not-mine"], by=ines, at=clock.now())
    send_all()
    assert write is not None and ticket(card.key).write_state == WriteState.FAILED
    assert "You may not edit this issue." in ticket(card.key).write_note
    writes.retry_write(write=write, by=ines, at=clock.now())
    send_all()
    assert "not-mine" in in_jira(jira, card.key)["labels"]


def test_a_token_that_jira_refuses_keeps_every_write_until_it_is_mended(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    jira.fault(path=f"issue/{card.id}", times=1, status=401)
    writes.label_ticket(ticket_id=card.id, add=["kept"], by=ines, at=clock.now())
    delivery = Delivery.objects.latest("id")
    flows.deliver(delivery_id=delivery.id, at=clock.now())
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING and "JIRA_API_TOKEN" in delivery.fault
    send_all()
    assert "kept" in in_jira(jira, card.key)["labels"]


def post(text: str, channel: str = "sustained-engineering") -> Delivery:
    return outbox.enqueue(topic="mattermost.post", scope=f"mattermost:{channel}", title=text, at=clock.now(),
                          payload={"channel": channel, "message": text})


def messages(jira: Sandbox, start: str) -> list[str]:
    """The texts of the channel that begin so, oldest first."""
    channel = jira.mattermost("GET", "teams/name/community/channels/name/sustained-engineering").json()["id"]
    told = jira.mattermost("GET", f"channels/{channel}/posts", params={"per_page": 200}).json()
    found = [told["posts"][one]["message"] for one in reversed(told["order"])]
    return [text for text in found if text.startswith(start)]


def test_mattermost_away_for_an_hour_gets_everything_in_order_afterwards(jira: Sandbox) -> None:
    jira.fault(chat=True, path=".*", times=-1, status=503)
    posted = [post(f"In order {number}") for number in range(4)]
    at = clock.now()
    for minute in range(60):
        for identity in list(Delivery.objects.due(at + timedelta(minutes=minute)).values_list("id", flat=True)):
            flows.deliver(delivery_id=identity, at=at + timedelta(minutes=minute))
    jira.clear_faults(chat=True)
    assert Delivery.objects.get(id=posted[0].id).state in {State.WAITING, State.UNKNOWN}
    assert "out of order" in Delivery.objects.get(id=posted[0].id).fault
    for _ in range(8):
        at += timedelta(hours=2)
        for identity in list(Delivery.objects.due(at).values_list("id", flat=True)):
            flows.deliver(delivery_id=identity, at=at)
    assert messages(jira, "In order") == [f"In order {number}" for number in range(4)]


def test_a_channel_that_is_archived_keeps_the_post_until_it_is_restored(jira: Sandbox, ines: Person) -> None:
    team = jira.mattermost("GET", "teams/name/community").json()["id"]
    body = {"team_id": team, "name": "put-away", "display_name": "Put away", "type": "O"}
    channel = jira.mattermost("POST", "channels", json=body).json()["id"]
    jira.mattermost("DELETE", f"channels/{channel}")
    delivery = post("Kept", "put-away")
    send_all()
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED and "~put-away is archived" in delivery.fault
    jira.mattermost("POST", f"channels/{channel}/restore")
    outbox.retry(delivery=delivery, by=ines, at=clock.now())
    send_all()
    delivery.refresh_from_db()
    assert delivery.state == State.SENT and delivery.remote_url.startswith(jira.mattermost_url)


# Everything at once


LEVERS: tuple[dict[str, Any], ...] = ({"drop": "before"}, {"drop": "after"}, {"late_ms": 150})


def send_for_real() -> None:
    """Let everything leave by the real clock, as the tick would, until nothing is on its way."""

    def all_left() -> bool:
        for identity in list(Delivery.objects.due(clock.now()).order_by("id").values_list("id", flat=True)):
            flows.deliver(delivery_id=identity, at=clock.now())
        return not Delivery.objects.filter(state__in=[State.WAITING, State.UNKNOWN, State.SENDING]).exists()

    def left() -> str:
        found = Delivery.objects.open().order_by("id").values_list("title", "state", "attempts", "fault")
        return f"{len(found)} left: {list(found[:3])}"

    until(all_left, left, patience=4 * PATIENCE)


def moves_in(sandbox: Sandbox, key: str) -> int:
    """How often an issue changed its status, by Jira's own change log."""
    told = sandbox.jira("GET", f"/rest/api/2/issue/{key}/changelog", params={"maxResults": 100}).json()["values"]
    return sum(item["field"] == "status" for history in told for item in history["items"])


def test_two_hundred_mixed_writes_have_each_effect_once(jira: Sandbox, ines: Person) -> None:
    rng = random.Random(7)
    cards = some(Column.TODO, 6) + some(Column.IN_PROGRESS, 6)
    moved_before = {card.id: moves_in(jira, card.key) for card in cards}
    for path, method, times in (("/comment$", "POST", 2), ("transitions$", "POST", 2), (r"issue/\d+$", "PUT", 2),
                                ("rank$", "PUT", 1), ("issue$", "POST", 1)):
        for lever in LEVERS:
            jira.fault(path=path, method=method, times=times, **lever)
    for lever in LEVERS:
        jira.fault(chat=True, path="posts$", method="POST", **lever)
    jira.control("index-delay", {"seconds": 1})
    said: dict[str, int] = {}
    moves: Counter[int] = Counter()
    for number in range(150):
        card, at = rng.choice(cards), clock.now()
        if number % 3 == 0:
            said[f"Comment number {number}"] = card.id
            writes.comment_ticket(ticket_id=card.id, text=f"Comment number {number}", by=ines, at=at)
        elif number % 3 == 1:
            said[f"mix-{number}"] = card.id
            writes.label_ticket(ticket_id=card.id, add=[f"mix-{number}"], by=ines, at=at)
        else:
            to = TODO if ticket(card.key).column == Column.IN_PROGRESS else IN_PROGRESS
            writes.move_ticket(ticket_id=card.id, to=[to], by=ines, at=at)
            moves[card.id] += 1
    still = [key for key in todo() if key not in {card.key for card in cards}]
    for number in range(12):
        first, last = ticket(still[number % 3]), ticket(still[-1 - number % 4])
        writes.rank_tickets(tickets=[last.id], anchor=first.id, before=bool(number % 2), by=ines, at=clock.now())
    made = [new_issue(f"Mixed issue {number}", f"mixed-issue-number-{number}") for number in range(6)]
    posted = [f"Post number {number}" for number in range(32)]
    for text in posted:
        post(text)
    assert Delivery.objects.count() == 200
    with settled_within(3.0):  # far more than the 150 ms after which a late one takes effect
        send_for_real()
    jira.control("index-delay", {"seconds": 0})
    assert not Delivery.objects.filter(state__in=OPEN).exists()
    for card in cards:
        fields = in_jira(jira, card.key)
        assert fields["status"]["id"] == ticket(card.key).status_id
        assert moves_in(jira, card.key) == moved_before[card.id] + moves[card.id]
        mine = [text for text, identity in said.items() if identity == card.id]
        assert commented(jira, card.key, "Comment number") == [text for text in mine if text.startswith("Comment")]
        assert set(fields["labels"]) >= {text for text in mine if text.startswith("mix")}
    assert messages(jira, "Post number") == posted
    ids = sorted(Delivery.objects.filter(id__in=[one.id for one in made]).values_list("remote_id", flat=True))
    until(lambda: found_in(jira, "Mixed issue") == ids, "Jira has other issues than were made")  # its index lags
    shown = [key for key in todo() if key in still]
    Delivery.objects.filter(topic="jira.rank").delete()  # from now on only Jira's own word counts
    until(lambda: [key for key in todo_of_jira() if key in still] == shown, "Jira's order is another one")


def new_issue(summary: str, key: str) -> Delivery:
    fields = {"project": {"key": "MM"}, "issuetype": {"name": "Task"}, "summary": summary}
    return outbox.enqueue(topic="jira.create", scope=f"new:{key}", title=summary, at=clock.now(), key=key,
                          payload={"project": "MM", "fields": fields})


def found_in(sandbox: Sandbox, summary: str) -> list[str]:
    """The ids of issues whose summary has these words, as Jira's index has them now."""
    asked = {"jql": f'project = MM AND summary ~ "{summary}"', "fields": "summary", "maxResults": 100}
    return sorted(one["id"] for one in sandbox.jira("GET", "/rest/api/2/search/jql", params=asked).json()["issues"])


def commented(sandbox: Sandbox, key: str, start: str) -> list[str]:
    """The first lines of an issue's comments that begin so, oldest first."""
    told = sandbox.jira("GET", f"/rest/api/2/issue/{key}/comment", params={"maxResults": 500}).json()["comments"]
    found = [comment["body"].splitlines()[0] for comment in told]
    return [line for line in found if line.startswith(start)]


def test_two_new_issues_whose_keys_begin_alike_are_two(jira: Sandbox, ines: Person) -> None:
    jira.control("index-delay", {"seconds": 0})
    for name in ("search", "mobile"):
        new_issue(f"Debt of {name}", f"debt-2026-11-17-{name}")
        jira.fault(path="issue$", method="POST", drop="after" if name == "mobile" else "before")
        send_all()
    made = list(Delivery.objects.filter(topic="jira.create").order_by("id").values_list("remote_id", flat=True))
    assert len(set(made)) == 2 and all(made)
    assert [in_jira(jira, one)["summary"] for one in made] == ["Debt of search", "Debt of mobile"]


def test_a_search_that_is_refused_for_good_ends_and_can_be_dropped(jira: Sandbox, ines: Person) -> None:
    card = some(Column.BACKLOG)[0]
    jira.fault(path="/comment$", method="POST", drop="before")
    write = writes.comment_ticket(ticket_id=card.id, text="Never said", by=ines, at=clock.now())
    flows.deliver(delivery_id=write.delivery_id, at=clock.now())
    jira.bulk("delete", issues=[card.key])
    send_all()
    assert ticket(card.key).write_state == WriteState.FAILED
    with pytest.raises(outbox.NotOpen, match="may have"):
        drop_write(write=write, by=ines, at=clock.now())
    drop_write(write=write, by=ines, at=clock.now(), anyway=True)
    assert ticket(card.key).write_state == ""


def test_an_older_correction_that_is_tried_again_does_not_undo_a_newer_one(jira: Sandbox, ines: Person) -> None:
    first = post("First text")
    send_all()
    jira.fault(chat=True, path="patch$", method="PUT", status=403)
    corrections = [
        outbox.enqueue(topic="mattermost.edit", scope=first.scope, title=text, at=clock.now(),
                       payload={"of": first.key, "message": text})
        for text in ("Second text", "Third text")
    ]
    send_all()
    outbox.retry(delivery=corrections[0], by=ines, at=clock.now())
    send_all()
    assert messages(jira, "Second text") == [] and messages(jira, "Third text") == ["Third text"]


def test_a_worker_that_died_after_the_write_leaves_no_card_on_its_way(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    write = writes.comment_ticket(ticket_id=card.id, text="Told later", by=ines, at=clock.now())
    delivery = outbox.claim(delivery_id=write.delivery_id, at=clock.now())
    assert delivery is not None
    outbox.sent(delivery=delivery, outcome=outbox.Sent("1"), at=clock.now())  # and then it is gone
    assert ticket(card.key).write_state == WriteState.PENDING
    flows.tick(at=clock.now() + timedelta(seconds=20))
    assert ticket(card.key).write_state == ""


def test_a_write_is_not_made_by_whoever_lost_the_claim(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    writes.comment_ticket(ticket_id=card.id, text="By one of two", by=ines, at=clock.now())
    delivery = Delivery.objects.latest("id")
    slow = outbox.claim(delivery_id=delivery.id, at=clock.now())
    assert slow is not None
    Delivery.objects.filter(id=delivery.id).update(claim="somebody else's")
    with pytest.raises(ClaimLost):
        SENDERS["jira.comment"].send(slow)
    assert said_in(jira, card.key, "By one of two") == 0


# What is kept


def test_each_step_of_a_delivery_is_a_row_with_who_and_when(jira: Sandbox, ines: Person) -> None:
    card = some(Column.TODO)[0]
    jira.fault(path="transitions$", method="POST", status=503)
    writes.move_ticket(ticket_id=card.id, to=[IN_PROGRESS], by=ines, at=clock.now())
    send_all()
    events = list(DeliveryEvent.objects.order_by("id").values_list("what", "by__name"))
    assert events == [("enqueued", ines.name), ("unanswered", None), ("sent", None)]


def test_what_is_due_is_found_by_an_index(django_assert_max_num_queries: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'outbox_delivery'")
        names = {row[0] for row in cursor.fetchall()}
    assert {"deliveries_on_their_way", "deliveries_of_a_scope"} <= names
