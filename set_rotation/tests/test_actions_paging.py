"""Pages: raised once, climbed step by step, answered by one."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from portal.common import live
from portal.common.models import Timer
from portal.env import Mattermost
from portal.flows.delivery import delivered
from portal.flows.ticking import TIMERS
from set_rotation import actions
from set_rotation.actions import Refused, paging
from set_rotation.choices import ContactKind, PageSource, PageState, PageWhat, Seat, Urgency
from set_rotation.models import ContactMethod, ContactRule, Page, PageAttempt, PagePolicy, RotationEvent
from set_rotation.queries.page_links import opened
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)  # Wednesday, 3 am in New York
MINUTE = timedelta(minutes=1)


@pytest.fixture
def crew() -> list[Person]:
    """The lead, the primary, the backup, and two who are on duty in the second week."""
    people = make.crew()
    make.rotation(people)
    return people


def paged(key: str = "one", **more: Any) -> Page:
    values: dict[str, Any] = {"urgency": Urgency.URGENT, "reason": "Messages fail to post", "at": AT,
                              "source": PageSource.BUTTON} | more
    return paging.raise_page(key=key, **values)[0]


def ring(until: datetime, *, skip: tuple[str, ...] = ()) -> None:
    """Let time go on: every timer of pages rings at its own moment."""
    for _ in range(200):
        timer = Timer.objects.filter(kind__startswith="page.", due_at__lte=until).exclude(kind__in=skip).order_by(
            "due_at", "pk").first()
        if timer is None:
            return
        token = timer.token
        TIMERS[timer.kind](timer.key, timer.due_at)
        Timer.objects.filter(pk=timer.pk, token=token).delete()
    raise AssertionError("timers without an end")


def called(page: Page) -> list[tuple[int, str, float]]:
    """Who was called: round, name (or the words why nobody was) and minutes after the page."""
    rows = PageAttempt.objects.filter(page=page).exclude(key__contains=":told-").order_by("at", "pk")
    found = [(row.round, row.person.name if row.person and row.delivery_id else row.words, (row.at - AT) / MINUTE)
             for row in rows]
    return list(dict.fromkeys(found))


def fresh(page: Page) -> Page:
    return Page.objects.select_related("only_to", "by", "acknowledged_by", "resolved_by").get(pk=page.pk)


def whats(page: Page) -> list[str]:
    return list(page.events.order_by("at", "pk").values_list("what", flat=True))


# ---- Raising --------------------------------------------------------------------------


def test_the_same_key_is_the_same_page_and_nothing_new(crew: list[Person]) -> None:
    first, made = paging.raise_page(key="E-12", urgency=Urgency.URGENT, reason="Outage", at=AT, source=PageSource.API)
    again, new = paging.raise_page(key="E-12", urgency=Urgency.NORMAL, reason="Other", at=AT, source=PageSource.API)
    assert (made, new, first.pk) == (True, False, again.pk)
    ring(AT)
    assert called(first) == [(1, crew[1].name, 0)]
    assert whats(first) == [PageWhat.RAISED]
    long = paged("x" * 300)
    assert paging.raise_page(key="x" * 300, urgency=Urgency.URGENT, reason="r", at=AT, source=PageSource.API) == (
        long, False)


def test_a_page_needs_a_reason_and_its_text_is_cleaned(crew: list[Person]) -> None:
    with pytest.raises(Refused, match="few words"):
        paged(reason=" \x00\n ")
    reason = "Two\nlines\x07 and\u2028more " + "x" * 300
    page = paged(reason=reason, details="a\x00b\r\n\n\n\nc", path="javascript:alert(1)")
    assert (page.reason.startswith("Two lines and more"), len(page.reason) <= 200) == (True, True)
    assert (page.details, page.path) == ("ab\n\nc", "")
    assert paged("b", path="//evil.example").path == ""
    assert paged("c", path="/tickets/MM-1/").path == "/tickets/MM-1/"


def test_the_policy_is_fixed_at_the_moment_of_paging(crew: list[Person]) -> None:
    page = paged()
    paging.save_policy(urgency=Urgency.URGENT, steps=[{"seat": "lead", "minutes": 1}], again=5, rounds=1, stale=0,
                       by=crew[0], at=AT)
    ring(AT + 12 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, crew[2].name, 5), (1, crew[0].name, 10)]
    later = paged("later")
    ring(AT + 12 * MINUTE)
    assert called(later) == [(1, crew[0].name, 1)]


def test_without_a_stored_policy_somebody_is_paged_all_the_same(crew: list[Person]) -> None:
    PagePolicy.objects.all().delete()
    page = paged()
    ring(AT)
    assert called(page) == [(1, crew[1].name, 0)]


def test_an_edited_policy_is_checked_noted_and_left_alone_by_the_handbook(crew: list[Person]) -> None:
    with pytest.raises(Refused, match="at least one step"):
        paging.save_policy(urgency=Urgency.URGENT, steps=[], again=5, rounds=1, stale=0, by=None, at=AT)
    steps = [{"seat": "primary", "minutes": 0}]
    for _ in range(2):
        paging.save_policy(urgency=Urgency.URGENT, steps=steps, again=5, rounds=2, stale=0, by=crew[0], at=AT)
    note = RotationEvent.objects.get(what="policy_changed")
    assert note.to_value == "Urgent: primary at once; again after 5 min, 2 rounds; never stale"
    actions.load_rotations()
    assert PagePolicy.objects.get(urgency="urgent").rounds == 2


# ---- The ladder -----------------------------------------------------------------------


def test_the_whole_ladder_calls_each_as_the_policy_says_and_then_tells_the_coordinators(crew: list[Person]) -> None:
    coordinator = make.engineer("Cora", Role.COORDINATOR)
    page = paged()
    ring(AT + 59 * MINUTE)
    lead, one, two = (person.name for person in crew[:3])
    assert called(page) == [
        (1, one, 0), (1, two, 5), (1, lead, 10), (2, one, 20), (2, two, 25), (2, lead, 30), (3, one, 40), (3, two, 45),
        (3, lead, 50),
    ]  # fmt: skip
    assert fresh(page).state == PageState.OPEN
    ring(AT + 60 * MINUTE)
    assert fresh(page).state == PageState.UNANSWERED
    told = PageAttempt.objects.filter(page=page, key__contains=":told-")
    assert {row.person for row in told} == {coordinator, crew[0]}
    assert all(row.delivery_id for row in told)
    assert whats(page) == [PageWhat.RAISED, PageWhat.UNANSWERED]
    assert not Timer.objects.filter(kind="page.step").exists()


def test_each_attempt_is_a_delivery_of_its_own_scope_and_is_on_time(crew: list[Person]) -> None:
    page = paged()
    ring(AT + 6 * MINUTE)
    rows = list(PageAttempt.objects.filter(page=page))
    assert all(row.at == row.due_at for row in rows)
    scopes = Delivery.objects.values_list("scope", flat=True)
    assert len(set(scopes)) == len(scopes) == len(rows)
    assert set(Delivery.objects.values_list("purpose", flat=True)) == {"page"}


def test_who_holds_the_seat_is_looked_up_at_each_step(crew: list[Person]) -> None:
    page, stand_in = paged(), make.engineer("Stand-in")
    ring(AT)
    actions.make_override(seat=Seat.BACKUP, person=stand_in, starts_at=AT + 3 * MINUTE, ends_at=AT + 60 * MINUTE,
                          by=None, at=AT)
    ring(AT + 6 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, "Stand-in", 5)]


def test_somebody_who_moved_to_the_next_seat_is_not_called_twice_and_the_lead_comes_at_once(crew: list[Person]) -> None:
    page, other = paged(), make.engineer()
    ring(AT)
    for seat, person in ((Seat.PRIMARY, other), (Seat.BACKUP, crew[1])):
        actions.make_override(seat=seat, person=person, starts_at=AT + MINUTE, ends_at=AT + 60 * MINUTE, by=None, at=AT,
                              rewrites=False)
    actions.rewrite_duty(starts_at=AT + MINUTE, ends_at=AT + 60 * MINUTE, at=AT)
    ring(AT + 6 * MINUTE)
    assert called(page) == [
        (1, crew[1].name, 0), (1, "Reached already, as primary.", 5), (1, crew[0].name, 5),
    ]  # fmt: skip


def test_an_empty_seat_is_on_the_timeline_and_the_next_comes_at_once() -> None:
    people = make.crew()
    make.rotation({0: people[0], 1: people[1]})
    page = paged()
    ring(AT + 6 * MINUTE)
    assert called(page) == [(1, people[1].name, 0), (1, "Nobody is backup now.", 5), (1, people[0].name, 5)]


def test_somebody_who_has_left_is_as_good_as_nobody(crew: list[Person]) -> None:
    Person.objects.filter(pk=crew[1].pk).update(is_active=False)
    page = paged()
    ring(AT)
    assert called(page) == [(1, "Nobody is primary now.", 0), (1, crew[2].name, 0)]


def test_when_nobody_is_on_duty_the_coordinators_are_told_at_once_and_the_ladder_goes_on() -> None:
    coordinator = make.engineer("Cora", Role.COORDINATOR)
    page = paged()
    ring(AT)
    told = PageAttempt.objects.filter(page=page, key__contains=":told-")
    assert {row.person for row in told} == {coordinator}
    assert "Nobody is on duty" in told[0].words
    assert (fresh(page).state, fresh(page).due_at) == (PageState.OPEN, AT + 10 * MINUTE)
    people = make.crew()
    make.rotation(people)
    ring(AT + 10 * MINUTE)
    assert (2, people[1].name, 10) in called(page)


def test_a_step_that_rings_twice_is_done_once(crew: list[Person]) -> None:
    page = paged()
    key = Timer.objects.get(kind="page.step").key
    for _ in range(3):
        TIMERS["page.step"](key, AT)
    assert called(page) == [(1, crew[1].name, 0)]
    TIMERS["page.step"](key, AT + 5 * MINUTE)
    TIMERS["page.step"](key, AT + 5 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, crew[2].name, 5)]


def test_steps_that_are_due_together_are_done_together_in_few_queries(
    crew: list[Person], django_assert_max_num_queries: Any
) -> None:
    pages = [paged(f"p{n}") for n in range(20)]
    with django_assert_max_num_queries(24):
        assert paging.take_steps(page_id=pages[7].pk, at=AT) == 20
    assert all(called(page) == [(1, crew[1].name, 0)] for page in pages)
    assert paging.take_steps(page_id=pages[7].pk, at=AT) == 0
    assert Timer.objects.filter(kind="page.step", due_at=AT + 5 * MINUTE).count() == 20


def test_one_page_that_cannot_be_done_keeps_no_other_waiting(crew: list[Person]) -> None:
    broken, sound = paged("broken"), paged("sound")
    Page.objects.filter(pk=broken.pk).update(policy={"steps": [{"seat": "nobody"}]})
    assert paging.take_steps(page_id=sound.pk, at=AT) == 1
    assert called(sound) == [(1, crew[1].name, 0)]
    with pytest.raises(ValueError, match="Seat"):
        paging.take_steps(page_id=broken.pk, at=AT)


# ---- Personal rules -------------------------------------------------------------------


def rules(person: Person, *minutes: int) -> list[ContactMethod]:
    methods = []
    for count in minutes:
        method = ContactMethod.objects.create(person=person, kind=ContactKind.APPRISE, label=f"Phone {count}",
                                              address="json://localhost", added_at=AT, verified_at=AT)
        ContactRule.objects.create(person=person, urgency=Urgency.URGENT, method=method, minutes=count)
        methods.append(method)
    return methods


def test_push_at_once_sms_after_five_and_a_call_after_ten_go_on_while_the_ladder_moves_on(crew: list[Person]) -> None:
    rules(crew[1], 0, 5, 10)
    page = paged()
    ring(AT + 15 * MINUTE)
    mine = PageAttempt.objects.filter(page=page, person=crew[1]).order_by("at")
    assert [((row.at - AT) / MINUTE, row.method.label if row.method else "") for row in mine] == [
        (0, "Phone 0"), (5, "Phone 5"), (10, "Phone 10"),
    ]  # fmt: skip
    assert all(row.at == row.due_at for row in mine)
    first = mine[0].delivery
    assert first is not None
    assert (first.topic, set(first.payload)) == ("notify.send", {"method", "title", "body"})
    assert "/p/" in first.payload["body"]


@pytest.mark.parametrize("answer", [paging.acknowledge, paging.resolve])
def test_an_answer_ends_everybodys_later_rules(crew: list[Person], answer: Callable[..., Page]) -> None:
    rules(crew[1], 0, 5, 10)
    page = paged()
    ring(AT + 6 * MINUTE)
    answer(page=fresh(page), by=crew[2], at=AT + 6 * MINUTE)
    ring(AT + 20 * MINUTE)
    assert PageAttempt.objects.filter(page=page, person=crew[1]).count() == 2
    assert PageAttempt.objects.filter(page=page, at__gt=AT + 6 * MINUTE).count() == 0


def test_somebody_whose_rules_begin_later_is_on_the_timeline_and_counts_as_reached(crew: list[Person]) -> None:
    rules(crew[1], 3)
    page = paged()
    ring(AT + 4 * MINUTE)
    assert called(page) == [(1, "Told first after 3 min, by their own rules.", 0), (1, crew[1].name, 3)]


def test_a_method_that_is_removed_meanwhile_is_not_used(crew: list[Person]) -> None:
    _, second = rules(crew[1], 0, 2)
    page = paged()
    ring(AT)
    ContactMethod.objects.filter(pk=second.pk).update(removed_at=AT)
    ring(AT + 4 * MINUTE)
    assert PageAttempt.objects.filter(page=page).count() == 1


# ---- Answers --------------------------------------------------------------------------


def test_acknowledged_means_nobody_else_is_called_and_what_has_not_left_is_taken_back(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + 2 * MINUTE)
    ring(AT + 20 * MINUTE)
    stored = fresh(page)
    assert (stored.state, stored.acknowledged_by, stored.acknowledged_at) == (
        PageState.ACKNOWLEDGED, crew[1], AT + 2 * MINUTE,
    )  # fmt: skip
    assert called(page) == [(1, crew[1].name, 0)]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DROPPED}
    assert whats(page) == [PageWhat.RAISED, PageWhat.ACKNOWLEDGED]


def test_what_was_claimed_for_sending_before_the_answer_is_left_to_its_sender(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    held = Delivery.objects.order_by("pk")[0]
    assert outbox.claim(delivery_id=held.pk, at=AT) is not None
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + MINUTE)
    held.refresh_from_db()
    assert held.state == State.SENDING


def test_a_step_whose_timer_was_claimed_before_the_answer_calls_nobody(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    key = Timer.objects.get(kind="page.step").key
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + 5 * MINUTE)
    TIMERS["page.step"](key, AT + 5 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0)]


def test_of_two_answers_one_wins_and_the_other_learns_who(crew: list[Person]) -> None:
    page = paged()
    mine, theirs = fresh(page), fresh(page)
    paging.acknowledge(page=mine, by=crew[1], at=AT)
    with pytest.raises(paging.Answered, match=f"{crew[1].name} was faster: .* acknowledged it"):
        paging.acknowledge(page=theirs, by=crew[2], at=AT)
    with pytest.raises(paging.Answered, match=f"{crew[1].name} has acknowledged"):
        paging.acknowledge(page=fresh(page), by=crew[2], at=AT)
    paging.resolve(page=fresh(page), by=crew[2], at=AT)
    for verb in (paging.acknowledge, paging.resolve, paging.escalate_now):
        with pytest.raises(paging.Answered, match=f"{crew[2].name} has resolved"):
            verb(page=fresh(page), by=crew[1], at=AT)


def test_an_acknowledged_page_goes_stale_and_pages_again_from_the_top(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + MINUTE)
    ring(AT + 31 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert called(page) == [(1, crew[1].name, 0), (1, crew[1].name, 31)]
    assert whats(page)[-1] == PageWhat.STALE


def test_still_on_it_keeps_a_page_from_going_stale(crew: list[Person]) -> None:
    page = paged()
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT + 20 * MINUTE)
    ring(AT + 45 * MINUTE)
    assert fresh(page).state == PageState.ACKNOWLEDGED
    ring(AT + 50 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert whats(page) == [PageWhat.RAISED, PageWhat.ACKNOWLEDGED, PageWhat.STILL_ON_IT, PageWhat.STALE]


def test_a_snoozed_page_is_silent_and_then_pages_again(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.snooze(page=fresh(page), until=AT + 15 * MINUTE, by=crew[1], at=AT)
    ring(AT + 14 * MINUTE)
    assert (fresh(page).state, len(called(page))) == (PageState.SNOOZED, 1)
    ring(AT + 15 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert called(page)[-1] == (1, crew[1].name, 15)


@pytest.mark.parametrize("until", [timedelta(), -MINUTE, timedelta(hours=24, seconds=1)])
def test_a_page_is_snoozed_for_a_day_at_most_and_never_into_the_past(crew: list[Person], until: timedelta) -> None:
    with pytest.raises(Refused):
        paging.snooze(page=fresh(paged()), until=AT + until, by=crew[1], at=AT)


def test_escalate_now_calls_the_next_seat_without_waiting_and_the_first_ones_rules_go_on(crew: list[Person]) -> None:
    rules(crew[1], 0, 5)
    page = paged()
    ring(AT)
    paging.escalate_now(page=fresh(page), by=crew[1], at=AT + MINUTE)
    ring(AT + 6 * MINUTE)
    assert called(page) == [
        (1, crew[1].name, 0), (1, crew[2].name, 1), (1, crew[1].name, 5), (1, crew[0].name, 6),
    ]  # fmt: skip


def test_two_who_escalate_at_once_call_one_more_person_not_two(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    mine, theirs = fresh(page), fresh(page)
    paging.escalate_now(page=mine, by=crew[1], at=AT + MINUTE)
    with pytest.raises(paging.Answered, match="faster"):
        paging.escalate_now(page=theirs, by=crew[2], at=AT + MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, crew[2].name, 1)]


def test_who_has_acknowledged_may_still_call_for_help(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT)
    paging.escalate_now(page=fresh(page), by=crew[1], at=AT + 3 * MINUTE)
    assert fresh(page).state == PageState.OPEN
    assert called(page) == [(1, crew[1].name, 0), (1, crew[2].name, 3)]


def test_a_page_that_nobody_answered_can_be_escalated_again_from_the_top(crew: list[Person]) -> None:
    page = paged()
    ring(AT + 60 * MINUTE)
    paging.escalate_now(page=fresh(page), by=crew[3], at=AT + 90 * MINUTE)
    assert called(page)[-1] == (1, crew[1].name, 90)
    assert fresh(page).state == PageState.OPEN


def test_a_reassigned_page_goes_to_that_person_alone_and_back_to_the_seats_when_escalated(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.reassign(page=fresh(page), to=crew[3], by=crew[1], at=AT + MINUTE)
    ring(AT + 12 * MINUTE)
    assert called(page) == [(1, crew[1].name, 0), (1, crew[3].name, 1), (2, crew[3].name, 11)]
    paging.escalate_now(page=fresh(page), by=crew[1], at=AT + 13 * MINUTE)
    assert called(page)[-1] == (1, crew[1].name, 13)


def test_taking_a_page_over_calls_nobody_and_somebody_who_has_left_is_given_nothing(crew: list[Person]) -> None:
    page = paged()
    ring(AT)
    paging.acknowledge(page=fresh(page), by=crew[1], at=AT)
    paging.reassign(page=fresh(page), to=crew[2], by=crew[2], at=AT + MINUTE)
    stored = fresh(page)
    assert (stored.state, stored.acknowledged_by, stored.acknowledged_at) == (PageState.ACKNOWLEDGED, crew[2], AT)
    crew[3].is_active = False
    with pytest.raises(Refused, match="has left"):
        paging.reassign(page=fresh(page), to=crew[3], by=crew[1], at=AT)
    with pytest.raises(Refused, match="has left"):
        paged("gone", only_to=crew[3])


# ---- Tests of somebody's set-up -------------------------------------------------------


def test_a_test_page_goes_to_one_person_and_is_over_once_acknowledged(crew: list[Person]) -> None:
    page = paged(only_to=crew[3], test=True, source=PageSource.TEST)
    ring(AT)
    assert called(page) == [(1, crew[3].name, 0)]
    paging.acknowledge(page=fresh(page), by=crew[3], at=AT + MINUTE)
    stored = fresh(page)
    assert (stored.state, stored.acknowledged_by, stored.acknowledged_at) == (
        PageState.RESOLVED, crew[3], AT + MINUTE,
    )  # fmt: skip


def test_a_test_page_that_nobody_answers_alarms_nobody(crew: list[Person]) -> None:
    make.engineer("Cora", Role.COORDINATOR)
    page = paged(only_to=crew[3], test=True, source=PageSource.TEST)
    ring(AT + 60 * MINUTE)
    assert called(page) == [(1, crew[3].name, 0)]
    assert fresh(page).state == PageState.UNANSWERED
    assert not PageAttempt.objects.filter(key__contains=":told-").exists()


# ---- Messages -------------------------------------------------------------------------


def test_with_a_mattermost_somebody_without_rules_is_told_there_and_by_mail(crew: list[Person], settings: Any) -> None:
    settings.ENV = replace(settings.ENV, mattermost=Mattermost(base_url="http://chat", bot_token="t", team="set"))
    page = paged(details="Since 3:02", path="/tickets/MM-1/", by=crew[4])
    ring(AT)
    told = {row.topic: row.payload for row in Delivery.objects.all()}
    assert set(told) == {"mattermost.direct", "mail.send"}
    message = told["mattermost.direct"]["message"]
    assert told["mattermost.direct"]["email"] == told["mail.send"]["to"] == crew[1].email
    assert "You are primary now" in message
    assert f"Paged by {crew[4].name}" in message
    assert f"{settings.PORTAL_BASE_URL}/tickets/MM-1/" in message
    found = re.search(r"/p/([^/]+)/\?do=acknowledge", message)
    assert found
    opens = opened(found[1], AT)
    assert opens is not None
    assert (opens.page, opens.person) == (page, crew[1])


def test_what_became_of_a_message_is_told_to_whoever_looks_at_its_page(
    crew: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = paged()
    ring(AT)
    heard: list[str] = []
    monkeypatch.setattr(live, "publish", lambda topic, name, html: heard.append(topic))
    delivered(Delivery.objects.get(), AT)
    assert f"page:{page.pk}" in heard
