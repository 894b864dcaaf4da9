import io
import re
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from people import actions, queries
from people.actions.demo import DemoPerson
from people.choices import Role, What
from people.models import Component, Person, PersonEvent
from people.tests import factories
from people.tests.factories import NOON, PASSWORD

pytestmark = pytest.mark.django_db
WHO = ["--email", "Ines@example.org", "--name", "Ines Okafor"]


def test_create_person_prints_a_link_that_lets_the_person_in(client: Client) -> None:
    out = io.StringIO()
    call_command("create_person", *WHO, "--role", "coordinator", stdout=out)
    link = re.search(r"https?://[^/]+(/invitation/\S+)", out.getvalue())
    assert link
    response = client.post(link[1], {"password": PASSWORD, "again": PASSWORD})
    assert response.status_code == 302
    person = Person.objects.get(email="ines@example.org")
    assert person.is_superuser
    assert queries.held_roles(person) == {Role.COORDINATOR}


def test_create_person_takes_a_password_from_standard_input(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    call_command("create_person", *WHO, "--role", "lead", "--role", "engineer", "--password-from-stdin",
                 stdout=io.StringIO())
    person = Person.objects.get()
    assert queries.held_roles(person) == {Role.LEAD, Role.ENGINEER}
    assert not person.is_superuser
    assert client.post("/sign-in/", {"username": "ines@example.org", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("line", ["", "short\n", "password1234\n"])
def test_create_person_refuses_a_poor_password(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    with pytest.raises(CommandError):
        call_command("create_person", *WHO, "--role", "lead", "--password-from-stdin", stdout=io.StringIO())
    assert not Person.objects.exists()


@pytest.mark.parametrize("email", ["INES@example.org", "nonsense", "a\x00@example.org"])
def test_create_person_says_why_it_cannot(email: str) -> None:
    factories.person(email="ines@example.org")
    with pytest.raises(CommandError):
        call_command("create_person", "--email", email, "--name", "X", "--role", "viewer", stdout=io.StringIO())
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("create_person", *WHO, "--role", "king", stdout=io.StringIO())


# ---- The demo's team ----


@pytest.fixture
def demo(settings: Settings) -> None:
    settings.ENV = replace(settings.ENV, demo=True)


def test_the_demo_team_has_every_role_and_a_past(demo: None) -> None:
    call_command("load_demo", stdout=io.StringIO())
    held = {role for person in Person.objects.all() for role in queries.held_roles(person)}
    assert held == set(Role)
    assert sum(Role.ENGINEER in queries.held_roles(person) for person in Person.objects.all()) >= 4
    assert all(person.email.endswith("@example.test") for person in Person.objects.all())
    assert len(queries.demo_people()) == len(Role)
    areas = Component.objects.all()
    assert areas.exists()
    assert all(area.team is not None and area.product_manager is not None for area in areas)
    for person in Person.objects.all():
        events = PersonEvent.objects.filter(person=person).order_by("pk").values_list("what", "at")
        assert list(events) == [(What.CREATED, person.joined), (What.JOINED, person.joined)]


def test_loading_the_demo_again_changes_nothing_even_what_was_edited(demo: None) -> None:
    call_command("load_demo", stdout=io.StringIO())
    person = Person.objects.earliest("pk")
    actions.change_profile(person=person, changes={"name": "Edited"}, by=person, at=NOON)
    before = (Person.objects.count(), Component.objects.count(), PersonEvent.objects.count())
    call_command("load_demo", stdout=io.StringIO())
    assert (Person.objects.count(), Component.objects.count(), PersonEvent.objects.count()) == before
    assert Person.objects.filter(name="Edited").exists()


def test_areas_have_teams_and_product_managers(demo: None) -> None:
    people = [
        DemoPerson(name="P M", email="pm@example.test", role=Role.VIEWER, product_manager=True),
        DemoPerson(name="E N", email="en@example.test", role=Role.ENGINEER, team="Channels"),
    ]
    actions.load_demo_people(people, areas={"Search": "Channels", "Lost": ""}, at=NOON)
    area = Component.objects.get(name="Search")
    assert area.team is not None
    assert area.product_manager is not None
    assert (area.team.name, area.product_manager.name) == ("Channels", "P M")
    assert Component.objects.get(name="Lost").team is None


def test_without_the_demo_nothing_is_loaded() -> None:
    with pytest.raises(CommandError, match="demo is off"):
        call_command("load_demo", stdout=io.StringIO())
    assert not Person.objects.exists()


def test_an_address_that_could_be_somebodys_is_not_loaded(demo: None) -> None:
    people = [DemoPerson(name="Real", email="real@example.org", role=Role.LEAD)]
    with pytest.raises(actions.Refused, match=r"example\.org"):
        actions.load_demo_people(people, areas={}, at=NOON)
    assert not Person.objects.exists()


def test_the_demo_s_people_can_also_sign_in_by_password(demo: None, client: Client) -> None:
    call_command("load_demo", stdout=io.StringIO())
    lead = Person.objects.holding(Role.LEAD).earliest("pk")
    assert client.post("/sign-in/", {"username": lead.email, "password": "demo-portal-demo"}).status_code == 302
