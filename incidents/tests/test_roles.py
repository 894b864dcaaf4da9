"""Who has which part, who is called, and who sees it."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from customers.tests import factories as customers
from incidents.actions import changing, merging, roles, states
from incidents.actions.base import Refused
from incidents.choices import Role, Severity, What
from incidents.models import Incident, IncidentEvent, IncidentRole, IncidentWatcher
from incidents.queries.choosing import helpers
from incidents.queries.seen import people_of, visible, whose
from incidents.queries.suggesting import choices, suggested
from incidents.tests import factories
from incidents.tests.factories import NIGHT
from integrations.outbox.models import Delivery
from people.choices import Right
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from set_rotation.actions import paging
from set_rotation.choices import PageSource, PageState, PageWhat, Seat, Urgency
from set_rotation.models import Page

pytestmark = pytest.mark.django_db
LATER = NIGHT + timedelta(hours=4)


@pytest.fixture
def leader() -> Person:
    return people.person(PersonRole.ENGINEER)


@pytest.fixture
def row(leader: Person) -> Incident:
    return factories.incident(commander=leader)


def now(row: Incident, role: Role) -> Person | None:
    found = IncidentRole.objects.filter(incident=row, role=role, ends_at__isnull=True).select_related("person").first()
    return found.person if found else None


def test_command_is_handed_over_with_a_brief_that_the_next_one_reads(row: Incident, leader: Person) -> None:
    to = people.person(PersonRole.ENGINEER)
    roles.hand_over(incident=row, role=Role.COMMANDER, to=to, brief="ABC is calm. PR by 8.", by=leader, at=LATER)
    event = IncidentEvent.objects.filter(incident=row, what=What.ROLE).latest("pk")
    assert now(row, Role.COMMANDER) == to
    assert (event.to_value, event.text) == (f"Commander: {to.name}, after {leader.name}", "ABC is calm. PR by 8.")
    mail = Delivery.objects.get(purpose="incident", title__contains=to.name)
    assert "PR by 8" in str(mail.payload)
    assert list(row.roles.filter(person=leader).values_list("ends_at", flat=True)) == [LATER]


def test_command_without_a_brief_is_refused_but_a_scribe_needs_none(row: Incident, leader: Person) -> None:
    to = people.person(PersonRole.SUPPORT)
    with pytest.raises(Refused, match="Write a brief"):
        roles.hand_over(incident=row, role=Role.COMMANDER, to=to, brief=" ", by=leader, at=LATER)
    with pytest.raises(Refused, match="16,384 characters of 16,000"):
        roles.hand_over(incident=row, role=Role.COMMANDER, to=to, brief="x" * 16_384, by=leader, at=LATER)
    roles.hand_over(incident=row, role=Role.SCRIBE, to=leader, by=leader, at=LATER)
    roles.hand_over(incident=row, role=Role.SCRIBE, to=to, by=leader, at=LATER)
    assert now(row, Role.SCRIBE) == to


@pytest.mark.parametrize("role", [Role.COMMUNICATIONS, Role.CUSTOMER_CONTACT])
def test_what_was_told_to_a_customer_goes_on_with_a_brief_from_the_first_update_on(
    row: Incident, leader: Person, role: Role
) -> None:
    one, two, three = (people.person(PersonRole.ENGINEER) for _ in range(3))
    roles.hand_over(incident=row, role=role, to=one, by=leader, at=LATER)
    roles.hand_over(incident=row, role=role, to=two, by=leader, at=LATER)  # nothing was told yet
    Incident.objects.filter(pk=row.pk).update(updates=1)
    with pytest.raises(Refused, match="Write a brief"):
        roles.hand_over(incident=row, role=role, to=three, by=two, at=LATER)
    roles.hand_over(incident=row, role=role, to=three, brief="Alice expects a call at 8.", by=two, at=LATER)
    roles.hand_over(incident=row, role=role, to=one, by=one, at=LATER)  # by themselves
    roles.hand_over(incident=row, role=role, to=None, by=one, at=LATER)
    assert now(row, role) is None


def test_a_part_may_stand_free_but_not_command(row: Incident, leader: Person) -> None:
    roles.hand_over(incident=row, role=Role.SCRIBE, to=leader, by=leader, at=LATER)
    roles.hand_over(incident=row, role=Role.SCRIBE, to=None, by=leader, at=LATER)
    assert now(row, Role.SCRIBE) is None
    with pytest.raises(Refused, match="Somebody has to lead it"):
        roles.hand_over(incident=row, role=Role.COMMANDER, to=None, brief="bye", by=leader, at=LATER)
    with pytest.raises(Refused, match="Nobody has this part"):
        roles.hand_over(incident=row, role=Role.SCRIBE, to=None, by=leader, at=LATER)


def test_only_those_who_take_part_have_a_part_and_an_executive_may_only_read(row: Incident, leader: Person) -> None:
    executive, gone = people.person(PersonRole.EXECUTIVE), people.person(PersonRole.ENGINEER)
    roles.hand_over(incident=row, role=Role.EXECUTIVE, to=executive, by=leader, at=LATER)
    assert now(row, Role.EXECUTIVE) == executive
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    for person in (executive, gone):
        with pytest.raises(Refused, match="may not take part"):
            roles.hand_over(incident=row, role=Role.SCRIBE, to=person, by=leader, at=LATER)


def test_nobody_gets_what_they_have_and_nothing_is_handed_over_when_it_is_over(row: Incident, leader: Person) -> None:
    with pytest.raises(Refused, match="has this part already"):
        roles.hand_over(incident=row, role=Role.COMMANDER, to=leader, brief="x", by=leader, at=LATER)
    Incident.objects.filter(pk=row.pk).update(state="merged")
    with pytest.raises(Refused, match="It is over"):
        roles.hand_over(incident=row, role=Role.SCRIBE, to=leader, by=leader, at=LATER)


def test_a_deputy_who_takes_command_is_deputy_no_longer_and_a_commander_is_no_deputy(
    row: Incident, leader: Person
) -> None:
    deputy = people.person(PersonRole.ENGINEER)
    roles.hand_over(incident=row, role=Role.DEPUTY, to=deputy, by=leader, at=LATER)
    roles.take_command(incident=row, brief="It is 3 am for her", by=deputy, at=LATER)
    assert (now(row, Role.COMMANDER), now(row, Role.DEPUTY)) == (deputy, None)
    with pytest.raises(Refused, match="somebody else"):
        roles.hand_over(incident=row, role=Role.DEPUTY, to=deputy, by=leader, at=LATER)
    roles.hand_over(incident=row, role=Role.DEPUTY, to=leader, by=deputy, at=LATER)
    assert now(row, Role.DEPUTY) == leader


def test_command_is_handed_to_nobody_by_leaving_the_choice_as_it_stands(
    row: Incident, leader: Person, client: Client
) -> None:
    people.person(PersonRole.ENGINEER, name="Aaron First")
    client.force_login(leader)
    here = f"/incidents/I-{row.pk}/people/"
    assert '<select class="control" id="to-commander" name="person" required>' in client.get(here).content.decode()
    told = client.post(here, {"do": "hand_over", "role": "commander", "person": "", "brief": "ABC is calm."})
    assert "Somebody has to lead it" in told.content.decode()
    assert now(row, Role.COMMANDER) == leader


def test_whoever_hands_command_to_the_deputy_is_told_that_nobody_is_deputy_now(
    row: Incident, leader: Person, client: Client
) -> None:
    deputy = people.person(PersonRole.ENGINEER)
    roles.hand_over(incident=row, role=Role.DEPUTY, to=deputy, by=leader, at=LATER)
    client.force_login(leader)
    given = {"do": "hand_over", "role": "commander", "person": deputy.pk, "brief": "ABC is calm."}
    told = client.post(f"/incidents/I-{row.pk}/people/", given, follow=True).content.decode()
    assert f"{deputy.name} is commander now; nobody is deputy now." in told
    assert (now(row, Role.COMMANDER), now(row, Role.DEPUTY)) == (deputy, None)
    assert IncidentEvent.objects.filter(incident=row, to_value="Deputy: nobody any more").count() == 1


# ---- Who is called --------------------------------------------------------------------


def test_a_sev1_pages_whoever_is_on_duty_once(row: Incident, leader: Person) -> None:
    page = Page.objects.get(key=f"incident:{row.pk}")
    assert (page.urgency, page.path) == ("urgent", f"/incidents/I-{row.pk}/")
    states.change_severity(incident=row, severity=Severity.SEV2, reason="less", by=leader, at=LATER)
    states.change_severity(incident=row, severity=Severity.SEV1, reason="more", by=leader, at=LATER)
    assert Page.objects.count() == 1


def test_a_sev3_pages_nobody_until_it_is_more_urgent(leader: Person) -> None:
    row = factories.incident(severity=Severity.SEV3, roles={Role.COMMANDER: people.person(PersonRole.ENGINEER)})
    assert row.acknowledged_at is None
    assert not Page.objects.exists()
    states.change_severity(incident=row, severity=Severity.SEV2, reason="It spreads", by=leader, at=LATER)
    assert Page.objects.get().reason.startswith("Sev2")


def test_one_that_is_less_urgent_wakes_nobody_and_neither_does_one_that_somebody_is_on(leader: Person) -> None:
    row = factories.incident(commander=leader)
    Incident.objects.filter(pk=row.pk).update(page=None, acknowledged_at=None)
    Page.objects.all().delete()
    states.change_severity(incident=row, severity=Severity.SEV2, reason="A workaround holds", by=leader, at=LATER)
    assert not Page.objects.exists()
    led = factories.incident(severity=Severity.SEV3, commander=leader)
    states.change_severity(incident=led, severity=Severity.SEV1, reason="It spreads", by=leader, at=LATER)
    assert not Page.objects.exists()


def test_the_page_of_one_that_becomes_a_sev3_is_over_and_it_pages_anew_once_it_is_a_sev1_again(leader: Person) -> None:
    row = factories.incident(commander=people.person(PersonRole.SUPPORT), roles={Role.COMMANDER: leader})
    first = Page.objects.get()
    states.change_severity(incident=row, severity=Severity.SEV2, reason="A way around it", by=leader, at=LATER)
    first.refresh_from_db()
    assert first.state == PageState.OPEN and first.reason.startswith("Sev2: ")
    states.change_severity(incident=row, severity=Severity.SEV3, reason="A slip", by=leader, at=LATER)
    first.refresh_from_db()
    assert first.state == PageState.RESOLVED
    states.change_severity(incident=row, severity=Severity.SEV1, reason="No slip", by=leader, at=LATER)
    again = Page.objects.exclude(pk=first.pk).get()
    assert again.state == PageState.OPEN and again.reason.startswith("Sev1: ")


def test_a_page_that_it_came_from_rings_on_when_it_becomes_a_sev3(leader: Person) -> None:
    page, _ = paging.raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL, at=NIGHT)
    row = factories.incident(commander=people.person(PersonRole.SUPPORT), roles={Role.COMMANDER: leader}, page=page)
    states.change_severity(incident=row, severity=Severity.SEV3, reason="Less", by=leader, at=LATER)
    page.refresh_from_db()
    assert (page.state, page.reason) == (PageState.OPEN, "ABC is down")


def test_a_page_that_rings_says_how_its_incident_is_now_and_one_that_is_over_how_it_was(leader: Person) -> None:
    initech, acme = customers.customer("Initech"), customers.customer("Acme")
    row = factories.incident("Nobody signs in", customer=initech, commander=leader)
    page = Page.objects.get()
    changing.edit(incident=row, values={"title": "Nobody signs in by SAML", "known": "Since 3 am"}, by=leader, at=LATER)
    changing.add_customer(incident=row, customer=acme, by=leader, at=LATER)
    changing.remove_customer(incident=row, customer=initech, by=leader, at=LATER)
    page.refresh_from_db()
    assert (page.reason, page.details) == ("Sev1: Acme: Nobody signs in by SAML", "Since 3 am")
    twin = factories.incident(customer=initech, commander=leader, at=LATER)
    merging.merge(incident=twin, into=row, reason="The same", by=leader, at=LATER)
    page.refresh_from_db()
    assert page.reason == "Sev1: Acme, Initech: Nobody signs in by SAML"
    paging.resolve(page=page, by=leader, at=LATER)
    changing.edit(incident=row, values={"title": "Nobody at all"}, by=leader, at=LATER)
    page.refresh_from_db()
    assert page.reason == "Sev1: Acme, Initech: Nobody signs in by SAML"


def test_a_drill_pages_nobody_and_a_private_one_says_nothing_of_itself() -> None:
    factories.incident(drill=True)
    assert not Page.objects.exists()
    factories.incident("The keys were stolen", private=True)
    page = Page.objects.get()
    assert "keys" not in page.reason + page.details


def test_whoever_answers_the_page_first_leads_where_nobody_was_on_it(leader: Person) -> None:
    support, other = people.person(PersonRole.SUPPORT), people.person(PersonRole.ENGINEER)
    row = factories.incident(roles={Role.COMMANDER: leader}, commander=support)
    assert row.acknowledged_at is None
    page = Page.objects.get()
    paging.acknowledge(page=page, by=other, at=NIGHT + timedelta(minutes=6))
    assert roles.answer(incident=row, at=NIGHT + timedelta(minutes=6))
    assert not roles.answer(incident=row, at=NIGHT + timedelta(minutes=7))
    row.refresh_from_db()
    page.refresh_from_db()
    assert row.acknowledged_at == NIGHT + timedelta(minutes=6)
    assert now(row, Role.COMMANDER) == other
    assert page.state == PageState.RESOLVED


def test_whoever_answers_the_page_that_it_came_from_is_told_that_they_lead(leader: Person) -> None:
    page, _ = paging.raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL, at=NIGHT)
    support, other = people.person(PersonRole.SUPPORT), people.person(PersonRole.ENGINEER)
    row = factories.incident(commander=support, roles={Role.COMMANDER: leader}, page=page)
    assert Page.objects.get() == page  # it rings on, and nobody is paged twice
    paging.acknowledge(page=page, by=other, at=NIGHT + timedelta(minutes=6))
    assert roles.answer(incident=row, at=NIGHT + timedelta(minutes=6))
    assert now(row, Role.COMMANDER) == other
    assert Delivery.objects.filter(title__contains=other.name, payload__icontains="you are commander").exists()


def test_whoever_ended_a_page_before_an_incident_was_declared_from_it_does_not_lead_it(leader: Person) -> None:
    page, _ = paging.raise_page(key="x", urgency=Urgency.NORMAL, reason="ABC is slow", source=PageSource.MAIL, at=NIGHT)
    paging.resolve(page=page, by=people.person(PersonRole.ENGINEER), at=NIGHT)
    row = factories.incident(commander=people.person(PersonRole.SUPPORT), roles={Role.COMMANDER: leader}, page=page,
                             severity=Severity.SEV3, at=NIGHT + timedelta(days=1))
    assert not roles.answer(incident=row, at=NIGHT + timedelta(days=1))
    assert now(row, Role.COMMANDER) == leader


def test_who_was_named_commander_says_that_they_are_on_it_and_the_page_is_over(leader: Person) -> None:
    row = factories.incident(roles={Role.COMMANDER: leader}, commander=people.person(PersonRole.SUPPORT))
    roles.take_command(incident=row, by=leader, at=NIGHT + timedelta(minutes=3))
    row.refresh_from_db()
    assert row.acknowledged_at == NIGHT + timedelta(minutes=3)
    assert Page.objects.get().state == PageState.RESOLVED
    with pytest.raises(Refused, match="lead it already"):
        roles.take_command(incident=row, by=leader, at=LATER)


def test_an_incident_that_is_over_pages_nobody_any_more(row: Incident, leader: Person) -> None:
    assert not roles.answer(incident=row, at=LATER)  # somebody leads it, but nobody has answered the page
    states.resolve(incident=row, by=leader, at=LATER)
    assert roles.answer(incident=row, at=LATER)
    assert Page.objects.get().state == PageState.RESOLVED


def test_one_that_is_down_again_pages_again_and_whoever_leads_it_hears_of_it(row: Incident, leader: Person) -> None:
    by = people.person(PersonRole.SUPPORT)
    states.resolve(incident=row, by=leader, at=LATER)
    roles.answer(incident=row, at=LATER)
    states.reopen(incident=row, reason="It fails again", by=by, at=LATER + timedelta(hours=1))
    assert list(Page.objects.order_by("pk").values_list("key", "state")) == [
        (f"incident:{row.pk}", PageState.RESOLVED), (f"incident:{row.pk}:2", PageState.OPEN)]
    mail = Delivery.objects.get(key__startswith=f"incident-again-{row.pk}-1-{leader.pk}")
    assert "It fails again" in str(mail.payload)
    row.refresh_from_db()
    assert row.page == Page.objects.latest("pk")
    assert not roles.answer(incident=row, at=LATER + timedelta(hours=1))  # nobody has answered this one


def test_one_that_is_open_again_while_its_page_still_rings_rings_on(row: Incident, leader: Person) -> None:
    states.resolve(incident=row, by=leader, at=LATER)
    states.reopen(incident=row, reason="It fails again", by=leader, at=LATER)
    assert Page.objects.get().state == PageState.OPEN
    assert not Delivery.objects.filter(key__startswith="incident-again-").exists()  # they opened it themselves


def test_nobody_more_is_woken_for_a_drill_and_one_that_is_none_pages(row: Incident, leader: Person) -> None:
    changing.set_drill(incident=row, drill=True, by=leader, at=LATER)
    assert Page.objects.get().state == PageState.RESOLVED
    changing.set_drill(incident=row, drill=False, by=leader, at=LATER)
    assert Page.objects.latest("pk").state == PageState.OPEN
    assert Page.objects.count() == 2


def test_a_page_that_a_drill_came_from_is_about_something_else_too(leader: Person) -> None:
    page, _ = paging.raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL, at=NIGHT)
    row = factories.incident(commander=leader, page=page)
    changing.set_drill(incident=row, drill=True, by=leader, at=LATER)
    page.refresh_from_db()
    assert page.state == PageState.ACKNOWLEDGED  # by whoever declared it, and not over
    assert not roles.answer(incident=row, at=LATER)
    states.resolve(incident=row, by=leader, at=LATER)
    assert not roles.answer(incident=row, at=LATER)
    page.refresh_from_db()
    assert page.state == PageState.ACKNOWLEDGED


def test_a_drill_that_is_declared_from_a_real_page_neither_ends_it_nor_takes_who_answered_it(leader: Person) -> None:
    page, _ = paging.raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL, at=NIGHT)
    other = people.person(PersonRole.ENGINEER)
    early = factories.incident(commander=people.person(PersonRole.SUPPORT), roles={Role.COMMANDER: leader}, page=page,
                               drill=True)
    roles.take_command(incident=early, by=leader, at=LATER)
    page.refresh_from_db()
    assert page.state == PageState.OPEN, "it is still to be answered"
    paging.acknowledge(page=page, by=other, at=LATER)
    assert not roles.answer(incident=early, at=LATER)
    late = factories.incident(commander=people.person(PersonRole.SUPPORT), roles={Role.COMMANDER: leader}, page=page,
                              drill=True, at=LATER)
    assert now(late, Role.COMMANDER) == leader and late.acknowledged_at is None
    page.refresh_from_db()
    assert (page.state, page.acknowledged_by) == (PageState.ACKNOWLEDGED, other)


# ---- Who is proposed ------------------------------------------------------------------


def test_parts_are_proposed_from_duty_and_from_the_customer_and_nobody_gets_two(leader: Person) -> None:
    customer = customers.customer()
    customer.tam = people.person(PersonRole.ACCOUNT)
    primary, backup, lead = (people.person(PersonRole.ENGINEER) for _ in range(3))
    seats = {Seat.PRIMARY: primary, Seat.BACKUP: backup, Seat.LEAD: lead}
    found = suggested(by=leader, at=NIGHT, customers=[customer], seats=seats)
    assert found == {Role.COMMANDER: primary, Role.DEPUTY: backup, Role.COMMUNICATIONS: lead, Role.SCRIBE: leader,
                     Role.CUSTOMER_CONTACT: customer.tam}
    customer.csm, customer.tam = customer.tam, None
    assert suggested(by=leader, at=NIGHT, customers=[customer], seats=seats)[Role.CUSTOMER_CONTACT] == customer.csm
    assert suggested(by=leader, at=NIGHT, seats={}) == {Role.COMMANDER: leader}


def test_whoever_of_those_on_duty_declares_it_leads_and_the_others_have_the_other_parts() -> None:
    primary, backup, lead = (people.person(PersonRole.ENGINEER) for _ in range(3))
    seats = {Seat.PRIMARY: primary, Seat.BACKUP: backup, Seat.LEAD: lead}
    for by, others in ((primary, (backup, lead)), (backup, (primary, lead)), (lead, (backup, primary))):
        assert suggested(by=by, at=NIGHT, seats=seats) == dict(
            zip((Role.COMMANDER, Role.DEPUTY, Role.COMMUNICATIONS), (by, *others), strict=True))
    alone = {Seat.PRIMARY: primary, Seat.BACKUP: backup}
    assert suggested(by=primary, at=NIGHT, seats=alone) == {Role.COMMANDER: primary, Role.DEPUTY: backup}


def test_an_executive_is_proposed_where_there_is_one_and_nobody_guesses_between_two(leader: Person) -> None:
    first = people.person(PersonRole.EXECUTIVE)
    assert suggested(by=leader, at=NIGHT)[Role.EXECUTIVE] == first
    people.person(PersonRole.EXECUTIVE)
    assert Role.EXECUTIVE not in suggested(by=leader, at=NIGHT)


def test_only_those_who_work_are_offered_for_work(leader: Person) -> None:
    executive = people.person(PersonRole.EXECUTIVE)
    offered = choices(NIGHT, {Seat.PRIMARY: leader})
    assert offered.working[0].label == f"{leader.name} (primary)"
    assert executive not in [one.person for one in offered.of(Role.SCRIBE)]
    assert executive in [one.person for one in offered.of(Role.EXECUTIVE)]


# ---- Who sees it ----------------------------------------------------------------------


def test_a_private_incident_is_seen_by_its_people_and_by_whoever_was_let_in(row: Incident, leader: Person) -> None:
    other, guest = people.person(PersonRole.COORDINATOR), people.person(PersonRole.VIEWER)
    by = people.person(PersonRole.ENGINEER)
    roles.set_private(incident=row, private=True, by=by, at=LATER)
    roles.let_in(incident=row, person=guest, by=by, at=LATER)
    sees = {person: visible(person, {Right.SEE_INCIDENTS}).filter(pk=row.pk).exists()
            for person in (leader, by, guest, other)}
    assert sees == {leader: True, by: True, guest: True, other: False}
    assert roles.let_out(incident=row, person=guest, by=by, at=LATER)
    assert not visible(guest, {Right.SEE_INCIDENTS}).filter(pk=row.pk).exists()
    assert not roles.let_out(incident=row, person=guest, by=by, at=LATER)


def test_a_part_that_was_given_by_a_slip_is_taken_away_with_its_sight(
    row: Incident, leader: Person, client: Client
) -> None:
    slip, scribe = people.person(PersonRole.ENGINEER, name="Wrong Bea"), people.person(PersonRole.ENGINEER)
    roles.set_private(incident=row, private=True, by=leader, at=LATER)
    row.refresh_from_db()
    roles.hand_over(incident=row, role=Role.SCRIBE, to=slip, by=leader, at=LATER)
    sees = visible(slip, {Right.SEE_INCIDENTS}).filter(pk=row.pk)
    assert not roles.let_out(incident=row, person=slip, by=leader, at=LATER) and sees.exists()  # they have a part
    roles.hand_over(incident=row, role=Role.SCRIBE, to=scribe, by=leader, at=LATER)
    client.force_login(leader)
    here = f"/incidents/I-{row.pk}/people/"
    assert "Take off<span class=\"visually-hidden\"> Wrong Bea" in client.get(here).content.decode()
    told = client.post(here, {"do": "out", "person": slip.pk}, follow=True).content.decode()
    assert "Wrong Bea was taken off." in told
    assert "visually-hidden\"> Wrong Bea" not in told
    assert not sees.exists()
    assert not Person.objects.filter(whose(row), pk=slip.pk).exists()
    assert slip.pk not in people_of([row])[row.pk] and scribe.pk in people_of([row])[row.pk]
    assert slip not in helpers(row, LATER) and scribe in helpers(row, LATER)
    # They see it again once they are let in, or have a part that was meant.
    assert roles.let_in(incident=row, person=slip, by=leader, at=LATER) and sees.exists()
    assert roles.let_out(incident=row, person=slip, by=leader, at=LATER) and not sees.exists()
    roles.hand_over(incident=row, role=Role.DEPUTY, to=slip, by=leader, at=LATER)
    assert sees.exists()


def test_whoever_was_taken_off_is_not_let_in_by_a_merge(row: Incident, leader: Person) -> None:
    guest = people.person(PersonRole.ENGINEER)
    twin = factories.incident(commander=guest, private=True)
    roles.set_private(incident=row, private=True, by=leader, at=LATER)
    roles.let_in(incident=row, person=guest, by=leader, at=LATER)
    roles.let_out(incident=row, person=guest, by=leader, at=LATER)
    merging.merge(incident=twin, into=row, reason="The same", by=leader, at=LATER)
    assert not visible(guest, {Right.SEE_INCIDENTS}).filter(pk=row.pk).exists()
    assert not IncidentEvent.objects.filter(incident=row, to_value__startswith="Let in from").exists()


def test_the_page_of_one_that_becomes_private_says_nothing_of_it_until_it_is_public_again(
    row: Incident, leader: Person
) -> None:
    page = Page.objects.get()
    before = (page.reason, page.details)
    roles.set_private(incident=row, private=True, by=leader, at=LATER)
    page.refresh_from_db()
    assert page.reason == "Sev1: a private incident"
    assert row.title not in page.details and row.known not in page.details
    assert page.events.filter(what=PageWhat.REWORDED, by=leader, at=LATER).count() == 1
    roles.set_private(incident=row, private=False, by=leader, at=LATER)
    page.refresh_from_db()
    assert (page.reason, page.details) == before


def test_the_page_that_a_private_one_came_from_keeps_its_sender_words(leader: Person) -> None:
    page, _ = paging.raise_page(key="x", urgency=Urgency.URGENT, reason="ABC is down", source=PageSource.MAIL, at=NIGHT)
    row = factories.incident(commander=leader, page=page)
    roles.set_private(incident=row, private=True, by=leader, at=LATER)
    page.refresh_from_db()
    assert page.reason == "ABC is down"


def test_whoever_is_shown_pages_reads_no_customer_of_a_private_incident(
    row: Incident, leader: Person, client: Client
) -> None:
    cache.clear()
    client.force_login(people.person(PersonRole.ENGINEER))
    here = f"/pages/{Page.objects.get().pk}/"
    assert row.title in client.get(here).content.decode()
    roles.set_private(incident=row, private=True, by=leader, at=LATER)
    cache.clear()  # the strip of open ones is kept for some seconds
    for url in (here, "/pages/", "/on-call/"):
        told = client.get(url).content.decode()
        assert row.title not in told
        assert row.customers.get().customer.name not in told
    told = client.get(here).content.decode()
    assert "Reworded" in told and "you are let in" in told


def test_the_same_again_is_no_event(row: Incident, leader: Person) -> None:
    assert not roles.set_private(incident=row, private=False, by=leader, at=LATER)
    assert roles.let_in(incident=row, person=leader, by=leader, at=LATER)
    assert not roles.let_in(incident=row, person=leader, by=leader, at=LATER)
    assert IncidentWatcher.objects.count() == 1


def test_nobody_is_let_in_who_may_see_no_incidents(row: Incident, leader: Person) -> None:
    with pytest.raises(Refused, match="may not see incidents"):
        roles.let_in(incident=row, person=people.person(), by=leader, at=LATER)


def test_streams_end_before_anything_more_is_told_once_fewer_see_it(
    row: Incident, leader: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    guest, sent = people.person(PersonRole.VIEWER), list[tuple[str, str]]()
    with patch("portal.common.live.publish", lambda topic, name, html: sent.append((topic, name))):
        acts: list[Callable[[], bool]] = [
            lambda: roles.set_private(incident=row, private=True, by=leader, at=LATER),
            lambda: roles.let_in(incident=row, person=guest, by=leader, at=LATER),
            lambda: roles.let_out(incident=row, person=guest, by=leader, at=LATER),
            lambda: roles.set_private(incident=row, private=False, by=leader, at=LATER),
        ]
        for act in acts:
            with django_capture_on_commit_callbacks(execute=True):
                act()
            sent.append(("", "done"))
    own = [name for topic, name in sent if topic in ("", f"incident-{row.pk}") and name in ("over", "entry", "done")]
    assert own == ["over", "entry", "done", "entry", "done", "over", "entry", "done", "entry", "done"]
