"""The pages of roster, wishes and plans: who may, what bad input is answered with, and how many questions they ask."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from set_rotation.actions import planning
from set_rotation.choices import PlanState
from set_rotation.models import Member, Plan, Wish
from set_rotation.planner import solve_plan
from set_rotation.queries.planning.slots import next_unplanned
from set_rotation.rules.planning.keeping import Ask
from set_rotation.tests import factories

pytestmark = pytest.mark.django_db
LINES = "Ana Silva, ana@example.org, Platform, mobile, yes\nBen Okafor, ben@example.org, Mobile\n"


def as_(client: Client, role: Role) -> Person:
    person = people.person(role)
    client.force_login(person)
    return person


def roster(size: int = 12) -> None:
    for number in range(size):
        team = people.team(f"Team {number}") if number < 4 else Member.objects.order_by("pk")[number % 4].team
        factories.member(factories.engineer(f"Member {number:02}"), team=team)


def proposal() -> Plan:
    roster()
    at = clock.now()
    plan = planning.ask_plan(first_on=next_unplanned(at), rotations=2, pattern=factories.pattern(), ask=Ask(), by=None,
                             at=at)
    solve_plan(plan_id=plan.pk, at=at)
    plan.refresh_from_db()
    return plan


def test_a_viewer_sees_the_roster_without_addresses_and_cannot_paste(client: Client) -> None:
    as_(client, Role.VIEWER)
    roster(4)
    page = client.get("/rotations/roster/").content.decode()
    assert "Member 00" in page
    assert "Paste from a spreadsheet" not in page
    assert "@example.org" not in client.get("/rotations/roster/export.csv").content.decode()
    assert client.post("/rotations/roster/paste/", {"text": LINES, "sure": "1"}).status_code == 403
    assert client.get("/rotations/plan/").status_code == 403


def test_lines_are_looked_at_first_then_entered_and_taken_back_by_undo(client: Client) -> None:
    as_(client, Role.LEAD)
    assert client.post("/rotations/roster/paste/", {"text": LINES}).status_code == 200
    assert not Member.objects.exists()
    answer = client.post("/rotations/roster/paste/", {"text": LINES, "sure": "1"}, follow=True)
    assert Member.objects.count() == 2
    [message] = answer.context["messages"]
    client.post(message.extra_tags)
    assert not Member.objects.exists()


@pytest.mark.parametrize("text", ["", "Ana, no address", "\x00", "x" * 200_000, "a,b,c,d,e,f,g,h\n" * 600])
def test_bad_lines_are_answered_in_words_and_write_nothing(client: Client, text: str) -> None:
    as_(client, Role.LEAD)
    assert client.post("/rotations/roster/paste/", {"text": text, "sure": "1"}).status_code == 422
    assert not Member.objects.exists()


def test_an_undo_that_was_made_up_takes_nothing_back(client: Client) -> None:
    as_(client, Role.LEAD)
    assert client.post("/rotations/roster/undo/eyJtYWRlIjpbMV19:made-up/").status_code == 404


def test_a_member_is_ended_brought_back_and_edited(client: Client) -> None:
    as_(client, Role.LEAD)
    roster(4)
    row = Member.objects.order_by("pk")[0]
    client.post(f"/rotations/roster/{row.pk}/end/", {"last_on": "2027-01-31"})
    row.refresh_from_db()
    assert str(row.leaves_on) == "2027-02-01"
    client.post(f"/rotations/roster/{row.pk}/back/")
    row.refresh_from_db()
    assert row.leaves_on is None
    form = {"skills": "Mobile, DB", "engineers": "on", "joins_on": "2026-01-01"}
    assert client.post(f"/rotations/roster/{row.pk}/", form).status_code == 302
    row.refresh_from_db()
    assert (row.skills, row.leads) == (["mobile", "db"], False)
    assert client.post(f"/rotations/roster/{row.pk}/", {"joins_on": "never"}).status_code == 422


def test_an_engineer_notes_and_withdraws_an_own_wish_and_nobody_elses(client: Client) -> None:
    other = Wish.objects.create(person=factories.engineer(), kind="avoid", starts_on="2027-01-01", ends_on="2027-01-02",
                                made_at=clock.now())
    me = as_(client, Role.ENGINEER)
    form = {"kind": "avoid", "starts_on": "2027-01-01", "last_on": "2027-01-05", "note": "exams",
            "person": str(other.person_id)}
    assert client.post("/rotations/wishes/", form).status_code == 302
    mine = Wish.objects.get(note="exams")
    assert (mine.person_id, str(mine.ends_on)) == (me.pk, "2027-01-06")
    assert client.post(f"/rotations/wishes/{other.pk}/withdraw/").status_code == 403
    assert client.post(f"/rotations/wishes/{mine.pk}/withdraw/").status_code == 302


def test_a_proposal_is_shown_changed_and_published(client: Client) -> None:
    plan = proposal()
    as_(client, Role.COORDINATOR)
    page = client.get(f"/rotations/plan/{plan.pk}/").content.decode()
    assert "Publish and tell" in page
    menu = client.get(f"/rotations/plan/{plan.pk}/places/0-1/")
    assert menu.status_code == 200
    choice = menu.context["choices"][0]
    client.post(f"/rotations/plan/{plan.pk}/places/0-1/", {"person": choice.person})
    assert f"{choice.name}: chosen by hand" in client.get(f"/rotations/plan/{plan.pk}/").content.decode()
    client.post(f"/rotations/plan/{plan.pk}/publish/")
    plan.refresh_from_db()
    assert plan.state == PlanState.PUBLISHED
    assert client.get(f"/rotations/plan/{plan.pk}/").status_code == 200


@pytest.mark.parametrize("name", ["9-9", "0-99", "x", "0", "-1-0"])
def test_a_place_that_is_none_is_not_found(client: Client, name: str) -> None:
    plan = proposal()
    as_(client, Role.LEAD)
    assert client.get(f"/rotations/plan/{plan.pk}/places/{name}/").status_code == 404


def test_the_pages_ask_no_more_for_a_larger_roster(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    plan = proposal()
    as_(client, Role.LEAD)
    for path in ("/rotations/roster/", "/rotations/plan/", f"/rotations/plan/{plan.pk}/"):
        with django_assert_max_num_queries(30):
            assert client.get(path).status_code == 200
