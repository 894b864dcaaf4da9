"""To a customer a promise is kept when they get the update: not when it is sent, nor by one that goes to us alone."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from customers.tests import factories as customers
from incidents.actions import approvals, states
from incidents.actions.links import make_link
from incidents.actions.merging import merge
from incidents.actions.promises import end_with_incident, stop_updates
from incidents.actions.updates import Given
from incidents.choices import PromiseState, Reading, Severity, State, What
from incidents.models import (
    Approval,
    Incident,
    IncidentCustomer,
    IncidentEvent,
    Promise,
    StatusLink,
    Target,
    Update,
)
from incidents.queries.measured import measured_of
from incidents.queries.promises import awaited_at, promise_page
from incidents.queries.public import page_of, promised_to
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents import publishing as flow
from portal.flows.incidents.publishing import publish

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
OPEN, SENT, KEPT, LATE = PromiseState.OPEN, PromiseState.SENT, PromiseState.KEPT, PromiseState.LATE


@pytest.fixture
def by() -> Person:
    return people.person(PersonRole.ENGINEER, name="Ines Moreau")


@pytest.fixture
def row(by: Person) -> Incident:
    """Its first update is promised for minute 15."""
    return factories.incident(commander=by, customer=customers.customer("Northwind"))


def sent(row: Incident, by: Person, minute: float, *, customer: bool = True, read: float | None = None) -> Update:
    """An update that promises the next for 30 minutes later; `read`: the minute in which it is approved."""
    at, now = NIGHT + minute * MINUTE, Incident.objects.get(pk=row.pk)
    given = Given(Entry(summary="A fix is in review."), status="identified", key=uuid.uuid4().hex, seen=now.updates,
                  next_at=at + 30 * MINUTE, customer=customer)
    update = publish(incident=now, given=given, by=by, at=at)
    if read is not None:
        approve(update, read)
    return update


def approve(update: Update, minute: float) -> None:
    approvals.approve(approval=Approval.objects.filter(version__of=update).latest("pk"), at=NIGHT + minute * MINUTE,
                      by=people.person(PersonRole.ENGINEER))


def promises(row: Incident) -> list[tuple[str, int]]:
    """Their states, and for which minute they were promised."""
    rows = Promise.objects.filter(incident=row).order_by("pk")
    return [(one.state, int((one.due_at - NIGHT) / MINUTE)) for one in rows]


def correct(update: Update, by: Person, minute: float, next_minute: float, *, customer: bool = True) -> Update:
    """A correction that promises the next for another minute."""
    update.refresh_from_db()
    given = Given(Entry(summary="A fix is in review."), status="identified", key=uuid.uuid4().hex, seen=update.version,
                  next_at=NIGHT + next_minute * MINUTE, customer=customer)
    return flow.correct(update=update, given=given, reason="a slip", by=by, at=NIGHT + minute * MINUTE)


def link(row: Incident, by: Person) -> None:
    make_link(incident=row, customer=row.customers.get().customer, ends_at=NIGHT + timedelta(days=7), by=by, at=NIGHT)


def awaited(row: Incident) -> int | None:
    """The minute for which the customer's page promises the next update."""
    row.refresh_from_db()
    due_at = awaited_at(row)
    assert page_of(row, row.customers.earliest("pk").customer, NIGHT).next_at == due_at
    return None if due_at is None else int((due_at - NIGHT) / MINUTE)


def said(row: Incident, what: What) -> str:
    return IncidentEvent.objects.filter(incident=row, what=what).latest("pk").to_value


def test_what_is_sent_in_time_and_read_late_came_late(row: Incident, by: Person) -> None:
    update = sent(row, by, 14)
    assert (promises(row), awaited(row)) == ([(SENT, 15), (OPEN, 44)], 15)
    assert said(row, What.UPDATE) == "Update 1 sent"
    [before] = promise_page(row, at=NIGHT + 14 * MINUTE).before
    assert before.ended == "sent, not with the customer yet, update 1"
    approve(update, 40)
    assert (promises(row), awaited(row)) == ([(LATE, 15), (OPEN, 44)], 44)
    update.refresh_from_db()
    assert update.late_by == 25 * 60
    assert said(row, What.APPROVED) == "The customer's text of update 1 was approved, 25 min late"


def test_what_is_read_in_time_is_in_time(row: Incident, by: Person) -> None:
    update = sent(row, by, 10, read=15)
    assert promises(row) == [(KEPT, 15), (OPEN, 40)]
    update.refresh_from_db()
    assert update.late_by == 0
    assert said(row, What.APPROVED) == "The customer's text of update 1 was approved"


def test_what_goes_without_a_second_person_is_with_the_customer_at_once(row: Incident, by: Person) -> None:
    update = sent(row, by, 10)
    approvals.override(approval=Approval.objects.get(version__of=update), reason="All wait", by=by,
                       at=NIGHT + 12 * MINUTE)
    assert promises(row) == [(KEPT, 15), (OPEN, 40)]
    given = Given(Entry(summary="Again."), status="identified", key="a", seen=1, override="All wait")
    publish(incident=row, given=given, by=by, at=NIGHT + 42 * MINUTE)
    assert promises(row)[1] == (LATE, 40)


def test_an_update_to_us_alone_keeps_no_promise_that_the_customer_was_told(row: Incident, by: Person) -> None:
    sent(row, by, 10, read=11)
    sent(row, by, 39, customer=False)
    assert (promises(row), awaited(row)) == ([(KEPT, 15), (SENT, 40), (OPEN, 69)], 40)
    sent(row, by, 60, customer=False)  # what nobody of them was told is kept among us
    assert (promises(row)[1:], awaited(row)) == ([(SENT, 40), (KEPT, 69), (OPEN, 90)], 40)
    update = sent(row, by, 80, read=82)
    assert (promises(row)[1:], awaited(row)) == ([(LATE, 40), (KEPT, 69), (KEPT, 90), (OPEN, 110)], 110)
    update.refresh_from_db()
    assert update.late_by == 42 * 60


def test_where_one_text_after_another_stays_unread_nothing_is_in_time(row: Incident, by: Person) -> None:
    for minute in (10, 39, 68):
        sent(row, by, minute)
    assert (promises(row), awaited(row)) == ([(SENT, 15), (SENT, 40), (SENT, 69), (OPEN, 98)], 15)
    row.refresh_from_db()
    told = measured_of(row, (), list(row.promises.all()), NIGHT + 70 * MINUTE)
    assert (told.kept, told.late, told.broken) == (0, 3, 3)
    approve(Update.objects.get(number=3), 71)
    told = measured_of(row, (), list(row.promises.all()), NIGHT + 71 * MINUTE)
    assert (told.kept, told.late, told.broken, told.worst) == (0, 3, 0, 56 * MINUTE)


def test_while_all_goes_to_us_alone_promises_are_ours(row: Incident, by: Person) -> None:
    sent(row, by, 10, customer=False)
    assert promises(row) == [(KEPT, 15), (OPEN, 40)]
    assert awaited(row) is None  # nobody told the customer of it


def test_what_stands_on_a_page_of_theirs_is_kept_by_what_they_get(row: Incident, by: Person) -> None:
    make_link(incident=row, customer=row.customers.get().customer, ends_at=NIGHT + timedelta(days=7), by=by, at=NIGHT)
    sent(row, by, 10, customer=False)
    assert (promises(row), awaited(row)) == ([(SENT, 15), (OPEN, 40)], 15)
    sent(row, by, 12, read=13)
    assert (promises(row), awaited(row)) == ([(KEPT, 15), (KEPT, 40), (OPEN, 42)], 42)


@pytest.mark.parametrize(("merged", "owed", "read", "state"), [(13, 15, 14, KEPT), (20, 35, 21, LATE)])
def test_what_was_promised_to_a_customer_is_owed_by_the_incident_into_which_theirs_was_merged(
    row: Incident, by: Person, merged: int, owed: int, read: int, state: PromiseState
) -> None:
    other = factories.incident(commander=by)
    Promise.objects.filter(incident=other).update(state=PromiseState.STOPPED)
    Incident.objects.filter(pk=other.pk).update(next_update_at=None)
    sent(row, by, 10)  # and nobody has read it: their customer waits for the one of minute 15
    merge(incident=row, into=other, reason="the same outage", by=by, at=NIGHT + merged * MINUTE)
    assert awaited(other) == owed
    sent(other, by, merged, read=read)
    assert promises(row)[0] == (state, 15)


def test_of_what_nobody_works_on_any_more_nothing_is_awaited(row: Incident, by: Person) -> None:
    sent(row, by, 10)
    Incident.objects.filter(pk=row.pk).update(state="closed", resolved_at=NIGHT, closed_at=NIGHT)
    row.refresh_from_db()
    assert awaited_at(row) is None


def test_the_calendar_holds_what_the_customer_waits_for(row: Incident, by: Person, client: Client) -> None:
    customer = row.customers.get().customer
    make_link(incident=row, customer=customer, ends_at=NIGHT + timedelta(days=7), by=by, at=NIGHT)
    sent(row, by, 14)
    [one] = promised_to(StatusLink.objects.get(), NIGHT + 20 * MINUTE)
    assert one.due_at == NIGHT + 15 * MINUTE


# ---- A correction that names another time -------------------------------------------------


def test_what_customers_were_told_holds_until_they_read_the_correction_of_it(row: Incident, by: Person) -> None:
    update = sent(row, by, 10, read=11)
    correct(update, by, 20, 50)
    assert (promises(row), awaited(row)) == ([(KEPT, 15), (SENT, 40), (OPEN, 50)], 40)
    approvals.send_back(approval=Approval.objects.latest("pk"), reason="too vague", at=NIGHT + 21 * MINUTE,
                        by=people.person(PersonRole.ENGINEER))
    assert (promises(row)[1:], awaited(row)) == ([(SENT, 40), (OPEN, 50)], 40)
    correct(update, by, 22, 60)
    assert (promises(row)[1:], awaited(row)) == ([(SENT, 40), (PromiseState.STOPPED, 50), (OPEN, 60)], 40)
    approve(update, 25)
    assert (promises(row)[1], promises(row)[-1], awaited(row)) == ((KEPT, 40), (OPEN, 60), 60)


def test_a_correction_that_is_read_after_the_time_it_moves_came_late(row: Incident, by: Person) -> None:
    update = sent(row, by, 10, read=11)
    correct(update, by, 39, 60)
    approve(update, 45)
    assert promises(row)[1:] == [(LATE, 40), (OPEN, 60)]
    update.refresh_from_db()
    assert update.late_by == 5 * 60


def test_a_correction_in_time_takes_no_lateness_from_its_update(row: Incident, by: Person) -> None:
    update = sent(row, by, 14, read=25)
    correct(update, by, 30, 60)
    approve(update, 31)
    update.refresh_from_db()
    assert update.late_by == 10 * 60


def test_a_promise_that_comes_sooner_with_the_severity_is_shown_at_once(row: Incident, by: Person) -> None:
    Incident.objects.filter(pk=row.pk).update(severity=3)
    sent(row, by, 10, read=11)
    states.change_severity(incident=row, severity=Severity.SEV1, reason="worse", by=by, at=NIGHT + 12 * MINUTE)
    assert (promises(row)[-1], awaited(row)) == ((OPEN, 27), 27)


def test_a_correction_back_to_a_status_that_asks_for_updates_promises_one(row: Incident, by: Person) -> None:
    at = NIGHT + 10 * MINUTE
    given = Given(Entry(summary="It holds."), status="monitoring", key="m", next_at=at + 30 * MINUTE, customer=False)
    update = publish(incident=row, given=given, by=by, at=at)
    stop_updates(incident=row, by=by, at=at + MINUTE)
    correct(update, by, 12, 40, customer=False)  # the same time, and "identified"
    assert promises(row)[-1] == (OPEN, 40)


# ---- Merged -------------------------------------------------------------------------------


def test_what_was_merged_twice_is_kept_by_the_last(row: Incident, by: Person) -> None:
    second, third = factories.incident(commander=by), factories.incident(commander=by)
    sent(row, by, 10)
    merge(incident=row, into=second, reason="the same", by=by, at=NIGHT + 11 * MINUTE)
    merge(incident=second, into=third, reason="the same", by=by, at=NIGHT + 12 * MINUTE)
    sent(third, by, 13, read=14)
    assert promises(row)[0] == (KEPT, 15)


@pytest.mark.parametrize("by_link", [True, False])
def test_what_customers_were_told_before_a_merge_is_kept_by_no_update_to_us_alone(
    row: Incident, by: Person, by_link: bool
) -> None:
    other = factories.incident(commander=by)
    sent(other, by, 5, customer=False)
    if by_link:
        link(row, by)
    else:
        sent(row, by, 9, read=9.5)
    Promise.objects.filter(incident=row, state=OPEN).update(due_at=NIGHT + 30 * MINUTE)
    merge(incident=row, into=other, reason="the same", by=by, at=NIGHT + 12 * MINUTE)
    assert promises(other)[-1] == (OPEN, 30)
    sent(other, by, 20, customer=False)
    assert promises(other)[-2:] == [(SENT, 30), (OPEN, 50)]


def test_a_text_that_its_customers_may_not_read_keeps_nothing_of_what_was_merged(row: Incident, by: Person) -> None:
    other = factories.incident(commander=by, customer=customers.customer("Initech"))
    waits = sent(other, by, 8)
    sent(row, by, 10)
    merge(incident=row, into=other, reason="the same", by=by, at=NIGHT + 11 * MINUTE)
    approve(waits, 12)
    assert promises(row)[0] == (SENT, 15)
    sent(other, by, 13, read=14)
    assert promises(row)[0] == (KEPT, 15)


def test_the_earliest_that_lies_ahead_is_owed_after_a_merge(row: Incident, by: Person) -> None:
    other = factories.incident(commander=by)
    Promise.objects.filter(incident=other).update(state=PromiseState.STOPPED)
    Incident.objects.filter(pk=other.pk).update(next_update_at=None)
    sent(row, by, 10)  # for 40, and of 15 nothing has come
    merge(incident=row, into=other, reason="the same", by=by, at=NIGHT + 36 * MINUTE)
    assert promises(other)[-1] == (OPEN, 40)


# ---- The end ------------------------------------------------------------------------------


@pytest.mark.parametrize(("ended", "state"), [(14, PromiseState.STOPPED), (16, LATE)])
def test_what_rests_ends_with_the_incident(row: Incident, by: Person, ended: int, state: PromiseState) -> None:
    link(row, by)
    sent(row, by, 10)
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, resolved_at=NIGHT, closed_at=NIGHT)
    assert promised_to(StatusLink.objects.get(), NIGHT + ended * MINUTE) == []
    end_with_incident(incident=row, at=NIGHT + ended * MINUTE)
    assert promises(row)[0] == (state, 15)
    assert promised_to(StatusLink.objects.get(), NIGHT + 20 * MINUTE) == []


def test_the_calendar_of_what_was_merged_follows_the_other_alone(row: Incident, by: Person) -> None:
    other = factories.incident(commander=by)
    link(row, by)
    sent(row, by, 10)
    merge(incident=row, into=other, reason="the same", by=by, at=NIGHT + 20 * MINUTE)
    end_with_incident(incident=row, at=NIGHT + 20 * MINUTE)
    assert promises(row)[0] == (SENT, 15)  # until its customers get an update
    found = promised_to(StatusLink.objects.get(), NIGHT + 21 * MINUTE)
    assert [one.due_at for one in found] == [Promise.objects.get(incident=other, state=OPEN).due_at]


# ---- Nobody gets it -----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["approved", "without"])
def test_where_nothing_leaves_nothing_is_kept(row: Incident, by: Person, how: str) -> None:
    update = sent(row, by, 10)
    Target.objects.filter(incident=row, reading=Reading.CUSTOMER).update(removed_at=NIGHT + 11 * MINUTE)
    if how == "approved":
        approve(update, 12)
        assert said(row, What.APPROVED).endswith("was approved, and nobody gets it: what it was to go to was taken off")
    else:
        assert not approvals.override(approval=Approval.objects.get(), reason="All wait", by=by, at=NIGHT + 12 * MINUTE)
        assert said(row, What.OVERRIDDEN).endswith("and nobody gets it: what it was to go to was taken off")
    assert promises(row)[0] == (SENT, 15)


def test_a_customer_who_came_later_waits_for_nothing_that_was_promised_to_others(row: Incident, by: Person) -> None:
    sent(row, by, 10)
    late = customers.customer("Initech")
    IncidentCustomer.objects.create(incident=row, customer=late, told_after=1, at=NIGHT + 20 * MINUTE)
    row.refresh_from_db()
    assert page_of(row, row.customers.earliest("pk").customer, NIGHT + 21 * MINUTE).next_at == NIGHT + 15 * MINUTE
    assert page_of(row, late, NIGHT + 21 * MINUTE).next_at is None
