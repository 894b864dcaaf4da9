"""What a decision stands on and brings about: the area, the owner, the level; and what a merge keeps."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from escalations.actions import level as levels
from escalations.actions.base import Refused
from escalations.actions.people import follow, set_confidential
from escalations.actions.routing import Decision
from escalations.actions.tickets import link_ticket
from escalations.choices import Fix, Kind, Level, Route, TicketState, What
from escalations.models import Escalation
from escalations.tests import factories as make
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Component, FeatureTeam, Person
from people.tests.factories import person
from portal.common import clock
from portal.flows.escalations import routing as flows
from portal.flows.escalations.sending import Reply, answer, reply
from set_rotation.tests import factories as duty
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
SET = Decision(Route.SET, Route.SET, "It is an issue of the product.")


@pytest.fixture
def ines() -> Person:
    return person(Role.ENGINEER, name="Ines Okafor")


@pytest.fixture
def page(client: Client, ines: Person) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def primary() -> Person:
    """Somebody on duty now."""
    crew = duty.crew()
    today = clock.now().date()
    duty.rotation(crew, first_on=today - timedelta(days=today.weekday()))
    return crew[1]


@pytest.fixture(autouse=True)
def _jira(settings: Any) -> None:
    """A Jira is named; nothing reaches it."""
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(
        settings.ENV.jira, base_url="http://127.0.0.1:9", email="a@b.test", api_token="x"))


def accepted(by: Person, **more: Any) -> Escalation:
    row = make.escalation(at=clock.now(), **more)
    return flows.accept(escalation=row, decision=SET, fix=Fix.NEXT_RELEASE, ticket=flows.Ticket(new=True), by=by,
                        at=clock.now())


def linked(**more: Any) -> Escalation:
    row = make.escalation(**more)
    Escalation.objects.filter(pk=row.pk).update(ticket=make_ticket("To Do"), ticket_state=TicketState.LINKED)
    row.refresh_from_db()
    return row


# ---- The area


def test_the_area_is_chosen_where_it_is_decided_and_names_the_product_manager(page: Client) -> None:
    ada = person(Role.VIEWER, name="Ada Osei")
    ldap = Component.objects.create(name="LDAP", product_manager=ada)
    row = make.escalation(kind=Kind.FEATURE, level=Level.L4)
    here = f"/escalations/E-{row.pk}/route/"
    assert "choose the area first" in page.get(here).content.decode()
    proposed = page.get(here, {"area": str(ldap.pk)}).content.decode()
    assert "Ada Osei is product manager of LDAP" in proposed
    assert not Escalation.objects.filter(area=ldap).exists()  # a look changes nothing
    assert page.post(here, {"area": str(ldap.pk), "route": "product"}).status_code == 302
    row.refresh_from_db()
    assert row.area == ldap and row.followers.filter(person=ada).exists()
    assert row.events.get(what=What.CHANGED).to_value == "area LDAP"


@pytest.mark.parametrize("area", ["", "0", "x", "9" * 30, "-1", "\x00"])
def test_an_area_that_is_none_is_none(page: Client, area: str) -> None:
    Component.objects.create(name="LDAP", team=FeatureTeam.objects.create(name="Identity", slug="identity"))
    row = make.escalation(kind=Kind.FEATURE, level=Level.L4)
    assert "No area is chosen" in page.get(f"/escalations/E-{row.pk}/route/", {"area": area}).content.decode()


def test_the_area_is_corrected_with_what_was_asked_and_a_long_log_is_no_fault(page: Client) -> None:
    ldap = Component.objects.create(name="LDAP")
    row = make.escalation(logs="x" * 60_000)
    form = page.get(f"/escalations/E-{row.pk}/edit/").context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"area": str(ldap.pk)}
    assert page.post(f"/escalations/E-{row.pk}/edit/", values).status_code == 302
    row.refresh_from_db()
    assert row.area == ldap and len(row.logs) == 60_000


# ---- Whose it is


def test_whoever_gets_an_urgent_one_is_told_and_whoever_takes_it_is_not(ines: Person, primary: Person) -> None:
    row = accepted(ines, level=Level.L2)
    assert row.owner == primary
    assert Delivery.objects.filter(payload__to=primary.email, payload__subject=f"{row} is yours now").count() == 1
    mine = accepted(ines, level=Level.L3)
    assert mine.owner == ines and not Delivery.objects.filter(payload__to=ines.email).exists()


def test_what_becomes_urgent_after_it_was_accepted_is_the_primarys(ines: Person, primary: Person) -> None:
    row = accepted(ines, level=Level.L3)
    now = flows.change_level(escalation=row, level=Level.L2, reason="All of them.", by=ines, at=clock.now())
    assert (now.owner, now.level) == (primary, Level.L2)
    other = make.escalation(level=Level.L3)
    now = flows.change_level(escalation=other, level=Level.L2, reason="All of them.", by=ines, at=clock.now())
    assert now.owner is None  # nobody has accepted it yet


def test_what_somebody_works_on_already_stays_theirs(ines: Person, primary: Person) -> None:
    row = accepted(ines, level=Level.L3)
    Escalation.objects.filter(pk=row.pk).update(ticket=make_ticket("In Progress"), ticket_state=TicketState.LINKED)
    now = flows.change_level(escalation=row, level=Level.L2, reason="All of them.", by=ines, at=clock.now())
    assert now.owner == ines != primary


# ---- Its ticket


def test_a_ticket_that_jira_has_just_made_is_not_passed_over_for_another(ines: Person) -> None:
    row, made, other = accepted(ines, level=Level.L3), make_ticket("Backlog"), make_ticket("Backlog")
    Delivery.objects.filter(topic="jira.create").update(state=State.SENT, remote_id=str(made.pk),
                                                               sent_at=clock.now())
    with pytest.raises(Refused, match="Jira has just made its ticket"):
        link_ticket(escalation=row, ticket=other, by=ines, at=clock.now())
    assert link_ticket(escalation=row, ticket=made, by=ines, at=clock.now())


def test_what_waits_to_leave_for_jira_is_veiled_once_it_is_confidential(ines: Person) -> None:
    row = accepted(ines, level=Level.L3, title="Secret merger", affected_people="all of Initech")
    set_confidential(escalation=row, confidential=True, by=ines, at=clock.now())
    fields = Delivery.objects.get(topic="jira.create").payload["fields"]
    assert fields["summary"] == f"Confidential escalation (E-{row.pk})" and "customer-bug" in fields["labels"]
    for hidden in ("Secret", "Initech", row.customer.name):
        assert hidden not in str(fields)


# ---- A merge


def test_the_ticket_goes_along_where_the_other_has_none_and_not_where_it_has(ines: Person) -> None:
    row, other = linked(), make.escalation("The same")
    levels.merge(escalation=row, into=other, reason="same", by=ines, at=clock.now())
    other.refresh_from_db()
    assert (other.ticket, other.ticket_state) == (row.ticket, TicketState.LINKED)
    third, keeps = linked(), linked()
    before = keeps.ticket
    levels.merge(escalation=third, into=keeps, reason="same", by=ines, at=clock.now())
    keeps.refresh_from_db()
    assert keeps.ticket == before


def test_while_its_ticket_is_on_its_way_it_is_not_merged(ines: Person) -> None:
    row, other = accepted(ines, level=Level.L3), make.escalation("The same")
    with pytest.raises(Refused, match="on its way to Jira"):
        levels.merge(escalation=row, into=other, reason="same", by=ines, at=clock.now())


def test_nobody_comes_to_read_a_confidential_one_by_a_merge(ines: Person) -> None:
    open_, hidden = make.escalation("Open"), make.escalation("Hidden", confidential=True)
    with pytest.raises(Refused, match=f"E-{hidden.pk} is confidential and this is not"):
        levels.merge(escalation=open_, into=hidden, reason="same", by=ines, at=clock.now())
    assert not hidden.followers.exists() and hidden.affected.count() == 1


# ---- What is confidential


@pytest.mark.parametrize(("confidential", "told"), [(True, False), (False, True)])
def test_whoever_looks_after_the_outbox_reads_no_confidential_title(
    page: Client, ines: Person, primary: Person, confidential: bool, told: bool
) -> None:
    row = make.escalation("Secret merger", confidential=confidential)
    assert row.reporter is not None
    follow(escalation=row, person=ines, by=ines, at=clock.now())
    answer(escalation=row, text="They signed.", key="1", by=row.reporter, at=clock.now())
    reply(escalation=row, given=Reply(text="We look.", key="2"), by=primary, at=clock.now())
    flows.hand_over(escalation=row, decision=Decision(Route.SUPPORT, Route.SUPPORT, "x"), ticket=flows.Ticket(),
                    by=ines, at=clock.now())
    titles = " ".join(Delivery.objects.values_list("title", flat=True))
    for said in ("wrote in", "was answered", "is handed to you"):
        assert said in titles
    assert ("Secret merger" in titles) == told
