import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from people import access, actions, queries, rules
from people.authentication import PasswordBackend
from people.choices import Right, Role
from people.middleware import ReadersZone
from people.models import Person
from people.tests import factories
from people.tests.factories import NOON
from portal.common import clock


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_a_person_may_what_their_role_may_and_nothing_else(role: Role) -> None:
    person = factories.person(role)
    assert {right for right in Right if access.may(person, right)} == rules.RIGHTS[role]


@pytest.mark.django_db
def test_nobody_signed_out_deactivated_or_without_role_may_anything() -> None:
    gone = factories.person(Role.COORDINATOR)
    gone.is_active = False
    for person in (AnonymousUser(), gone, factories.person()):
        assert not any(access.may(person, right) for right in Right)


@pytest.mark.django_db
def test_a_superuser_without_the_role_may_nothing_more() -> None:
    person = factories.person(Role.VIEWER)
    person.is_superuser = True
    assert not access.may(person, Right.MANAGE_PEOPLE)


@pytest.mark.django_db
def test_a_signed_in_person_comes_with_roles_and_team_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = factories.person(Role.ENGINEER, team=factories.team())
    acting = [(made, clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1))]
    actions.set_acting_roles(source="rotation 1", role=Role.LEAD, seats=acting, at=NOON)
    with django_assert_num_queries(1):
        person = PasswordBackend().get_user(made.pk)
        assert person is not None
        assert person.team is not None
        assert access.roles(person) == {Role.ENGINEER, Role.LEAD}
        assert access.may(person, Right.EDIT_MAPPINGS)


def request_of(person: Any, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/somewhere/?a=1", headers=headers)
    request.user = person
    return request


def test_a_right_refuses_by_name_and_lets_through() -> None:
    viewer, lead = Person(), Person()
    viewer.role_names, viewer.acting_names = ["viewer"], []
    lead.role_names, lead.acting_names = ["engineer"], ["lead"]
    assert access.require(request_of(lead), Right.EDIT_MAPPINGS) is lead
    with pytest.raises(PermissionDenied, match="Change which status"):
        access.require(request_of(viewer), Right.EDIT_MAPPINGS)
    with pytest.raises(PermissionDenied):
        access.require(request_of(AnonymousUser()), Right.SEE_TICKETS)


def test_a_guarded_view_sends_strangers_to_sign_in_and_back() -> None:
    @access.needs(Right.SEE_TICKETS)
    def plain(request: HttpRequest) -> HttpResponse:
        return HttpResponse("plain")

    assert plain(request_of(AnonymousUser()))["Location"] == "/sign-in/?next=/somewhere/%3Fa%3D1"


# ---- The reader's zone ----


def zone_of(response: HttpResponse) -> str:
    return response.content.decode()


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


async def aecho(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Asia/Tokyo", "Asia/Tokyo"), ("Mars/Base", "America/New_York"), ("", "America/New_York")],
)
def test_times_are_shown_in_the_readers_zone_in_both_kinds_of_view(zone: str, shown: str) -> None:
    person = Person(zone=zone)
    request = request_of(person)
    request.COOKIES["set_session"] = "x"
    assert zone_of(ReadersZone(echo)(request)) == shown  # type: ignore[arg-type]

    async def me() -> Person:
        return person

    request.auser = me
    middleware = ReadersZone(aecho)
    assert iscoroutinefunction(middleware)

    async def ask() -> HttpResponse:
        answer = await middleware(request)
        assert isinstance(answer, HttpResponse)
        return answer

    assert zone_of(asyncio.run(ask())) == shown
    assert timezone.get_current_timezone_name() == "America/New_York"


def test_without_a_session_nobody_is_asked_for_and_the_teams_zone_holds() -> None:
    class Trap:
        def __getattr__(self, name: str) -> None:
            raise AssertionError("the person was asked for")

    request = request_of(Trap())
    assert zone_of(ReadersZone(echo)(request)) == "America/New_York"  # type: ignore[arg-type]


def test_the_zone_does_not_outlive_a_view_that_fails() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    request = request_of(Person(zone="Asia/Tokyo"))
    request.COOKIES["set_session"] = "x"
    with pytest.raises(RuntimeError):
        ReadersZone(broken)(request)
    assert timezone.get_current_timezone_name() == "America/New_York"


@pytest.mark.django_db
def test_a_stale_session_cookie_is_nobody(client: Client) -> None:
    client.cookies["set_session"] = "0" * 32
    assert client.get("/sign-in/").status_code == 200
    assert queries.signed_in(0, NOON) is None
