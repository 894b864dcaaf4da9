"""Who is on call, for programs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from people import actions as people_actions
from people.choices import Role
from portal.common import clock
from set_rotation import actions
from set_rotation.choices import Seat
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START, HOUR, WEEK = datetime(2026, 11, 16, 14, 0, tzinfo=UTC), timedelta(hours=1), timedelta(days=7)

LOCAL = "2026-11-{}T09:00:00-05:00"  # of whoever asks


@pytest.fixture
def ask(client: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(clock, "now", lambda: START + HOUR)
    _, token = people_actions.make_token(person=make.engineer("Program", Role.EXECUTIVE), name="script", at=START)

    def get(**query: str) -> Any:
        return client.get("/api/v1/on-call/", query, headers={"Authorization": f"Bearer {token}"})

    return get


def test_it_says_who_holds_each_seat_now_and_next(ask: Callable[..., Any]) -> None:
    lead, one, two, three, four = people = make.crew()
    one.mattermost_name, one.zone = "one.name", "Asia/Kolkata"
    one.save(update_fields=["mattermost_name", "zone"])
    make.rotation(people)
    told = ask().json()
    assert told["rotation"] == {"number": 1, "starts_at": LOCAL.format(16), "ends_at": LOCAL.format(30)}
    assert told["now"]["primary"] == {
        "seat": "primary", "starts_at": LOCAL.format(16), "ends_at": LOCAL.format(23), "by_override": False,
        "rotation": 1, "person": {"id": one.pk, "name": one.name, "zone": "Asia/Kolkata", "mattermost": "one.name"},
    }
    assert told["now"]["at"] == "2026-11-16T10:00:00-05:00" and told["next"]["at"] == LOCAL.format(23)
    assert [told["now"][seat]["person"]["name"] for seat in ("lead", "backup")] == [lead.name, two.name]
    assert [told["next"][seat]["person"]["name"] for seat in ("primary", "backup")] == [three.name, four.name]
    assert [person["name"] for person in told["now"]["others"]] == [three.name, four.name]


@pytest.mark.parametrize("at", ["2026-11-24T09:00:00-05:00", "2026-11-24T14:00:00Z", "2026-11-24T19:30:00+05:30"])
def test_another_moment_can_be_asked_about(ask: Callable[..., Any], at: str) -> None:
    people = make.crew()
    make.rotation(people)
    other = make.engineer("Stand In")
    actions.make_override(seat=Seat.PRIMARY, person=other, starts_at=START + 8 * 24 * HOUR,
                          ends_at=START + 8 * 24 * HOUR + HOUR, by=None, at=START)
    primary = ask(at=at).json()["now"]["primary"]
    assert (primary["person"]["name"], primary["by_override"]) == ("Stand In", True)


def test_where_nothing_is_planned_every_seat_is_null(ask: Callable[..., Any]) -> None:
    told = ask().json()
    assert told["rotation"] is None and told["next"]["at"] is None
    assert told["now"]["lead"] is told["now"]["primary"] is told["next"]["backup"] is None


@pytest.mark.parametrize(("at", "words"), [
    ("yesterday", "no moment"), ("", "no moment"), ("2026-11-24T19:30:00 05:30", "no moment"), ("\x00", "no moment"),
    ("2026-13-01T00:00:00Z", "no moment"), ("2026-11-24T09:00:00", "needs its zone"), ("2026-11-24", "needs its zone"),
    ("0001-01-01T00:00:00+14:00", "between"), ("9999-12-31T23:59:59-12:00", "between"),
])
def test_an_odd_moment_is_refused_in_words(ask: Callable[..., Any], at: str, words: str) -> None:
    answer = ask(at=at)
    assert answer.status_code == 400 and words in answer.json()["fields"]["at"][0]


def test_signed_out_is_401_and_without_a_role_403(client: Client) -> None:
    assert client.get("/api/v1/on-call/").status_code == 401
    nobody = people_actions.create_person(email="n@example.org", name="None", roles=[], at=START, joined=START)
    client.force_login(nobody)
    assert client.get("/api/v1/on-call/").status_code == 403


def test_the_number_of_questions_does_not_grow(
    ask: Callable[..., Any], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    make.rotation()
    with django_assert_max_num_queries(5):
        ask()
