"""An incident becomes less urgent: who is told of the more urgent alone hears that as the last, and is told again once
it is as urgent again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests import factories as customers
from incidents.actions.stakeholders import Told, add_member, make_list
from incidents.actions.states import change_severity
from incidents.actions.targets import add_target, default_targets, remove_target, restore_target
from incidents.choices import Reading, Severity, TargetKind, What
from incidents.models import Incident, IncidentEvent, IncidentSettings, StakeholderList, Target, UpdateDelivery
from incidents.tests import factories
from incidents.tests.test_public import approved, told
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SEV1, SEV2, SEV3 = Severity


@pytest.fixture
def by() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau")


@pytest.fixture
def row(by: Person) -> Incident:
    IncidentSettings.objects.update(executives=False)
    return factories.incident(customer=customers.customer("Northwind"), commander=by, at=clock.now() - 60 * MINUTE)


def listed(row: Incident, by: Person, name: str, severity: Severity, reading: Reading = Reading.EXECUTIVE) -> str:
    """A list of one address that is told of this severity and the more urgent; the address."""
    theirs = row.customers.get().customer if reading == Reading.CUSTOMER else None
    made = make_list(told=Told(name, severity, reading, theirs), by=by, at=row.at)
    address = f"{name.lower()}@example.com"
    add_member(row=made, by=by, at=row.at, email=address)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    return address


def becomes(row: Incident, severity: Severity, by: Person, minute: int) -> None:
    change_severity(incident=row, severity=severity, reason="half of it is back", by=by, at=row.at + minute * MINUTE)


def subjects(address: str) -> list[str]:
    rows = Delivery.objects.filter(topic="mail.send", payload__to=address).order_by("pk")
    return [one.payload["subject"] for one in rows]


def lines(row: Incident, name: str) -> list[str]:
    found = IncidentEvent.objects.filter(incident=row, what=What.CHANGED, to_value__contains=name).order_by("pk")
    return list(found.values_list("to_value", flat=True))


def test_a_list_for_sev1_hears_of_the_downgrade_as_the_last_and_of_the_rise_again(row: Incident, by: Person) -> None:
    board, all_of_us = listed(row, by, "Board", SEV1), listed(row, by, "Everybody", SEV3)
    told(row, by, at=row.at + 5 * MINUTE)
    becomes(row, SEV2, by, 10)
    told(row, by, at=row.at + 15 * MINUTE)
    last = "Sev2 Northwind: no Sev1 any more"
    assert subjects(board) == ["Sev1 Northwind: Investigating, update 1", last]
    assert subjects(all_of_us) == ["Sev1 Northwind: Investigating, update 1", "Sev2 Northwind: Investigating, update 2"]
    text = Delivery.objects.get(payload__subject=last).payload["text"]
    assert "what was a Sev1 is a Sev2 now" in text and "This list is told of Sev1 alone" in text
    assert f"/incidents/I-{row.pk}/" in text and "half of it is back" not in text
    becomes(row, SEV1, by, 20)
    told(row, by, at=row.at + 25 * MINUTE)
    assert subjects(board)[2:] == ["Sev1 Northwind: Investigating, update 3"]
    assert lines(row, "Board") == ["Updates go to Board no longer: it is told of Sev1 alone",
                                   "Updates go to Board again: it is a Sev1 now"]
    becomes(row, SEV3, by, 30)
    assert subjects(board)[3:] == ["Sev3 Northwind: no Sev1 any more"]  # each time it falls


def test_who_was_not_told_yet_or_is_told_on_by_another_way_gets_no_last_mail(row: Incident, by: Person) -> None:
    board, early = listed(row, by, "Board", SEV1), listed(row, by, "Early", SEV1)
    told(row, by, at=row.at + 5 * MINUTE)
    UpdateDelivery.objects.filter(address=early).delete()  # its list was made after the update
    add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address=board, by=by, at=row.at)
    becomes(row, SEV2, by, 10)
    assert not Target.objects.filter(label__in=("Board", "Early"), removed_at__isnull=True).exists()
    assert not Delivery.objects.filter(key__startswith="inc-less-").exists()


def test_a_list_that_somebody_took_off_or_put_back_by_hand_stays_as_they_left_it(row: Incident, by: Person) -> None:
    for name in ("Off", "Back"):
        listed(row, by, name, SEV1)
    remove_target(target=Target.objects.get(label="Off"), by=by, at=row.at + MINUTE)
    becomes(row, SEV2, by, 10)
    restore_target(target=Target.objects.get(label="Back"), by=by, at=row.at + 11 * MINUTE)
    becomes(row, SEV3, by, 12)  # it was there for a Sev2 by somebody's wish
    assert Target.objects.get(label="Back").removed_at is None
    becomes(row, SEV1, by, 14)
    assert Target.objects.get(label="Off").removed_at == row.at + MINUTE
    assert [StakeholderList.objects.get(name="Off").archived_at] == [None]


def test_customers_on_a_list_hear_it_without_our_words_names_and_addresses(row: Incident, by: Person) -> None:
    theirs = listed(row, by, "Theirs", SEV1, Reading.CUSTOMER)
    approved(told(row, by, at=row.at + 5 * MINUTE))
    becomes(row, SEV2, by, 10)
    mail = Delivery.objects.get(key__startswith="inc-less-").payload
    assert (mail["to"], mail["subject"]) == (theirs, "Sev2 Northwind: no Sev1 any more")
    assert not [one for one in ("I-", "Ines", "http", "half of it") if one in mail["text"]]


def test_executives_who_are_told_of_each_sev1_hear_it_unless_the_part_is_theirs(row: Incident, by: Person) -> None:
    IncidentSettings.objects.update(executives=True)
    chief = people.person(Role.EXECUTIVE)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
    told(row, by, at=row.at + 5 * MINUTE)
    assert len(subjects(chief.email)) == 1
    becomes(row, SEV2, by, 10)
    told(row, by, at=row.at + 15 * MINUTE)
    assert subjects(chief.email)[1:] == ["Sev2 Northwind: no Sev1 any more"]
    becomes(row, SEV1, by, 20)
    told(row, by, at=row.at + 25 * MINUTE)
    assert len(subjects(chief.email)) == 3


def test_a_rise_tells_a_list_that_was_never_told_with_the_next_update(row: Incident, by: Person) -> None:
    becomes(row, SEV3, by, 1)
    board = listed(row, by, "Board", SEV1)
    told(row, by, at=row.at + 5 * MINUTE)
    assert subjects(board) == [] and not Target.objects.filter(label="Board").exists()
    becomes(row, SEV1, by, 10)
    told(row, by, at=row.at + 15 * MINUTE)
    assert subjects(board) == ["Sev1 Northwind: Investigating, update 2"]


def test_a_list_that_is_for_a_customer_by_now_gets_nothing_of_ours_again(row: Incident, by: Person) -> None:
    listed(row, by, "Board", SEV1)
    told(row, by, at=row.at + 5 * MINUTE)
    becomes(row, SEV2, by, 10)
    customer = row.customers.get().customer
    StakeholderList.objects.filter(name="Board").update(reading=Reading.CUSTOMER, customer=customer)
    becomes(row, SEV1, by, 20)
    default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at + 21 * MINUTE)
    there = Target.objects.filter(incident=row, label="Board", removed_at__isnull=True)
    assert {(one.reading, one.customer) for one in there} == {(Reading.CUSTOMER, customer)}


@pytest.mark.parametrize("taken_off", [False, True])
def test_what_somebody_put_in_its_place_stays_as_they_left_it(row: Incident, by: Person, taken_off: bool) -> None:
    listed(row, by, "Board", SEV1)
    becomes(row, SEV2, by, 10)
    board = StakeholderList.objects.get(name="Board")
    own = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address=f"list:{board.pk}", by=by,
                     at=row.at + 15 * MINUTE)
    if taken_off:
        remove_target(target=own, by=by, at=row.at + 16 * MINUTE)
    becomes(row, SEV1, by, 20)
    there = Target.objects.filter(incident=row, label="Board", removed_at__isnull=True)
    assert [one.pk for one in there] == ([] if taken_off else [own.pk])


def test_many_on_a_list_cost_no_more_questions_than_a_few(row: Incident, by: Person) -> None:
    counts = []
    for severity, name, many in ((SEV2, "Few", 2), (SEV3, "Many", 40)):
        made = make_list(told=Told(name, Severity(severity - 1), Reading.EXECUTIVE, None), by=by, at=row.at)
        for number in range(many):
            add_member(row=made, by=by, at=row.at, email=f"{name.lower()}{number}@example.com")
        default_targets(incident=Incident.objects.get(pk=row.pk), at=row.at)
        told(row, by, at=row.at + severity * 5 * MINUTE)
        with CaptureQueriesContext(connection) as asked:
            becomes(row, severity, by, severity * 5 + 2)
        counts.append(len(asked))
        assert Delivery.objects.filter(key__startswith="inc-less-").count() == sum((2, 40)[:len(counts)])
    assert counts[1] <= counts[0] + 13, "a Sev3 ends its own page too; 38 more addresses ask nothing more"
