"""Pages: raised once, and climbed step by step."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

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
from set_rotation.actions.paging.base import policy_of
from set_rotation.choices import PageSource, PageState, PageWhat, Seat, Urgency
from set_rotation.models import ContactMethod, Page, PageAttempt, PagePolicy, RotationEvent
from set_rotation.queries.page_links import opened
from set_rotation.rules.paging import longest_wait
from set_rotation.tests import factories as make
from set_rotation.tests.paging import AT, MINUTE, called, fresh, paged, ring, rules, whats

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew() -> list[Person]:
    """The lead, the primary, the backup, and two who are on duty in the second week."""
    people = make.crew()
    make.rotation(people)
    return people


# ---- Raising ---------------------------------------------------------------------------


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


# ---- The ladder ------------------------------------------------------------------------


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


# ---- Personal rules --------------------------------------------------------------------


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


# ---- Messages --------------------------------------------------------------------------


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


def test_a_zone_that_is_no_more_keeps_nobody_from_being_paged(crew: list[Person]) -> None:
    Person.objects.filter(pk=crew[1].pk).update(zone="US/Pacific-New")  # was taken out of the zones in 2020
    page = paged()
    ring(AT)
    assert called(page) == [(1, crew[1].name, 0)]
    assert PageAttempt.objects.get(page=page, kind="mail").person == crew[1]


# ---- A clock that was ahead -------------------------------------------------------------


@pytest.mark.parametrize("ahead", [60, 600_000])
def test_a_page_that_was_raised_by_a_clock_that_was_ahead_climbs_on_when_that_is_set_back(
    crew: list[Person], ahead: int
) -> None:
    page = paged(at=AT + ahead * MINUTE)
    ring(AT)
    assert called(page) == []
    longest = longest_wait(policy_of(page))
    assert (paging.turn_back_steps(at=AT), paging.turn_back_steps(at=AT + MINUTE)) == (1, 0)
    ring(AT + longest)
    assert called(page)[0] == (1, crew[1].name, longest / MINUTE)


def test_a_page_whose_policy_cannot_be_read_holds_up_no_other(crew: list[Person]) -> None:
    broken, page = paged("broken", at=AT + 90 * MINUTE), paged(at=AT + 60 * MINUTE)
    Page.objects.filter(pk=broken.pk).update(policy={"steps": "none"})
    assert paging.turn_back_steps(at=AT) == 1
    assert fresh(page).due_at == AT + longest_wait(policy_of(page))


def test_no_step_of_a_ladder_is_moved_by_a_clock_that_is_right(crew: list[Person]) -> None:
    page = paged()
    for minute in range(60):
        ring(AT + minute * MINUTE)
        before = fresh(page).due_at
        assert paging.turn_back_steps(at=AT + minute * MINUTE) == 0
        assert fresh(page).due_at == before
