"""The cycle's page: read by everybody, ticked by whoever serves, changed by the lead."""

from datetime import date, timedelta

import pytest
from django.test import Client

from people.choices import Role
from people.models import Person
from portal.common import clock
from set_rotation.actions.cycle import tick_item
from set_rotation.models import ChecklistItem, ChecklistMark, Rotation
from set_rotation.tests.factories import crew, engineer, rotation

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Person]:
    return crew()


@pytest.fixture
def now(people: list[Person]) -> Rotation:
    """A rotation that runs now, since its Monday."""
    return rotation(people, first_on=monday())


def monday() -> date:
    today = clock.now().date() - timedelta(days=1)  # of a Monday before nine it would not run yet
    return today - timedelta(days=today.weekday())


def item(key: str = "open-work") -> ChecklistItem:
    return ChecklistItem.objects.get(key=key)


def signed_in(client: Client, person: Person) -> Client:
    client.force_login(person)
    return client


def tick(client: Client, one: ChecklistItem, *, person: Person | None = None, done: str = "1", **headers: str) -> int:
    given = {"item": str(one.pk), "person": str(person.pk) if person else "", "done": done}
    return client.post("/rotations/1/cycle/tick/", given, headers=headers or None).status_code


def test_the_bare_address_leads_to_the_rotation_that_runs(client: Client, now: Rotation) -> None:
    assert signed_in(client, engineer()).get("/rotations/cycle/")["Location"] == "/rotations/1/cycle/"


def test_without_a_rotation_the_page_says_so(client: Client) -> None:
    assert "No rotation is planned" in signed_in(client, engineer()).get("/rotations/cycle/").content.decode()


def test_whoever_serves_ticks_and_takes_it_back_and_a_reader_does_neither(
    client: Client, now: Rotation, people: list[Person]
) -> None:
    signed_in(client, people[1])
    assert tick(client, item()) == 302
    text = client.get("/rotations/1/cycle/").content.decode()
    assert 'id="tick-' in text
    assert people[1].name in text
    mark = ChecklistMark.objects.get()
    answer = client.post(f"/rotations/1/cycle/tick/?item={mark.item_id}&person=&done=0",
                         headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#cycle"
    assert not ChecklistMark.objects.exists()
    reader = signed_in(client, engineer("", Role.EXECUTIVE))
    assert 'id="tick-' not in reader.get("/rotations/1/cycle/").content.decode()
    assert tick(reader, item()) == 403
    assert not ChecklistMark.objects.exists()


def test_one_ticks_for_oneself_and_the_lead_for_everybody(client: Client, now: Rotation, people: list[Person]) -> None:
    assert tick(signed_in(client, people[1]), item("reach"), person=people[2]) == 403
    assert tick(signed_in(client, people[1]), item("reach"), person=people[1]) == 302
    assert tick(signed_in(client, engineer("", Role.LEAD)), item("reach"), person=people[2]) == 302
    assert {mark.person for mark in ChecklistMark.objects.all()} == set(people[1:3])


def test_what_cannot_be_ticked_is_said_and_odd_input_is_not_found(
    client: Client, now: Rotation, people: list[Person]
) -> None:
    signed_in(client, engineer("", Role.COORDINATOR))
    answer = client.post("/rotations/1/cycle/tick/", {"item": item("reach").pk, "done": "1"}, follow=True)
    assert "Each person ticks this off for themselves." in answer.content.decode()
    for odd in ("", "x", "-1", "9" * 40, "\x00"):
        assert client.post("/rotations/1/cycle/tick/", {"item": odd, "done": "1"}).status_code == 404
    assert client.get("/rotations/99/cycle/").status_code == 404


def test_the_lead_changes_the_checklist_and_an_engineer_does_not(
    client: Client, now: Rotation, people: list[Person]
) -> None:
    given = {"words": "Lunch together", "phase": "start", "days": "−1", "path": "", "each": "1"}
    assert signed_in(client, people[1]).post("/rotations/1/cycle/add/", given).status_code == 403
    assert "Change the checklist" not in client.get("/rotations/1/cycle/").content.decode()
    signed_in(client, people[0])  # who leads now has the rights of a lead
    assert client.post("/rotations/1/cycle/add/", given).status_code == 302
    made = ChecklistItem.objects.get(words="Lunch together")
    assert (made.days, made.each) == (-1, True)
    assert client.post("/rotations/1/cycle/retire/", {"item": made.pk}).status_code == 302
    text = client.get("/rotations/1/cycle/").content.decode()
    assert "Put back" in text
    answer = client.post("/rotations/1/cycle/retire/", {"item": made.pk, "back": "1"}, headers={"HX-Request": "1"})
    assert "Back on the checklist" in answer["HX-Trigger"]


@pytest.mark.parametrize(("given", "words"), [
    ({"phase": "lunch"}, "Choose the part"), ({"days": "three"}, "Days are a number"), ({"words": ""}, "in a sentence"),
    ({"path": "javascript:x"}, "The page is an address"), ({"words": "\x00"}, "in a sentence"),
])
def test_an_item_that_is_not_taken_stays_in_the_form(
    client: Client, now: Rotation, given: dict[str, str], words: str
) -> None:
    asked = {"words": "Lunch together", "phase": "start", "days": "1", "path": "", **given}
    answer = signed_in(client, engineer("", Role.LEAD)).post("/rotations/1/cycle/add/", asked)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_script_gets_the_checklist_alone(client: Client, now: Rotation) -> None:
    signed_in(client, engineer())
    text = client.get("/rotations/1/cycle/", headers={"HX-Request": "true", "HX-Target": "cycle"}).content.decode()
    assert "<html" not in text
    assert 'id="cycle"' in text


def test_an_overdue_item_is_said_in_words(client: Client, people: list[Person]) -> None:
    rotation(people, first_on=monday() - timedelta(weeks=5))
    text = signed_in(client, people[0]).get("/rotations/1/cycle/").content.decode()
    assert "overdue since" in text
    tick_item(item=item(), rotation=Rotation.objects.get(), person=None, by=people[0], at=clock.now())
    assert signed_in(client, people[0]).get("/rotations/1/cycle/").content.decode().count("overdue since") == (
        text.count("overdue since") - 1
    )
