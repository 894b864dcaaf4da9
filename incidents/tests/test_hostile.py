"""Values that somebody makes up, posted to every address of an incident's room: each has an answer, and none reaches
what its sender does not see."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from customers.tests import factories as customers
from incidents.actions.links import make_link
from incidents.actions.notes import note
from incidents.models import (
    Evidence,
    Incident,
    IncidentEvent,
    IncidentStage,
    IncidentStep,
    Promise,
    StatusLink,
    Target,
    Update,
    UpdateVersion,
)
from incidents.tests import factories
from incidents.tests.test_public import told
from incidents.urls import urlpatterns
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
CALM = {200, 302, 400, 403, 404, 405, 409, 422}  # 405: addresses that are only read
LONG = "9" * 5_000
OF_THE_INCIDENT = (Evidence, IncidentEvent, IncidentStage, IncidentStep, Promise, StatusLink, Target, Update)
# Every name that a form of the room knows is posted to every address of it.
NAMES = (
    "again", "back", "brief", "cause", "customer", "customer_text", "days", "decision", "do", "drill", "due",
    "escalation", "expected", "impact", "into", "key", "kind", "known", "list", "minutes", "note", "of", "on", "owner",
    "person", "pinned", "private", "reading", "reason", "role", "root_cause", "seen", "severity", "status", "step",
    "summary", "targets", "technical", "text", "ticket", "time", "title", "to", "url", "verdict", "where", "who", "why",
    "zone",
)
DOES = ("", "approve", "back", "ask", "override", "keep", "send", "discard", "delete", "pin", "owner", "in", "out")


def made(title: str, by: Person, **more: Any) -> Incident:
    theirs = customers.customer(title)
    row = factories.incident(title, customer=theirs, commander=by, at=clock.now() - timedelta(hours=1), **more)
    make_link(incident=row, customer=theirs, ends_at=clock.now() + timedelta(days=1), by=by, at=row.at)
    note(incident=row, text="A line", key=title, by=by, at=row.at)
    told(row, by)
    return Incident.objects.get(pk=row.pk)


@pytest.fixture
def hidden() -> Incident:
    return made("Keys were stolen", people.person(Role.ENGINEER), private=True)


@pytest.fixture
def own(client: Client) -> Incident:
    engineer = people.person(Role.ENGINEER)
    client.force_login(engineer)
    client.raise_request_exception = False
    return made("Posts fail", engineer)


def standing(row: Incident) -> list[Any]:
    """All of an incident that somebody could have changed."""
    counts = [list(model.objects.filter(incident=row).order_by("pk").values()) for model in OF_THE_INCIDENT]
    versions = UpdateVersion.objects.filter(of__incident=row).order_by("pk")
    return [Incident.objects.filter(pk=row.pk).values().get(), counts, list(versions.values())]


def ids_of(row: Incident) -> list[int]:
    """Of each kind of row one, by which an address could name it."""
    return [model.objects.filter(incident=row).values_list("pk", flat=True).first() or 0 for model in OF_THE_INCIDENT]


def addresses(number: int, pks: list[int], keys: list[str]) -> Iterator[str]:
    """All addresses of one incident, with these numbers and keys in them."""
    for one in urlpatterns:
        route = f"/{one.pattern}"
        if "I-<int:number>" not in route:
            continue
        route = route.replace("<int:number>", str(number))
        for pk in pks if "<int:pk>" in route else pks[:1]:
            for key in keys if "<slug:" in route else keys[:1]:
                yield route.replace("<int:pk>", str(pk)).replace("<slug:key>", key).replace("<slug:name>", key)


def post(client: Client, path: str, given: dict[str, Any]) -> int:
    status: int = client.post(path, given).status_code
    assert status in CALM, (path, {name: str(value)[:20] for name, value in given.items()}, status)
    return status


def test_whatever_is_posted_to_what_one_does_not_see_it_is_not_there(
    client: Client, own: Incident, hidden: Incident
) -> None:
    before, pks = standing(hidden), ids_of(hidden)
    step = IncidentStep.objects.filter(incident=hidden)[0].key
    for path in addresses(hidden.pk, pks[-1:], [step]):
        assert post(client, path, dict.fromkeys(NAMES, "1")) in (404, 405), path
    assert standing(hidden) == before


def test_numbers_of_what_one_does_not_see_open_nothing_below_ones_own_incident(
    client: Client, own: Incident, hidden: Incident
) -> None:
    before = standing(hidden)
    rows = dict(zip(OF_THE_INCIDENT, ids_of(hidden), strict=True))
    for path, pk in (
        ("entries/{}/back/", rows[IncidentEvent]), ("entries/{}/pin/", rows[IncidentEvent]),
        ("stages/{}/", rows[IncidentStage]), ("targets/{}/", rows[Target]), ("links/{}/revoke/", rows[StatusLink]),
    ):
        for given in ({}, {"back": "1"}, {"again": "1"}, {"pinned": "0"}, {"owner": "1"}):
            # The form of a stage that is not there leads back to the playbook.
            assert post(client, f"/incidents/I-{own.pk}/{path.format(pk)}", given) in (302, 404), path
    for number in (hidden.pk, f"I-{hidden.pk}"):
        post(client, f"/incidents/I-{own.pk}/merge/", {"into": number, "why": "The same"})
    assert Incident.objects.get(pk=own.pk).merged_into is None
    assert standing(hidden) == before


@pytest.mark.parametrize("value", ["a\x00b", LONG, "{hidden}"], ids=("nul", "long", "hidden"))
def test_hostile_values_are_answered(client: Client, own: Incident, hidden: Incident, value: str) -> None:
    before = standing(hidden)
    typed = value.format(hidden=hidden.pk)
    step = IncidentStep.objects.filter(incident=own)[0].key
    update, target = Update.objects.get(incident=own), Target.objects.filter(incident=own)[0]
    base = f"/incidents/I-{own.pk}/"
    for path in (
        "evidence/", "targets/", f"targets/{target.pk}/", f"updates/{update.number}/approve/", "links/make/", "note/",
        f"steps/{step}/", f"steps/{step}/skip/", "promise/ask/", "promise/snooze/", "promise/again/", "people/",
    ):
        post(client, f"{base}{path}", dict.fromkeys(NAMES, typed))
    post(client, f"{base}targets/", {"list": typed})
    for do in DOES[1:5]:
        given = dict.fromkeys(NAMES, typed) | {"do": do, "seen": "1"}
        post(client, f"{base}updates/{update.number}/approve/", given)
    assert standing(hidden) == before


def test_numbers_that_no_row_has_are_nothing(client: Client, own: Incident) -> None:
    before = standing(own)
    for number in ("0", "9" * 30, LONG):
        for path in ("entries/{}/pin/", "stages/{}/", "targets/{}/", "links/{}/revoke/", "evidence/{}/",
                     "updates/{}/approve/", "receipts/{}/retry/", "steps/{}/done/"):
            assert post(client, f"/incidents/I-{own.pk}/{path.format(number)}", {}) in (302, 404), path
        assert post(client, f"/incidents/I-{number}/note/", {"text": "x"}) == 404
    assert standing(own) == before


def test_signs_that_no_address_has_are_nothing(client: Client, own: Incident) -> None:
    for path in ("steps/%00/", "steps/a%00/done/", "entries/%00/pin/", "targets/%ed%a0%80/"):
        assert post(client, f"/incidents/I-{own.pk}/{path}", {}) == 404
