"""Pages, for programs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from people.choices import Role
from people.models import Person
from portal.common import clock
from set_rotation.actions import paging
from set_rotation.choices import PageState
from set_rotation.models import Page
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    people = make.crew()
    make.rotation(people)
    return people


def api(person: Person) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def post(reader: Person, verb: str = "", /, **told: Any) -> Any:
    return api(reader).post(f"/api/v1/pages/{verb}", told, format="json")


def test_a_page_is_made_once_for_a_key_and_says_so(crew: list[Person]) -> None:
    support = make.engineer("Sam", Role.SUPPORT)
    first = post(support, key="E-12", reason="Outage", path="/tickets/MM-1/")
    again = post(support, key="E-12", reason="Outage, once more")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.data["id"] == again.data["id"]
    assert (first.data["state"], first.data["source"], first.data["by"]["name"]) == ("open", "api", "Sam")
    assert post(support, reason="Other").data["key"] != post(support, reason="Other").data["key"]


@pytest.mark.parametrize("told", [{}, {"reason": " "}, {"reason": "x" * 201}, {"reason": "r", "urgency": "panic"},
                                  {"reason": "r", "path": "ftp://x"}, {"reason": "r", "key": "k" * 121},
                                  {"reason": "a\x00b"}])
def test_odd_input_is_refused_with_the_field(crew: list[Person], told: dict[str, str]) -> None:
    refused = post(crew[1], **told)
    assert refused.status_code == 400
    assert refused.data["fields"]
    assert not Page.objects.exists()


def test_who_may_not_page_or_answer_is_refused_and_may_still_read(crew: list[Person]) -> None:
    viewer, support = make.engineer("Vera", Role.VIEWER), make.engineer("Sam", Role.SUPPORT)
    assert post(viewer, reason="Outage").status_code == 403
    made = post(support, reason="Outage").data["id"]
    for verb in ("acknowledge", "resolve", "escalate"):
        assert post(support, f"{made}/{verb}/").status_code == 403
    assert api(viewer).get(f"/api/v1/pages/{made}/").status_code == 200
    assert APIClient().get("/api/v1/pages/").status_code == 401
    assert Page.objects.get().state == PageState.OPEN


def test_answers_are_told_and_who_was_faster_is_a_conflict(crew: list[Person]) -> None:
    made = post(crew[1], reason="Outage").data["id"]
    paging.take_steps(page_id=made, at=AT)
    told = post(crew[1], f"{made}/acknowledge/")
    assert (told.status_code, told.data["acknowledged_by"]["id"]) == (200, crew[1].pk)
    late = post(crew[2], f"{made}/acknowledge/")
    assert (late.status_code, crew[1].name in late.data["detail"]) == (409, True)
    assert post(crew[2], f"{made}/escalate/").data["state"] == "open"
    assert post(crew[2], f"{made}/snooze/", minutes=30).data["state"] == "snoozed"
    assert post(crew[2], f"{made}/snooze/", minutes=0).status_code == 400
    assert post(crew[2], f"{made}/reassign/", person=crew[3].pk).data["only_to"]["id"] == crew[3].pk
    assert post(crew[2], f"{made}/reassign/", person=10**12).status_code == 400
    assert post(crew[2], f"{made}/resolve/").data["state"] == "resolved"
    assert post(crew[2], f"{made}/resolve/").status_code == 409
    assert post(crew[2], "999999/resolve/").status_code == 404
    whole = api(crew[1]).get(f"/api/v1/pages/{made}/").data
    assert [attempt["person"]["name"] for attempt in whole["attempts"]] == [crew[1].name, crew[2].name]
    assert {attempt["delivery"] for attempt in whole["attempts"]} == {"dropped"}


def test_pages_are_listed_by_state_in_a_constant_number_of_queries(
    crew: list[Person], django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        post(crew[1], reason=f"Outage {number}")
    with django_assert_max_num_queries(5):
        assert api(crew[1]).get("/api/v1/pages/", {"state": "open"}).data["count"] == 5
    assert api(crew[1]).get("/api/v1/pages/", {"state": "resolved"}).data["count"] == 0
    assert api(crew[1]).get("/api/v1/pages/", {"state": "odd"}).status_code == 400


def test_json_that_is_nested_too_deeply_is_refused_in_words(crew: list[Person]) -> None:
    answer = api(crew[0]).post("/api/v1/pages/", "[" * 100_000, content_type="application/json")
    assert (answer.status_code, answer.json()) == (400, {"detail": "The JSON is nested too deeply."})
