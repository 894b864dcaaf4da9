"""Taking back what was done, two at once, and limits: over a small board, without a Jira."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.flows.ordering import order_todo
from portal.flows.writes import Place, move_card, pull_card
from portal.tests.patience import PATIENCE, ended, until
from portal.tests.together import somebody_waits
from tickets.actions import kanban, writes
from tickets.actions.ranks import set_ranks
from tickets.actions.writes import NotThere
from tickets.choices import Column
from tickets.models import Ticket, TicketWrite
from tickets.queries.ordering import offs_now, standings
from tickets.rules.ordering import digest
from tickets.tests.factories import NOON, make_project, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
PLACED: dict[str, Any] = {"work_class": 3, "work_key": [3, 4, 5, 5, 0, 1]}
HX = {"HX-Request": "true"}


@pytest.fixture
def ines() -> Person:
    make_project()
    make_user("Ines Okafor", "acc-ines")
    for name in ("To Do", "In Progress", "Submitted"):
        make_status(name)
    return person(Role.ENGINEER, jira_account_id="acc-ines", name="Ines Okafor")


def drawn(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(id=ticket.id)


def todo(*places: int) -> list[Ticket]:
    return [make_ticket(rank_position=1_024 * place, **PLACED) for place in places]


def order() -> list[int]:
    return list(Ticket.objects.filter(column=Column.TODO).order_by("rank_position").values_list("id", flat=True))


def sent(*deliveries: Delivery) -> None:
    Delivery.objects.filter(id__in=[one.id for one in deliveries]).update(state=State.SENT, sent_at=NOON)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Each of these in a thread of its own; what it raised, in words, or "done"."""
    found: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
            found.append("done")
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    ended(*threads)
    return sorted(found)


# Undo


def dragged_to_todo(client: Client, ines: Person) -> tuple[Ticket, str]:
    """A card that came from In Progress to the top of To Do, and the address of its Undo."""
    anchor = make_ticket(rank_position=1_024, **PLACED)
    card = make_ticket("In Progress", **PLACED)
    client.force_login(ines)
    answer = client.post(f"/tickets/{card.key}/move/", {"to": "todo", "before": anchor.key}, headers=HX)
    assert [write.verb for write in TicketWrite.objects.all()] == ["move", "rank"]
    assert len({write.batch for write in TicketWrite.objects.all()}) == 1
    return card, str(toast(answer)["undo"])


def toast(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer["HX-Trigger"])["toast"])


def test_undo_of_a_drag_into_to_do_undoes_the_move_and_the_place(client: Client, ines: Person) -> None:
    card, undo = dragged_to_todo(client, ines)
    assert toast(client.post(undo, headers=HX))["text"] == f"{card.key} is as it was."
    assert drawn(card).column == Column.IN_PROGRESS and drawn(card).rank_position is None
    assert {delivery.state for delivery in Delivery.objects.all()} == {State.DROPPED}


def test_undo_of_a_drag_that_jira_has_moves_it_back_and_leaves_no_order_behind(client: Client, ines: Person) -> None:
    card, undo = dragged_to_todo(client, ines)
    sent(*Delivery.objects.all())
    assert toast(client.post(undo, headers=HX))["text"] == f"{card.key} is as it was."
    assert drawn(card).column == Column.IN_PROGRESS
    assert list(Delivery.objects.order_by("id").values_list("topic", flat=True))[2:] == ["jira.change"]


def test_what_of_a_request_cannot_be_undone_is_said(ines: Person, client: Client) -> None:
    card = make_ticket()
    comment = writes.comment_ticket(ticket_id=card.id, text="Closed, sorry.", by=ines, at=NOON)
    move = writes.move_ticket(ticket_id=card.id, to=["s-submitted"], by=ines, at=NOON, after=comment.delivery)
    assert move is not None
    writes.name_batch([comment, move])
    sent(comment.delivery)
    client.force_login(ines)
    words = toast(client.post(f"/writes/{move.pk}/undo/", headers=HX))["text"]
    assert words.startswith("Part of it is taken back. ") and "is as it was" not in words
    assert drawn(card).column == Column.TODO


def test_an_order_is_undone_next_to_its_old_neighbours_though_places_were_written_anew(ines: Person) -> None:
    rows = todo(1, 2, 3, 4, 5, 6)
    write = writes.rank_tickets(tickets=[rows[4].id], anchor=rows[0].id, before=True, by=ines, at=NOON)[0]
    sent(write.delivery)
    new = [make_ticket(**PLACED) for _ in range(3)]
    now = [*new, rows[4], *rows[:4], rows[5]]
    set_ranks(projects=["MM"], ranked=[row.id for row in now], at=NOON)
    writes.unrank(write=write, by=ines, at=NOON)
    assert order() == [row.id for row in (*new, *rows)]


def test_an_order_that_has_not_left_is_dropped_next_to_its_old_neighbours(ines: Person) -> None:
    rows = todo(1, 2, 3, 4, 5, 6)
    write = writes.rank_tickets(tickets=[rows[4].id], anchor=rows[0].id, before=True, by=ines, at=NOON)[0]
    new = [make_ticket(**PLACED) for _ in range(3)]
    set_ranks(projects=["MM"], ranked=[row.id for row in (*new, *rows)], at=NOON)
    writes.drop_write(write=write, by=ines, at=NOON)
    assert order() == [row.id for row in (*new, *rows)]


def test_several_that_were_put_elsewhere_at_once_come_back_in_their_order(ines: Person) -> None:
    rows = todo(1, 2, 3, 4, 5)
    write = writes.rank_tickets(
        tickets=[rows[4].id, rows[2].id, rows[3].id], anchor=rows[0].id, before=True, by=ines, at=NOON
    )[0]
    writes.drop_write(write=write, by=ines, at=NOON)
    assert order() == [row.id for row in rows]


def test_of_two_moves_the_first_is_undone_and_the_second_asks_nothing(ines: Person) -> None:
    card = make_ticket()
    first = writes.move_ticket(ticket_id=card.id, to=["s-in-progress"], by=ines, at=NOON)
    second = writes.move_ticket(ticket_id=card.id, to=["s-submitted"], by=ines, at=NOON)
    assert first and second
    writes.drop_write(write=first, by=ines, at=NOON)
    second.refresh_from_db()
    second.delivery.refresh_from_db()
    assert second.base["status_id"] == second.delivery.payload["base"]["status"] == "s-to-do"
    assert drawn(card).column == Column.SUBMITTED


def test_theirs_is_what_the_question_said_though_the_mirror_does_not_know_it(ines: Person) -> None:
    card = make_ticket()
    write = writes.move_ticket(ticket_id=card.id, to=["s-in-progress"], by=ines, at=NOON)
    assert write
    field = {"field": "status", "label": "Status", "base": "s-to-do", "base_words": "To Do", "mine": "s-in-progress",
             "mine_words": "In Progress", "theirs": "s-submitted", "theirs_words": "Submitted"}
    Delivery.objects.update(state=State.ASKING, question={"kind": "conflict", "fields": [field]})
    writes.answer_write(write=TicketWrite.objects.get(), answers={"status": "theirs"}, by=ines, at=NOON)
    assert (drawn(card).column, drawn(card).status_id) == (Column.SUBMITTED, "s-submitted")
    assert Delivery.objects.get().state == State.DROPPED


def test_what_others_put_on_its_way_is_taken_back_only_with_the_right_to(client: Client, ines: Person) -> None:
    card = make_ticket()
    write = writes.move_ticket(ticket_id=card.id, to=["s-in-progress"], by=ines, at=NOON)
    assert write
    client.force_login(person(Role.SUPPORT))
    assert client.post(f"/writes/{write.pk}/undo/", headers=HX).status_code == 403
    assert Delivery.objects.get().state == State.WAITING and drawn(card).column == Column.IN_PROGRESS
    client.force_login(person(Role.LEAD))
    assert client.post(f"/writes/{write.pk}/undo/", headers=HX).status_code == 200
    assert Delivery.objects.get().state == State.DROPPED and drawn(card).column == Column.TODO


# Two at once


@pytest.mark.django_db(transaction=True)
def test_settling_and_the_mirror_wait_for_one_another(ines: Person) -> None:
    write = writes.comment_ticket(ticket_id=make_ticket().id, text="Hi", by=ines, at=NOON)
    claimed = outbox.claim(delivery_id=write.delivery_id, at=NOON)
    assert claimed
    outbox.sent(delivery=claimed, outcome=outbox.Sent("1"), at=NOON)
    locked = threading.Event()

    def mirror() -> None:
        with transaction.atomic():  # the ticket first, then its writes, as `mirror_issues` does
            Ticket.objects.select_for_update().get(id=write.ticket_id)
            locked.set()
            wait_for_a_lock()
            TicketWrite.objects.filter(id=write.id).update(open=False)

    def settle() -> None:
        assert locked.wait(PATIENCE)
        with transaction.atomic():
            writes.settle_writes(claimed)

    assert at_once(mirror, settle) == ["done", "done"]


def wait_for_a_lock() -> None:
    """Until another connection waits for what this one holds."""
    until(somebody_waits, "nobody waits for what is held")


@pytest.mark.django_db(transaction=True)
def test_a_drag_with_a_reason_and_an_order_wait_for_one_another(ines: Person) -> None:
    low, high = todo(1, 2)
    Ticket.objects.filter(id=high.id).update(order_reason="Asked for")
    locked = threading.Event()

    def other() -> None:
        with transaction.atomic():  # by id, as everybody locks
            Ticket.objects.select_for_update().get(id=low.id)
            locked.set()
            wait_for_a_lock()
            Ticket.objects.select_for_update().get(id=high.id)

    def drag() -> None:
        assert locked.wait(PATIENCE)
        move_card(ticket=drawn(high), to=[], place=Place(low.id, before=True), by=ines, at=NOON)

    assert at_once(other, drag) == ["done", "done"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_at_once_a_limit_lets_in_one(ines: Person) -> None:
    kanban.set_limits(wanted={("in_progress", "column"): (1, True)}, by=ines, at=NOON)
    cards = [make_ticket() for _ in range(2)]
    first = threading.Event()

    def come(card: Ticket, *, leads: bool) -> None:
        if not leads:
            assert first.wait(PATIENCE)
        with transaction.atomic():
            writes.move_ticket(ticket_id=card.id, to=["s-in-progress"], by=ines, at=NOON)
            if leads:
                first.set()
                wait_for_a_lock()

    told = at_once(lambda: come(cards[0], leads=True), lambda: come(cards[1], leads=False))
    assert told[1] == "done" and "the limit is 1" in told[0]
    assert Ticket.objects.filter(column=Column.IN_PROGRESS).count() == 1


# Limits, and what is pulled


def test_an_owner_who_has_enough_gets_no_more_where_the_limit_forbids_it(ines: Person, client: Client) -> None:
    make_ticket("In Progress", assignee=make_user("Ines Okafor", "acc-ines"))
    card = make_ticket("In Progress")
    kanban.set_limits(wanted={("in_progress", "person"): (1, True)}, by=ines, at=NOON)
    with pytest.raises(NotThere, match="That makes 2 tickets of Ines Okafor in In progress"):
        writes.assign_ticket(ticket_id=card.id, assignee="acc-ines", by=ines, at=NOON)
    kanban.set_limits(wanted={("in_progress", "person"): (1, False)}, by=ines, at=NOON)
    client.force_login(ines)
    answer = client.post(f"/tickets/{card.key}/assign/", {"assignee": "acc-ines"}, headers=HX)
    assert "the limit for each is 1" in toast(answer)["text"] and toast(answer)["tone"] == "amber"


def test_another_owner_in_a_full_column_passes_no_limit_of_the_column(ines: Person) -> None:
    cards = [make_ticket("In Progress") for _ in range(2)]
    kanban.set_limits(wanted={("in_progress", "column"): (1, True)}, by=ines, at=NOON)
    assert writes.assign_ticket(ticket_id=cards[0].id, assignee="acc-ines", by=ines, at=NOON) is not None


def test_a_pull_passes_over_what_is_blocked_and_epics(ines: Person) -> None:
    make_ticket(rank_position=1, kind="Epic")
    make_ticket(rank_position=2, blocked_since=NOON, blocked_why="Waits for a log")
    free = make_ticket(rank_position=3)
    done = pull_card(by=ines, at=NOON)
    assert [write.ticket_id for write in done.writes] == [free.id]
    assert pull_card(by=ines, at=NOON).writes == ()


def test_a_pull_tells_the_boards_about_the_others_that_stand_elsewhere_now(ines: Person) -> None:
    keys = ([5, 4, 5, 5, 0, 1], [6, 4, 5, 5, 0, 1], [3, 4, 5, 5, 0, 1])
    top, _, lower = (make_ticket(rank_position=n, work_class=3, work_key=key) for n, key in enumerate(keys, 1))
    assert offs_now()[lower.id] == 2
    done = pull_card(by=ines, at=NOON)
    told = "".join(done.cards)
    assert f"c{top.id}" in told and f"c{lower.id}" in told


@pytest.mark.parametrize("n", [20, 200])
def test_an_order_of_to_do_asks_the_database_little_however_long_it_is(ines: Person, n: int) -> None:
    for place in range(n):
        make_ticket(rank_position=1_024 * (place + 1), work_class=3, work_key=[3, 4, 5, 5, 0, n - place])
    shown = digest(standings())
    with CaptureQueriesContext(connection) as asked:
        order_todo(drawn=shown, by=ines, at=NOON)
    assert len(asked) < 6 + 18 * -(-n // 50)
    assert order() == sorted(order(), reverse=True)
