"""Signs that no keyboard has, where programs send them, where nobody sees them, and in addresses."""

import json
from typing import Any

import pytest
from django.test import Client

from incidents.rules.words import clean_line, clean_text
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people

HALF = "\ud800"


@pytest.fixture
def signed_in(client: Client) -> Client:
    client.force_login(people.person(Role.ENGINEER))
    return client


def declared(client: Client, **more: Any) -> tuple[int, dict[str, list[str]]]:
    given = {"title": "Down", "severity": 3, "customers": ["Initech"]} | more
    answer = client.post("/api/v1/incidents/", json.dumps(given), content_type="application/json")
    return answer.status_code, answer.json().get("fields", {})


@pytest.mark.django_db
def test_half_a_sign_is_refused_wherever_a_program_sends_it(signed_in: Client) -> None:
    for more in ({"kind": HALF}, {"kind": "community", "decision": HALF}, {"roles": {HALF: 1}}, {"zone": HALF}):
        status, fields = declared(signed_in, **more)
        assert status == 400 and len(fields) == 1


@pytest.mark.django_db
def test_what_is_wrong_inside_of_a_value_is_said_in_words(signed_in: Client) -> None:
    told = {"roles": ["commander: A valid integer is required."]}
    assert declared(signed_in, roles={"commander": "x"}) == (400, told)
    assert declared(signed_in, customers=["a", None]) == (400, {"customers": ["1: This field may not be null."]})


@pytest.mark.django_db
def test_an_incident_is_called_something_that_is_to_be_seen(signed_in: Client) -> None:
    status, fields = declared(signed_in, title="\u200b\u2060\u00ad")
    assert status == 400 and "what is down" in fields["non_field_errors"][0]


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["%00", "a%00b", "%ed%a0%80", "%0d%0a"])
def test_a_reply_that_no_playbook_has_opens_the_composer_as_it_is(signed_in: Client, sign: str) -> None:
    row = factories.incident()
    for path in ("", "updates/new/"):
        assert signed_in.get(f"/incidents/I-{row.pk}/{path}?reply={sign}").status_code == 200


def test_words_of_which_nothing_is_to_be_seen_are_none_and_all_others_stay() -> None:
    for clean in (clean_line, clean_text):
        assert clean("\u200b \u2060\u00ad\ufe0f") == ""
        assert clean("a\u200bb") == "a\u200bb" and clean("🔥") == "🔥" and clean("…") == "…"
