"""Raising by a program: the form's validation by field, and the same submission once."""

import uuid
from typing import Any

import pytest
from django.test import Client

from escalations.choices import Level
from escalations.models import Escalation
from escalations.tests.factories import escalation
from people import actions
from people.choices import Role
from people.models import Person
from people.tests import factories as people

pytestmark = pytest.mark.django_db
URL = "/api/v1/escalations/"
L2: dict[str, Any] = {
    "customer": "Initech", "level": 2, "title": "Nobody can sign in", "category": "ldap", "server_version": "10.4.2",
    "happened": "The login page says 500.",
}


@pytest.fixture
def reporter() -> Person:
    return people.person(Role.SUPPORT)


@pytest.fixture
def api(client: Client, reporter: Person) -> Client:
    _, token = actions.make_token(person=reporter, name="script", at=people.NOON)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def post(api: Client, data: object) -> Any:
    return api.post(URL, data, content_type="application/json")


def test_a_program_raises_and_hears_what_still_helps(api: Client, reporter: Person) -> None:
    answer = post(api, L2 | {"confidential": True, "began_at": "2026-01-05T10:00:00+01:00"})
    row = Escalation.objects.get()
    assert answer.status_code == 201
    told = answer.json()
    assert (told["number"], told["level"], told["customer_confirmed"]) == (f"E-{row.pk}", 2, False)
    assert {"steps", "logs"} <= {each["field"] for each in told["asks_for"]}
    assert "began_at" not in {each["field"] for each in told["asks_for"]}
    assert (row.reporter, row.confidential, row.level) == (reporter, True, Level.L2)
    assert row.began_at is not None


def test_the_same_submission_is_one_escalation(api: Client) -> None:
    sent = L2 | {"submission": str(uuid.uuid4())}
    first, again = post(api, sent), post(api, sent | {"title": "Another title"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Escalation.objects.count() == 1


def test_somebody_elses_submission_is_refused(api: Client) -> None:
    theirs = escalation()
    answer = post(api, L2 | {"submission": str(theirs.submission)})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["submission"]


@pytest.mark.parametrize(("change", "field", "words"), [
    ({"level": 3}, "steps", "List the steps"),
    ({"server_version": "10.4"}, "server_version", "We need the patch version too, such as 10.4.2."),
    ({"level": "urgent"}, "level", "Choose one of these."),
    ({"customer": None}, "customer", "Say which customer it is"),
    ({"title": "x" * 201}, "title", "At most 200 characters"),
    ({"began_at": "2099-01-01T00:00:00Z"}, "began_at", "still to come"),
    ({"began_at": "soon"}, "began_at", "Give a moment with its zone"),
    ({"steps": ["a", "b"]}, "steps", "Give a text"),
    ({"submission": "7"}, "submission", "Give a UUID"),
    ({"asking": 10**30}, "asking", "too many"),
    ({"support_mail": "a@b\ud800.com"}, "support_mail", "Give a mail address"),
])
def test_what_is_wrong_comes_back_by_field(api: Client, change: dict[str, Any], field: str, words: str) -> None:
    answer = post(api, L2 | change)
    assert answer.status_code == 400
    assert words in answer.json()["fields"][field][0]
    assert not Escalation.objects.exists()


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_what_is_no_object_is_refused(api: Client, body: object) -> None:
    assert post(api, body).status_code == 400


def test_who_may_not_raise_is_told_so(client: Client) -> None:
    _, token = actions.make_token(person=people.person(Role.VIEWER), name="script", at=people.NOON)
    answer = client.post(URL, L2, content_type="application/json", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert client.post(URL, L2, content_type="application/json").status_code == 401
