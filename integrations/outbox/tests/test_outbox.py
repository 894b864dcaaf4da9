"""The outbox: one claim at a time, one effect a row, in order within a scope; and timers that a restart keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.outbox import actions, rules
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.outbox.queries import doors, due_ids, receipt
from people.choices import Role
from people.tests.factories import person
from portal.common.models import Timer
from portal.common.set_back import BACK
from portal.common.timers import (
    cancel_timer,
    claimed,
    due_timers,
    failing_since,
    failing_timers,
    set_timer,
    set_timers,
    timer_done,
    timer_failed,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 17, 17, tzinfo=UTC)


def put(scope: str = "jira:issue:1", **more: object) -> Delivery:
    return actions.enqueue(topic="jira.change", scope=scope, title="Move MM-1", payload={"issue": 1}, at=AT,
                           **more)  # type: ignore[arg-type]


def held(delivery: Delivery, at: datetime = AT) -> Delivery:
    claimed = actions.claim(delivery_id=delivery.id, at=at)
    assert claimed is not None
    return claimed


def test_a_key_that_is_there_puts_nothing_new_on_its_way() -> None:
    assert put(key="weekly-2026-11-17").id == put(key="weekly-2026-11-17").id
    assert Delivery.objects.count() == 1


def test_what_somebody_has_claimed_nobody_else_gets() -> None:
    delivery = put()
    held(delivery)
    assert actions.claim(delivery_id=delivery.id, at=AT) is None
    assert actions.claim(delivery_id=delivery.id, at=AT + rules.CLAIM - timedelta(seconds=1)) is None


def test_of_one_scope_the_first_goes_first_and_other_scopes_go_on() -> None:
    first, second, other = put(), put(), put("jira:issue:2")
    assert due_ids(AT) == [first.id, other.id]
    assert actions.sent(delivery=held(first), outcome=actions.Sent("1"), at=AT)
    assert due_ids(AT) == [second.id, other.id]


def test_what_failed_or_asks_keeps_nobody_waiting() -> None:
    first, second, third = put(), put(), put()
    actions.fail(delivery=held(first), words="No.", detail="", at=AT)
    actions.ask(delivery=held(second), question={"kind": "fields", "fields": []}, words="Which?", at=AT)
    assert due_ids(AT) == [third.id]


def test_a_lost_claim_writes_nothing() -> None:
    delivery = put()
    slow = held(delivery)
    again = held(delivery, AT + rules.CLAIM)
    assert not actions.sent(delivery=slow, outcome=actions.Sent("1"), at=AT)
    assert actions.sent(delivery=again, outcome=actions.Sent("2"), at=AT)
    assert Delivery.objects.get().remote_id == "2"


def test_what_a_dead_worker_held_may_have_left() -> None:
    delivery = put()
    claimed = held(delivery)
    again = held(delivery, AT + rules.CLAIM)
    assert again.unanswered_at == claimed.claimed_until


def test_what_may_have_left_cannot_be_taken_back_or_tried_again_by_hand() -> None:
    delivery, ines = put(), person(Role.LEAD)
    actions.unanswered(delivery=held(delivery), words="?", detail="", since=AT, at=AT, look_in=timedelta(seconds=60))
    with pytest.raises(actions.NotOpen, match="cannot be taken back"):
        actions.drop(delivery=delivery, by=ines, at=AT)
    with pytest.raises(actions.NotOpen):
        actions.retry(delivery=delivery, by=ines, at=AT)


def test_what_has_not_left_can_be_taken_back_once() -> None:
    delivery, ines = put(due_at=AT + timedelta(seconds=8)), person(Role.LEAD)
    assert due_ids(AT) == []
    actions.drop(delivery=delivery, by=ines, at=AT)
    with pytest.raises(actions.NotOpen):
        actions.drop(delivery=delivery, by=ines, at=AT)
    assert due_ids(AT + timedelta(minutes=1)) == []


def test_everybody_waits_for_a_door_that_asked_to_wait() -> None:
    put()
    put("jira:issue:2")
    actions.enqueue(topic="mattermost.post", scope="mattermost:x", title="Post", payload={}, at=AT)
    actions.hold_door(door="jira", at=AT, until=AT + timedelta(minutes=5))
    put("jira:issue:3")  # what comes later waits too
    assert len(due_ids(AT)) == 1 and len(due_ids(AT + timedelta(minutes=5))) == 4


def test_what_comes_after_another_waits_until_that_is_through_or_dropped() -> None:
    ines = person(Role.LEAD)
    comment = put("jira:issue:1")
    move = put("jira:issue:1", after=comment)
    actions.fail(delivery=held(comment), words="Not allowed.", detail="", at=AT)
    assert due_ids(AT) == []
    actions.drop(delivery=comment, by=ines, at=AT)
    assert due_ids(AT) == [move.id]


def test_what_failed_while_it_was_looked_for_is_looked_for_again_before_it_is_sent_again() -> None:
    delivery, ines = put(), person(Role.LEAD)
    actions.unanswered(delivery=held(delivery), words="?", detail="", since=AT, at=AT, look_in=timedelta(0))
    actions.fail(delivery=held(delivery), words="It is gone.", detail="", at=AT)
    assert actions.retry(delivery=delivery, by=ines, at=AT).state == State.UNKNOWN
    actions.fail(delivery=held(delivery), words="It is gone.", detail="", at=AT)
    with pytest.raises(actions.NotOpen, match="may have"):
        actions.drop(delivery=delivery, by=ines, at=AT)
    with pytest.raises(actions.NotOpen, match="may have"):
        actions.amend(delivery=delivery, payload={}, by=ines, at=AT, words="")
    assert receipt(Delivery.objects.get()).may_be_there and not receipt(Delivery.objects.get()).can_drop
    assert actions.drop(delivery=delivery, by=ines, at=AT, anyway=True).state == State.DROPPED


def test_a_retry_by_hand_asks_a_door_that_asked_to_wait() -> None:
    delivery, ines = put(), person(Role.LEAD)
    actions.postpone(delivery=held(delivery), words="Wait.", detail="", at=AT, until=AT + timedelta(hours=6))
    actions.hold_door(door="jira", at=AT, until=AT + timedelta(hours=6))
    actions.retry(delivery=delivery, by=ines, at=AT)
    assert due_ids(AT) == [delivery.id]


def test_a_claim_is_kept_by_whoever_has_it_and_by_nobody_else() -> None:
    delivery = put()
    slow = held(delivery)
    assert actions.renew(delivery=slow, at=AT + timedelta(seconds=50))
    assert actions.claim(delivery_id=delivery.id, at=AT + rules.CLAIM) is None
    again = held(delivery, AT + timedelta(seconds=50) + rules.CLAIM)
    assert not actions.renew(delivery=slow, at=AT) and actions.renew(delivery=again, at=AT)


def test_a_room_that_was_not_told_is_told_by_the_tick() -> None:
    delivery = held(put())
    actions.sent(delivery=delivery, outcome=actions.Sent("1"), at=AT)
    assert actions.claim_untold(at=AT) == []
    [untold] = actions.claim_untold(at=AT + rules.TELL_AFTER)
    assert actions.claim_untold(at=AT + rules.TELL_AFTER) == []
    actions.told(delivery=untold)
    assert actions.claim_untold(at=AT + timedelta(days=1)) == []


def test_a_receipt_says_where_it_stands() -> None:
    delivery = put()
    assert (receipt(delivery).tone, receipt(delivery).moving) == ("waiting", True)
    claimed = held(delivery)
    actions.postpone(delivery=claimed, words="Jira is out of order.", detail="", at=AT, until=AT + timedelta(seconds=4))
    told = receipt(Delivery.objects.get())
    assert told.words == "Waiting for Jira: Jira is out of order." and told.can_retry and told.can_drop
    actions.fail(delivery=held(delivery, AT + timedelta(seconds=4)), words="Not allowed.", detail="", at=AT)
    assert (receipt(Delivery.objects.get()).tone, receipt(Delivery.objects.get()).moving) == ("failed", False)
    jira = doors()[0]
    assert (jira.name, jira.waiting, jira.stuck) == ("Jira", 0, 1)


@given(st.integers(0, 10_000))
def test_pauses_grow_and_stay_bounded(attempts: int) -> None:
    assert rules.FIRST_PAUSE <= rules.pause(attempts) <= rules.LONGEST_PAUSE
    assert rules.pause(attempts) <= rules.pause(attempts + 1)


# Timers


def due(at: datetime) -> int:
    return len(due_timers(at=at))


def test_a_timer_rings_once_when_it_is_due() -> None:
    set_timer(kind="test", key="a", due_at=AT)
    assert due(AT - timedelta(seconds=1)) == 0
    [identity] = due_timers(at=AT)
    with claimed(timer_id=identity, at=AT) as timer:
        assert timer is not None and timer_done(timer=timer)
    with claimed(timer_id=identity, at=AT) as timer:
        assert timer is None
    assert not Timer.objects.exists()


def test_a_timer_that_is_set_again_or_cancelled_meanwhile_is_no_longer_whoever_claimed_it() -> None:
    set_timer(kind="test", key="a", due_at=AT)
    [identity] = due_timers(at=AT)
    with claimed(timer_id=identity, at=AT) as timer:
        assert timer is not None
        set_timer(kind="test", key="a", due_at=AT + timedelta(hours=1))
        assert not timer_done(timer=timer) and Timer.objects.get().due_at == AT + timedelta(hours=1)
    with claimed(timer_id=identity, at=AT) as timer:
        assert timer is None  # whoever read that it was due comes too early now
    assert cancel_timer(kind="test", key="a") and not cancel_timer(kind="test", key="a")


def test_a_timer_that_failed_rings_again_after_a_pause() -> None:
    set_timer(kind="test", key="a", due_at=AT)
    with claimed(timer_id=due_timers(at=AT)[0], at=AT) as timer:
        assert timer is not None and timer_failed(timer=timer, words="broken", at=AT)
    assert due(AT) == 0 and due(AT + timedelta(seconds=5)) == 1
    [found] = failing_timers()
    assert (found.fault, failing_since(found)) == ("broken", AT)


def test_a_timer_whose_worker_died_rings_at_once_but_not_for_ever() -> None:
    set_timer(kind="test", key="a", due_at=AT)
    for attempts in (1, 2, 3):
        with claimed(timer_id=due_timers(at=AT)[0], at=AT) as timer:  # and whoever held it is gone
            assert timer is not None and timer.attempts == attempts
    assert due(AT) == 0 and due(AT + timedelta(seconds=60)) == 1



def test_many_are_put_on_their_way_at_once_and_none_of_them_twice() -> None:
    letters = [actions.Letter(f"page-{n}", "mail.send", f"page:{n}", "Page somebody", {"n": n}) for n in (1, 2, 2)]
    first = actions.enqueue_many(letters, at=AT)
    again = actions.enqueue_many([*letters, actions.Letter("page-3", "mail.send", "page:3", "…", {})], at=AT)
    assert {key: row.id for key, row in first.items()}.items() <= {key: row.id for key, row in again.items()}.items()
    assert sorted(again) == ["page-1", "page-2", "page-3"]
    assert [row.events.count() for row in Delivery.objects.all()] == [1, 1, 1]
    assert actions.enqueue_many([], at=AT) == {}


def test_many_timers_are_set_at_once_and_what_was_set_before_is_forgotten() -> None:
    set_timer(kind="page.step", key="1", due_at=AT)
    with claimed(timer_id=Timer.objects.get().id, at=AT) as held_timer:
        assert held_timer is not None
        set_timers(kind="page.step", due={"1": AT + timedelta(minutes=5), "2": AT})
        assert not timer_done(timer=held_timer)
    assert [Timer.objects.get(id=one).key for one in due_timers(at=AT)] == ["2"]
    assert Timer.objects.get(key="1").attempts == 0
    set_timers(kind="page.step", due={})


# ---- A clock that was ahead and is set back ------------------------------------------------

MOMENTS = st.integers(-7200, 7200).map(lambda seconds: timedelta(seconds=seconds))


@given(waits=st.integers(0, 6 * 3600).map(lambda seconds: timedelta(seconds=seconds)), ahead=MOMENTS)
def test_what_was_put_off_waits_no_longer_than_it_was_to_wait_whatever_the_clock_did(
    waits: timedelta, ahead: timedelta
) -> None:
    noted = AT + ahead
    due = rules.due_after_set_back(due_at=noted + waits, noted_at=noted, at=AT)
    assert due <= noted + waits  # never later than it was
    if ahead <= BACK:
        assert due == noted + waits  # clocks that differ a little change nothing
    else:
        assert due == AT + waits
    # Seen to once more, by its new moment, it stays as it is.
    assert rules.due_after_set_back(due_at=due, noted_at=min(noted, AT), at=AT) == due


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=400)])
def test_what_was_put_off_while_a_clock_was_ahead_is_tried_again_after_its_own_pause(ahead: timedelta) -> None:
    put_off, new, unanswered = put("a"), put("b"), put("c")
    later = AT + ahead
    actions.postpone(delivery=held(put_off, later), words="away", detail="", at=later,
                     until=later + timedelta(minutes=5))
    Delivery.objects.filter(pk=new.pk).update(due_at=later, noted_at=later)
    actions.unanswered(delivery=held(unanswered, later), words="", detail="", since=later, at=later,
                       look_in=timedelta(minutes=2))
    assert actions.follow_clock(at=later) == 0
    assert actions.follow_clock(at=AT) == 3
    assert actions.follow_clock(at=AT + timedelta(seconds=1)) == 0
    assert list(Delivery.objects.order_by("scope").values_list("due_at", "unanswered_at")) == [
        (AT + timedelta(minutes=5), None), (AT, None), (AT + timedelta(minutes=2), AT)]
    assert due_ids(AT) == [new.pk]
    assert due_ids(AT + timedelta(minutes=5)) == [put_off.pk, new.pk, unanswered.pk]


def test_what_is_looked_for_is_looked_for_soon_though_the_last_look_was_made_by_a_clock_that_was_ahead() -> None:
    delivery, later = put(), AT + timedelta(hours=1)
    actions.unanswered(delivery=held(delivery), words="", detail="", since=AT, at=AT, look_in=timedelta(0))
    actions.look_later(delivery=held(delivery, later), at=later, look_in=timedelta(minutes=1), found_nothing=True)
    assert actions.follow_clock(at=AT + timedelta(minutes=3)) == 1
    assert due_ids(AT + timedelta(minutes=4)) == [delivery.pk]


def test_a_door_that_asked_to_wait_by_a_clock_that_was_ahead_is_asked_again() -> None:
    delivery, later = put(), AT + timedelta(hours=1)
    actions.hold_door(door="jira", at=later, until=later + timedelta(minutes=5))
    assert due_ids(later) == [] and due_ids(AT) == [delivery.pk]


def test_what_is_to_wait_for_long_by_a_clock_that_is_right_waits_on() -> None:
    later = AT + timedelta(hours=3)
    meant, asked = put("a", due_at=later), put("b")
    actions.postpone(delivery=held(asked), words="asks to wait", detail="", at=AT, until=later)
    assert actions.follow_clock(at=AT + timedelta(minutes=1)) == 0
    assert set(Delivery.objects.values_list("due_at", flat=True)) == {later}
    assert {meant.pk, asked.pk} == set(due_ids(later))
