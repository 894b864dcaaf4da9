"""What happens while an update is under way: corrected, approved late, its target taken off, its customer merged."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.merging import merge as merge_customers
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions import approvals
from incidents.actions.base import Refused
from incidents.actions.changing import remove_customer
from incidents.actions.promises import stop_updates
from incidents.actions.sending import send
from incidents.actions.states import change_status, resolve
from incidents.actions.targets import add_target, default_targets, remove_target
from incidents.actions.updates import Overtaken, correct, publish
from incidents.choices import ApprovalState, PromiseState, Reading, State, TargetKind
from incidents.models import (
    Approval,
    Incident,
    IncidentCustomer,
    IncidentStatus,
    Promise,
    StakeholderList,
    Target,
    Update,
    UpdateDelivery,
    UpdateVersion,
)
from incidents.queries.composing import composer_of
from incidents.queries.updates import customers_of, text_for
from incidents.tests import factories
from incidents.tests.test_update_pages import form
from incidents.tests.test_updates import MINUTE, NIGHT, engineer, given
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State as Way
from integrations.outbox.models import Delivery
from portal.common import clock

pytestmark = pytest.mark.django_db


def newest(update: Update) -> UpdateVersion:
    return update.versions.select_related("of__incident", "by").order_by("-number")[0]


def asked_of(update: Update) -> str:
    return Approval.objects.get(version=newest(update)).state


# ---- Corrections


def test_a_correction_of_a_slip_leaves_the_status_that_the_incident_has_by_now() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    change_status(incident=row, status=IncidentStatus.objects.get(slug="identified"), by=by, at=NIGHT + 2 * MINUTE)
    correct(update=update, given=given("One in four.", seen=1), reason="a slip", by=by, at=NIGHT + 3 * MINUTE)
    assert Incident.objects.get(pk=row.pk).status.slug == "identified"
    correct(update=update, given=given("One in four.", seen=2, status="fix-in-progress"), reason="the status was wrong",
            by=by, at=NIGHT + 4 * MINUTE)
    assert Incident.objects.get(pk=row.pk).status.slug == "fix-in-progress"
    resolve(incident=row, by=by, at=NIGHT + 5 * MINUTE)
    ours = replace(given("One in three.", seen=3, status="fix-in-progress"), customer=False)
    correct(update=update, given=ours, reason="a slip", by=by, at=NIGHT + 6 * MINUTE)
    assert Incident.objects.get(pk=row.pk).state == State.WATCHED


def test_a_correction_that_promises_what_was_not_promised_is_reminded_of() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(status="monitoring", stop=True), by=by, at=NIGHT + MINUTE)
    due = NIGHT + 40 * MINUTE
    correct(update=update, given=given(status="monitoring", seen=1, next_at=due), reason="we do watch it", by=by,
            at=NIGHT + 2 * MINUTE)
    assert Promise.objects.get(incident=row, state=PromiseState.OPEN).due_at == due
    assert "Next update will be shared at 3:44amET." in newest(update).internal


def test_what_was_stopped_by_hand_stays_stopped_by_a_correction_of_other_words() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(status="monitoring"), by=by, at=NIGHT + MINUTE)
    row.refresh_from_db()
    stop_updates(incident=row, by=by, at=NIGHT + 2 * MINUTE)
    ours = replace(given("Other words.", status="monitoring", seen=1), customer=False)
    correct(update=update, given=ours, reason="a slip", by=by, at=NIGHT + 3 * MINUTE)
    assert not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists()


def test_a_correction_that_goes_to_no_customer_takes_the_question_with_it() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    old = Approval.objects.get(version__of=update)
    correct(update=update, given=replace(given("Among us.", seen=1), customer=False), reason="not for them", by=by,
            at=NIGHT + 2 * MINUTE)
    with pytest.raises(Refused, match="newer has taken its place"):
        approvals.approve(approval=old, by=engineer("Joel Okafor"), at=NIGHT + 3 * MINUTE)


def test_a_correction_of_an_older_update_leaves_the_newer_ones_question() -> None:
    row, by = factories.incident(), engineer()
    first = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    approvals.approve(approval=Approval.objects.get(version__of=first), by=engineer("Joel Okafor"), at=NIGHT + MINUTE)
    second = publish(incident=row, given=given("The second.", seen=1), by=by, at=NIGHT + 9 * MINUTE)
    correct(update=first, given=given("One in four.", seen=1), reason="a slip", by=by, at=NIGHT + 10 * MINUTE)
    assert (asked_of(first), asked_of(second)) == (ApprovalState.ASKED, ApprovalState.ASKED)
    publish(incident=row, given=given("The third.", seen=2), by=by, at=NIGHT + 12 * MINUTE)
    assert (asked_of(first), asked_of(second)) == (ApprovalState.OVERTAKEN, ApprovalState.OVERTAKEN)


def test_a_mail_that_failed_is_not_tried_again_after_its_correction() -> None:
    row, by = factories.incident(), engineer()
    target = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address="ceo@example.com", by=by,
                        at=NIGHT)
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    [sent] = send(version=newest(update), targets=[target], at=NIGHT + MINUTE)
    assert sent.delivery is not None
    Delivery.objects.filter(pk=sent.delivery.pk).update(state=Way.FAILED, fault="550 no")
    correct(update=update, given=given("One in four.", seen=1), reason="a slip", by=by, at=NIGHT + 2 * MINUTE)
    send(version=newest(update), targets=[target], at=NIGHT + 2 * MINUTE)
    old = Delivery.objects.get(pk=sent.delivery.pk)
    assert old.state == Way.DROPPED
    with pytest.raises(outbox.NotOpen):
        outbox.retry(delivery=old, by=by, at=NIGHT + 3 * MINUTE)


# ---- The same form


def test_a_form_that_was_gone_back_to_and_changed_is_not_taken_for_the_one_that_was_sent() -> None:
    row, by, told = factories.incident(), engineer(), given()
    once = publish(incident=row, given=told, by=by, at=NIGHT + MINUTE)
    with pytest.raises(Overtaken) as caught:
        publish(incident=row, given=replace(told, entry=replace(told.entry, summary="Worse.")), by=by,
                at=NIGHT + 2 * MINUTE)
    assert caught.value.update == once
    assert publish(incident=row, given=replace(told, entry=replace(told.entry, summary=" " + told.entry.summary)),
                   by=by, at=NIGHT + 2 * MINUTE) == once


def test_whoever_goes_back_to_a_form_and_sends_other_words_keeps_them_and_sends_the_next(client: Client) -> None:
    by = engineer()
    row = factories.incident(commander=by, at=clock.now() - 5 * MINUTE)
    client.force_login(by)
    url = reverse("incidents:compose", args=[row.pk])
    assert client.post(url, form()).status_code == 302
    back = client.post(url, form(summary="Worse."))
    assert back.status_code == 422
    text = back.content.decode()
    assert "Worse." in text and "has published update 1 meanwhile" in text
    found = re.search(r'name="key" value="(\w+)"', text)
    assert found and found[1] != "form-1"
    assert client.post(url, form(summary="Worse.", key=found[1], seen="1")).status_code == 302
    assert Update.objects.filter(incident=row).count() == 2


def test_nonsense_for_the_last_known_update_does_no_harm_before_there_is_one() -> None:
    row = factories.incident()
    assert publish(incident=row, given=given(seen=7), by=engineer(), at=NIGHT + MINUTE).number == 1


# ---- Targets


def waiting(row: Incident, target: Target) -> tuple[Update, Approval]:
    update = publish(incident=row, given=given(), by=engineer(), at=NIGHT + MINUTE)
    send(version=newest(update), targets=[target], at=NIGHT + MINUTE)
    return update, Approval.objects.get(version__of=update)


def test_what_waits_for_a_reader_does_not_leave_to_a_target_that_was_taken_off_meanwhile() -> None:
    row, by = factories.incident(), engineer("Joel Okafor")
    target = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address="ana@example.com", by=by,
                        at=NIGHT)
    update, approval = waiting(row, target)
    remove_target(target=target, by=by, at=NIGHT + 2 * MINUTE)
    approvals.approve(approval=approval, by=by, at=NIGHT + 3 * MINUTE)
    assert not UpdateDelivery.objects.filter(version__of=update, target=target).exists()
    assert not Delivery.objects.filter(payload__to="ana@example.com").exists()


def test_an_address_stays_that_customers_when_another_customer_comes_first() -> None:
    row, by = factories.incident(customer=customers.customer("Enterprise ABC")), engineer()
    target = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address="ana@example.com", by=by,
                        at=NIGHT)
    assert target.customer is not None and target.customer.name == "Enterprise ABC"
    ours = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.INTERNAL, address="us@example.com", by=by,
                      at=NIGHT)
    assert ours.customer is None


def test_the_thread_of_an_escalation_that_was_linked_by_mistake_hears_no_more_unless_it_is_linked_again() -> None:
    theirs = customers.customer()
    wrong, right = escalations.escalation(customer=theirs), escalations.escalation(customer=theirs)
    row = factories.incident(customer=theirs, escalation=wrong)
    default_targets(incident=row, at=NIGHT)
    threads = Target.objects.filter(incident=row, kind=TargetKind.ESCALATION)
    for at, linked in enumerate((right, wrong, None), 1):
        row.escalation = linked
        row.save(update_fields=["escalation"])
        default_targets(incident=row, at=NIGHT + at * MINUTE)
        alive = threads.filter(removed_at=None).values_list("address", flat=True)
        assert list(alive) == ([str(linked.pk)] if linked else [])
    row.escalation = right
    row.save(update_fields=["escalation"])
    default_targets(incident=row, at=NIGHT + 5 * MINUTE)
    remove_target(target=threads.get(address=str(right.pk)), by=engineer(), at=NIGHT + 6 * MINUTE)
    default_targets(incident=row, at=NIGHT + 7 * MINUTE)
    assert not threads.filter(removed_at=None).exists()  # what somebody took off stays off


# ---- A customer that was merged


def test_an_incident_whose_customer_was_merged_goes_on_under_the_name_that_remains() -> None:
    gone, stays = customers.customer("Northwnd"), customers.customer("Northwind")
    row, by = factories.incident(customer=gone), engineer("Joel Okafor")
    target = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address="ana@example.com", by=by,
                        at=NIGHT)
    update = publish(incident=row, given=given("Northwnd is down."), by=by, at=NIGHT + MINUTE)
    merge_customers(customer=gone, into=stays, by=by, at=NIGHT + 2 * MINUTE)
    target.refresh_from_db()
    # What waits for its reader is what they read, and nobody takes the former name for another customer's.
    assert text_for(newest(update), Reading.CUSTOMER, customer=target.customer) == newest(update).customer
    assert "Northwnd is down." in newest(update).customer
    StakeholderList.objects.create(name="Northwind's", customer=stays, reading=Reading.EXECUTIVE, at=NIGHT)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=NIGHT + 3 * MINUTE)
    assert Target.objects.filter(incident=row, label="Northwind's").exists()
    assert customers_of(row) == ("Northwind",)
    IncidentCustomer.objects.create(incident=row, customer=stays, at=NIGHT)
    assert customers_of(row) == ("Northwind",)


def test_whom_it_does_not_concern_after_all_hears_no_more_under_either_name() -> None:
    gone, stays, other = (customers.customer(name) for name in ("Northwnd", "Northwind", "Initech"))
    row, by = factories.incident(customer=gone), engineer()
    IncidentCustomer.objects.create(incident=row, customer=other, at=NIGHT)
    merge_customers(customer=gone, into=stays, by=by, at=NIGHT)
    for one in (stays, other):
        StakeholderList.objects.create(name=one.name, customer=one, reading=Reading.CUSTOMER, at=NIGHT)
    default_targets(incident=row, at=NIGHT + MINUTE)
    remove_customer(incident=row, customer=gone, by=by, at=NIGHT + 2 * MINUTE)
    default_targets(incident=row, at=NIGHT + 3 * MINUTE)
    lists = Target.objects.filter(incident=row, kind=TargetKind.MAIL, removed_at=None)
    assert list(lists.values_list("label", flat=True)) == ["Initech"]


def test_of_several_one_that_was_merged_is_headed_by_its_new_name_and_silent_of_the_others() -> None:
    gone, stays = customers.customer("Northwnd"), customers.customer("Northwind")
    row = factories.incident(customer=customers.customer("Enterprise ABC"))
    IncidentCustomer.objects.create(incident=row, customer=gone, at=NIGHT)
    update = publish(incident=row, given=given("Enterprise ABC and Northwnd wait."), by=engineer(), at=NIGHT + MINUTE)
    merge_customers(customer=gone, into=stays, by=None, at=NIGHT + 2 * MINUTE)
    gone.refresh_from_db()
    text = text_for(newest(update), Reading.CUSTOMER, customer=gone)
    assert text.startswith("### Northwind SEV1 outage")
    assert "another customer and Northwnd wait." in text


# ---- The composer


def test_of_what_the_customer_has_confirmed_no_next_update_is_promised() -> None:
    row, by = factories.incident(), engineer()
    resolve(incident=row, by=by, at=NIGHT + MINUTE)
    Incident.objects.filter(pk=row.pk).update(state=State.CONFIRMED, confirmed_at=NIGHT + 2 * MINUTE)
    row.refresh_from_db()
    drawn = composer_of(row, person=by, at=NIGHT + 3 * MINUTE, whole=True)
    assert drawn.typed.stop and "No further update is planned." in str(drawn.readings[0].html)


def test_the_time_that_stands_in_the_field_is_the_time_that_is_said_below_it() -> None:
    row, by = factories.incident(), engineer()
    first = composer_of(row, person=by, at=NIGHT + MINUTE, whole=True)
    typed = replace(first.typed, usual=first.next.usual)
    later = composer_of(row, person=by, at=NIGHT + 9 * MINUTE, given=typed, whole=True)
    assert (later.next.usual, later.next.at) == (first.next.usual, first.next.at)
    after = composer_of(row, person=by, at=NIGHT + timedelta(hours=5), given=typed, whole=True)
    assert after.next.at is not None and after.next.at - (NIGHT + timedelta(hours=5)) <= 30 * MINUTE
