"""The hand-over: drafted from what the rooms know, written together, given once, read by each; and its timers."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from portal.common import clock, live
from portal.common.models import Timer
from portal.flows.delivery import delivered
from portal.flows.hand_over import (
    TIMER,
    draft_hand_over,
    hand_over_due,
    post_hand_over,
    set_hand_over_timers,
    write_owners,
)
from portal.flows.ticking import TIMERS
from portal.pages.handing import Reader, hand_over_page
from portal.tests.handing import Handing, given_to, handing, open_ticket
from set_rotation.actions import Refused, set_places
from set_rotation.actions.cycle import LIVE
from set_rotation.actions.hand_over import (
    Newer,
    add_note,
    choose_owner,
    give_hand_over,
    save_text,
    take_hand_over,
)
from set_rotation.choices import CyclePhase, PageSource, PageState, Urgency, What
from set_rotation.models import ChecklistMark, HandOver, HandOverTaken, HandOverTicket, Page, Rotation, RotationEvent
from set_rotation.queries.cycle import cycle_facts
from set_rotation.queries.hand_over import crews, owed_hand_overs
from set_rotation.queries.on_call import on_call_page
from set_rotation.rules.cycle import Step, step_at
from set_rotation.tests.factories import engineer, place, rotation
from tickets.choices import Column
from tickets.models import JiraUser, Ticket, TicketWrite

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew() -> Handing:
    return handing()


def draft(crew: Handing) -> HandOver:
    return draft_hand_over(rotation=crew.now, by=crew.outgoing[0], at=clock.now())


def owners(held: HandOver) -> dict[str, Person | None]:
    return {row.key: row.goes_to for row in HandOverTicket.objects.filter(hand_over=held).select_related("goes_to")}


def told(person: Person) -> list[str]:
    return list(Delivery.objects.filter(topic="mail.send", payload__to=person.email).order_by("id")
                .values_list("payload__subject", flat=True))


# Drafting


def test_a_draft_holds_what_is_under_way_and_gives_each_ticket_of_set_an_owner(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[2], 2, column=Column.SUBMITTED)
    given_to(crew.outgoing[2], 3, column=Column.TODO)
    open_ticket(4, None)
    stranger = handing_stranger()
    open_ticket(5, stranger)
    open_ticket(6, stranger, column=Column.TODO)  # not SET's, and nobody works on it
    open_ticket(7, None, column=Column.TODO)  # it waits for whoever pulls next
    given_to(crew.outgoing[1], 8, column=Column.DONE)
    held = draft(crew)
    assert [one["key"] for one in held.draft["tickets"]] == ["MM-1", "MM-4", "MM-5", "MM-2", "MM-3"]
    assert [one["key"] for one in held.draft["tickets"] if one["outside"]] == ["MM-5"]
    assert set(owners(held)) == {"MM-1", "MM-2", "MM-3", "MM-4"}
    assert set(owners(held).values()) == set(crew.incoming[1:])


def handing_stranger() -> str:
    person = engineer()
    person.jira_account_id = "stranger"
    person.save()
    return JiraUser.objects.create(account_id="stranger", display_name="Stranger").account_id


def test_what_was_never_drafted_has_no_editor(crew: Handing) -> None:
    client, address = Client(), reverse("hand_over", args=[crew.now.number])
    client.force_login(crew.outgoing[0])
    assert "hand-over-editor" not in client.get(f"{address}?edit=1").content.decode()
    draft(crew)
    assert "hand-over-editor" in client.get(f"{address}?edit=1").content.decode()


def test_an_epic_is_a_heading_and_nobody_takes_it_over(crew: Handing) -> None:
    ticket = given_to(crew.outgoing[1], 1)
    Ticket.objects.filter(pk=ticket.pk).update(kind="Epic")
    assert draft(crew).draft["tickets"] == []


def test_pages_and_what_is_still_open_of_them_stand_in_the_draft_and_test_pages_do_not(crew: Handing) -> None:
    at = crew.now.starts_at + timedelta(minutes=5)
    for number, (state, test) in enumerate([(PageState.RESOLVED, False), (PageState.OPEN, False),
                                            (PageState.RESOLVED, True)]):
        Page.objects.create(
            key=f"k{number}", urgency=Urgency.URGENT, reason=f"Reason {number}", source=PageSource.BUTTON, state=state,
            policy={}, token="t", at=at, test=test, resolved_at=at if state == PageState.RESOLVED else None,
            acknowledged_by=crew.outgoing[1] if not number else None,
            acknowledged_at=at + timedelta(minutes=3) if not number else None,
        )
    [_, pages, updates] = draft(crew).draft["sections"]
    assert [(line["text"], line["note"], line["tone"]) for line in pages["lines"]] == [
        ("Reason 0", f"{crew.outgoing[1].name} acknowledged after 3 min", ""),
        ("Reason 1", "still open: paging", "red"),
    ]
    assert updates["lines"] == []


def test_drafted_again_peoples_words_and_choices_stay_and_the_facts_are_new(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[1], 2)
    held = draft(crew)
    save_text(hand_over=held, text="Ask Anna.", seen=held.version, by=crew.outgoing[1], at=clock.now())
    choose_owner(hand_over=held, ticket=1, person=crew.incoming[4], by=crew.outgoing[1], at=clock.now())
    Ticket.objects.filter(pk=2).update(column=Column.DONE)
    given_to(crew.outgoing[2], 3)
    again = draft(crew)
    assert again.pk == held.pk
    assert again.text == "Ask Anna."
    assert owners(again)["MM-1"] == crew.incoming[4]
    assert set(owners(again)) == {"MM-1", "MM-3"}


def test_without_a_next_crew_the_draft_says_that_nobody_is_there_to_take_anything() -> None:
    crew = handing()
    set_places(changes=dict.fromkeys(crew.next.places.values_list("pk", flat=True)), by=None, at=crew.now.starts_at)
    given_to(crew.outgoing[1], 1)
    held = draft(crew)
    assert owners(held) == {"MM-1": None}
    with pytest.raises(Refused, match="nobody to hand over to"):
        give_hand_over(hand_over=held, by=crew.outgoing[0], at=clock.now())


# Writing it together


def test_two_who_write_at_once_lose_nothing(crew: Handing) -> None:
    held = draft(crew)
    one, other = crew.outgoing[1:3]
    assert save_text(hand_over=held, text="First.", seen=1, by=one, at=clock.now())
    with pytest.raises(Newer) as newer:
        save_text(hand_over=held, text="Second.", seen=1, by=other, at=clock.now())
    assert newer.value.theirs.text == "First."
    assert save_text(hand_over=held, text="First.\n\nSecond.", seen=newer.value.theirs.version, by=other,
                     at=clock.now())
    assert HandOver.objects.get().text == "First.\n\nSecond."
    kept = RotationEvent.objects.filter(what=What.HAND_OVER_CHANGED).order_by("pk")
    assert list(kept.values_list("from_value", "to_value")) == [("", "First."), ("First.", "First.\n\nSecond.")]


def test_saving_the_same_text_is_no_change_and_one_that_is_too_long_is_refused(crew: Handing) -> None:
    held = draft(crew)
    assert not save_text(hand_over=held, text="  ", seen=99, by=crew.outgoing[1], at=clock.now())
    with pytest.raises(Refused, match="20001 characters"):
        save_text(hand_over=held, text="x" * 20001, seen=1, by=crew.outgoing[1], at=clock.now())


def test_a_new_owner_is_of_the_next_crew_and_on_the_list(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    held = draft(crew)
    with pytest.raises(Refused, match="not of the next crew"):
        choose_owner(hand_over=held, ticket=1, person=crew.outgoing[2], by=crew.outgoing[1], at=clock.now())
    with pytest.raises(Refused, match="no longer on the list"):
        choose_owner(hand_over=held, ticket=2, person=crew.incoming[2], by=crew.outgoing[1], at=clock.now())
    assert choose_owner(hand_over=held, ticket=1, person=None, by=crew.outgoing[1], at=clock.now())
    assert choose_owner(hand_over=held, ticket=1, person=None, by=crew.outgoing[1], at=clock.now()) is None


# New owners in Jira


def test_each_ticket_is_written_once_however_often_it_is_pressed(crew: Handing) -> None:
    for number in range(1, 6):
        given_to(crew.outgoing[number % 4 + 1], number)
    held = draft(crew)
    first = write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    second = write_owners(hand_over=held, by=crew.outgoing[1], at=clock.now())
    assert (first.sent, second.sent, second.already) == (5, 0, 0)
    assert TicketWrite.objects.count() == Delivery.objects.filter(topic="jira.change").count() == 5
    assert Counter(Ticket.objects.values_list("assignee_id", flat=True)) == {"in-1": 2, "in-2": 1, "in-3": 1, "in-4": 1}


def test_what_somebody_was_given_meanwhile_is_asked_about_before_it_leaves(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[1], 2)
    held = draft(crew)
    Ticket.objects.filter(pk=1).update(assignee_id=crew.outgoing[3].jira_account_id)
    Ticket.objects.filter(pk=2).update(assignee_id=owners(held)["MM-2"].jira_account_id)  # type: ignore[union-attr]
    done = write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    assert (done.sent, done.already) == (1, 1)
    write = TicketWrite.objects.get()
    assert write.delivery.state == "asking"
    assert write.delivery.question is not None
    assert write.delivery.question["fields"][0]["theirs_words"] == crew.outgoing[3].name


def test_who_has_no_jira_account_is_named_and_theirs_waits_for_it() -> None:
    crew = handing(account=False)
    given_to(crew.outgoing[1], 1)
    held = draft(crew)
    done = write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    assert (done.sent, done.without) == (0, (crew.incoming[1].name,))
    crew.incoming[1].jira_account_id = "late"
    crew.incoming[1].save()
    assert write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now()).sent == 1


def test_who_left_the_next_crew_since_the_draft_is_named_and_given_nothing(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[1], 2)
    held, reader = draft(crew), Reader(crew.outgoing[0], serves=True, plans=True)
    set_places(changes={place(crew.next, 1).pk: engineer("", Role.ENGINEER)}, by=None, at=crew.now.starts_at)
    shown = hand_over_page(rotation=crew.now, reader=reader, at=clock.now()).draft
    assert shown is not None
    assert ([row.left for row in shown.rows], shown.to_write) == ([True, False], 1)
    done = write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    assert (done.sent, done.refused) == (1, (f"MM-1: {crew.incoming[1].name} is not of the next crew any more",))
    assert Ticket.objects.get(pk=1).assignee_id == crew.outgoing[1].jira_account_id


def test_a_ticket_that_jira_no_longer_shows_keeps_no_other_back(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[1], 2)
    held = draft(crew)
    Ticket.objects.filter(pk=1).update(presence="gone")
    done = write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    assert done.sent == 1
    assert done.refused[0].startswith("MM-1: ")


def test_a_ticket_that_is_on_its_way_is_given_to_others_on_the_board(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    held = draft(crew)
    write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    with pytest.raises(Refused, match="on its way to Jira"):
        choose_owner(hand_over=held, ticket=1, person=crew.incoming[2], by=crew.outgoing[1], at=clock.now())
    again = draft(crew)  # now it is the incoming person's; what was written stays as it was
    assert HandOverTicket.objects.get(hand_over=again).was_with == crew.outgoing[1].name


# Given and taken


def test_it_is_given_once_everybody_who_takes_over_is_told_and_nothing_changes_from_then_on(crew: Handing) -> None:
    given_to(crew.outgoing[1], 1)
    held, at = draft(crew), clock.now()
    assert give_hand_over(hand_over=held, by=crew.outgoing[0], at=at)
    assert not give_hand_over(hand_over=held, by=crew.outgoing[1], at=at + timedelta(minutes=1))
    ticked = ChecklistMark.objects.filter(rotation=held.rotation, item__phase=CyclePhase.HAND_OVER)
    assert {mark.by for mark in ticked} == {crew.outgoing[0]}
    assert on_call_page(reader=crew.outgoing[0], at=at).handed_over_at == at
    for person in crew.incoming:
        assert told(person) == ["Rotation 1 hands over to you"]
    assert not told(crew.outgoing[1])
    with pytest.raises(Refused, match="handed over already"):
        save_text(hand_over=held, text="x", seen=1, by=crew.outgoing[1], at=at)
    with pytest.raises(Refused, match="handed over already"):
        draft(crew)
    with pytest.raises(Refused, match="on the board"):
        choose_owner(hand_over=held, ticket=1, person=None, by=crew.outgoing[1], at=at)
    assert HandOver.objects.get().given_by == crew.outgoing[0]


def test_each_incoming_person_takes_over_once_and_nobody_else_does(crew: Handing) -> None:
    held, at = draft(crew), clock.now()
    with pytest.raises(Refused, match="not handed over yet"):
        take_hand_over(hand_over=held, person=crew.incoming[1], words="", at=at)
    give_hand_over(hand_over=held, by=crew.outgoing[0], at=at)
    assert take_hand_over(hand_over=held, person=crew.incoming[1], words=" Thank\nyou ", at=at)
    assert not take_hand_over(hand_over=held, person=crew.incoming[1], words="Again", at=at)
    assert HandOverTaken.objects.get().words == "Thank you"
    for person in (crew.outgoing[0], engineer()):
        with pytest.raises(Refused, match="Only who is on SET next"):
            take_hand_over(hand_over=held, person=person, words="", at=at)


def test_notes_are_added_once_it_was_given(crew: Handing) -> None:
    held, at = draft(crew), clock.now()
    with pytest.raises(Refused, match="edit its text"):
        add_note(hand_over=held, text="Later", by=crew.outgoing[1], at=at)
    give_hand_over(hand_over=held, by=crew.outgoing[0], at=at)
    with pytest.raises(Refused, match="Write the note"):
        add_note(hand_over=held, text=" ", by=crew.outgoing[1], at=at)
    add_note(hand_over=held, text="Later", by=crew.outgoing[1], at=at)
    assert RotationEvent.objects.get(what=What.HAND_OVER_NOTED).to_value == "Later"
    assert HandOver.objects.get().text == ""


# What is owed


def test_the_lead_owes_it_until_it_is_given_and_the_incoming_until_they_have_read_it(crew: Handing) -> None:
    at, lead, come = clock.now(), crew.outgoing[0], crew.incoming[2]
    early = crew.now.starts_at + timedelta(hours=1)
    assert owed_hand_overs(lead, early) == ()
    held = draft(crew)
    [owed] = owed_hand_overs(lead, at)
    assert (owed.number, owed.taking, owed.due_at) == (1, False, held.due_at)
    assert owed_hand_overs(crew.outgoing[1], at) == owed_hand_overs(come, at) == ()
    give_hand_over(hand_over=held, by=lead, at=at)
    assert owed_hand_overs(lead, at) == ()
    assert [one.taking for one in owed_hand_overs(come, at)] == [True]
    take_hand_over(hand_over=held, person=come, words="", at=at)
    assert owed_hand_overs(come, at) == ()
    assert owed_hand_overs(crew.incoming[1], crew.next.ends_at) == ()  # once their own rotation is over, no longer


def test_one_that_was_never_given_is_owed_for_a_week_after_the_end(crew: Handing) -> None:
    end = crew.now.ends_at
    assert [one.drafted for one in owed_hand_overs(crew.outgoing[0], end + timedelta(days=1))] == [False]
    assert owed_hand_overs(crew.outgoing[0], end + timedelta(days=8)) == ()


# By itself


def times(crew: Handing) -> dict[Step, datetime]:
    facts = cycle_facts(crew.now, crews(crew.now).outgoing)
    return {step: step_at(step, facts) for step in Step}


def timer_of(rotation: Rotation) -> datetime | None:
    return Timer.objects.filter(kind=TIMER, key=str(rotation.pk)).values_list("due_at", flat=True).first()


def test_the_timer_stands_at_the_next_step_and_follows_the_leads_zone(crew: Handing) -> None:
    at = crew.now.starts_at + timedelta(hours=1)
    set_hand_over_timers(at=at)
    assert timer_of(crew.now) == times(crew)[Step.DRAFT]
    assert set_hand_over_timers(at=at) == 0
    Person.objects.filter(pk=crew.outgoing[0].pk).update(zone="Asia/Tokyo")
    assert set_hand_over_timers(at=at) == 1
    assert timer_of(crew.now) == times(crew)[Step.DRAFT]


def test_it_is_drafted_called_to_mind_and_called_late_each_once(crew: Handing) -> None:
    lead, when, key = crew.outgoing[0], times(crew), str(crew.now.pk)
    assert TIMERS[TIMER] is hand_over_due
    hand_over_due(key, when[Step.DRAFT])
    assert HandOver.objects.get().drafted_at == when[Step.DRAFT]
    assert not told(lead)
    assert timer_of(crew.now) == when[Step.SOON]
    for _ in range(2):
        hand_over_due(key, when[Step.SOON])
    assert [subject.split(" due")[0] for subject in told(lead)] == ["The hand-over of Rotation 1 is"]
    assert timer_of(crew.now) == when[Step.LATE]
    Timer.objects.all().delete()
    for _ in range(2):
        hand_over_due(key, when[Step.LATE])
    assert [subject.split(" due")[0] for subject in told(lead)][1:] == ["The hand-over of Rotation 1 was"]
    assert timer_of(crew.now) is None


def test_without_a_lead_whoever_plans_rotations_is_told(crew: Handing) -> None:
    coordinator, late = engineer("Cora", Role.COORDINATOR), times(crew)[Step.LATE]
    Person.objects.filter(pk=crew.outgoing[0].pk).update(is_active=False)
    for _ in range(2):
        hand_over_due(str(crew.now.pk), late)
    assert len(told(coordinator)) == 1 and not told(crew.outgoing[0])


def test_what_was_given_in_time_is_not_called_to_mind(crew: Handing) -> None:
    held = draft(crew)
    give_hand_over(hand_over=held, by=crew.outgoing[0], at=clock.now())
    hand_over_due(str(crew.now.pk), times(crew)[Step.LATE])
    assert not told(crew.outgoing[0])


def test_a_portal_that_slept_through_it_drafts_at_once_and_says_only_that_it_is_late(crew: Handing) -> None:
    at = times(crew)[Step.LATE] + timedelta(hours=2)
    set_hand_over_timers(at=at)
    assert timer_of(crew.now) == at
    Timer.objects.all().delete()
    hand_over_due(str(crew.now.pk), at)
    assert HandOver.objects.exists()
    assert len(told(crew.outgoing[0])) == 1
    set_hand_over_timers(at=at)
    assert timer_of(crew.now) is None


def test_the_timer_of_a_rotation_that_was_taken_back_does_nothing(crew: Handing) -> None:
    hand_over_due("999999", clock.now())
    assert not HandOver.objects.exists()


# The channel


def test_it_is_posted_once_and_only_after_it_was_given(crew: Handing, settings: Any) -> None:
    held = draft(crew)
    with pytest.raises(Refused, match="not handed over yet"):
        post_hand_over(hand_over=held, by=crew.outgoing[0], at=clock.now())
    give_hand_over(hand_over=held, by=crew.outgoing[0], at=clock.now())
    held.refresh_from_db()
    with pytest.raises(Refused, match="No Mattermost"):
        post_hand_over(hand_over=held, by=crew.outgoing[0], at=clock.now())


def test_the_number_of_queries_of_a_draft_does_not_follow_what_nobody_has_to_write(crew: Handing) -> None:
    stranger = handing_stranger()
    counts = []
    for number in range(1, 12):
        open_ticket(number, stranger)
        if number in {1, 11}:
            with CaptureQueriesContext(connection) as asked:
                draft(crew)
            counts.append(len(asked))
    assert counts[1] <= counts[0]


def test_nobody_who_left_the_next_crew_is_offered(crew: Handing) -> None:
    other = engineer("", Role.ENGINEER)
    set_places(changes={place(crew.next, 1).pk: other}, by=None, at=crew.now.starts_at)
    assert other in crews(crew.now).taking
    assert crew.incoming[1] not in crews(crew.now).taking


def test_the_crew_after_next_takes_nothing_over(crew: Handing) -> None:
    rotation(first_on=(crew.next.ends_at).date())
    assert crews(crew.now).following == crew.next


def test_the_page_looks_again_when_jira_has_answered(crew: Handing, monkeypatch: pytest.MonkeyPatch) -> None:
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[1], 2)
    write_owners(hand_over=draft(crew), by=crew.outgoing[0], at=clock.now())
    first = TicketWrite.objects.get(ticket_id=1).delivery
    Delivery.objects.filter(pk=first.pk).update(state="dropped")
    first.refresh_from_db()
    heard: list[str] = []
    monkeypatch.setattr(live, "publish", lambda topic, name, html: heard.append(topic))
    delivered(first, clock.now())
    assert LIVE in heard
