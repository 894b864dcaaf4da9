"""Looking at escalations by a program."""

from typing import Any

import pytest
from django.test import Client

from customers.tests.factories import customer
from escalations.actions.affected import add_customer
from escalations.choices import Author, Level
from escalations.models import Escalation, Message
from escalations.tests import factories as make
from people.choices import Role
from people.tests.factories import NOON, person

pytestmark = pytest.mark.django_db


def asked(client: Client, path: str = "", **query: str) -> Any:
    response = client.get(f"/api/v1/escalations/{path}", query)
    assert response.status_code == 200
    return response.json()


def test_support_reads_its_own_without_notes_and_routing_and_an_engineer_reads_both(client: Client) -> None:
    row = make.escalation()
    Escalation.objects.filter(pk=row.pk).update(route="set", route_reason="A bug")
    for author, public in ((Author.US, True), (Author.NOTE, False)):
        Message.objects.create(escalation=row, author=author, by_name="A", text=f"{author}", public=public, at=NOON,
                               key=author)
    client.force_login(person(Role.SUPPORT))
    told = asked(client, f"{row.pk}/")
    assert [message["text"] for message in told["messages"]] == ["us"]
    assert not {"route", "route_reason", "team", "ticket_state"} & set(told)
    client.force_login(person(Role.ENGINEER))
    told = asked(client, f"{row.pk}/")
    assert (len(told["messages"]), told["route_reason"], told["number"]) == (2, "A bug", f"E-{row.pk}")


def test_what_another_customer_was_told_is_not_read_by_whoever_asked_for_the_first(client: Client) -> None:
    row, other = make.escalation(), person(Role.SUPPORT)
    globex, _ = add_customer(escalation=row, customer=customer("Globex"), reporter=other, reporter_name=other.name,
                             by=other, at=NOON)
    Message.objects.create(escalation=row, author=Author.US, by_name="A", text="Hi Globex", public=True, at=NOON,
                           key="g", affected=globex)
    for reader, said in ((row.reporter, []), (other, ["Hi Globex"]), (person(Role.ENGINEER), ["Hi Globex"])):
        assert reader is not None
        client.force_login(reader)
        assert [message["text"] for message in asked(client, f"{row.pk}/")["messages"]] == said


def test_the_list_holds_what_one_sees_and_the_filters_ask_for(client: Client) -> None:
    hidden, urgent = make.escalation(confidential=True), make.escalation(level=Level.L1)
    make.escalation(level=Level.L4)
    client.force_login(person(Role.SUPPORT))
    assert asked(client)["count"] == 2
    assert [one["id"] for one in asked(client, level="1", since="2026-11-01", owner="nobody")["results"]] == [urgent.pk]
    assert client.get(f"/api/v1/escalations/{hidden.pk}/").status_code == 404


@pytest.mark.parametrize("query", [{"level": "9"}, {"since": "yesterday"}, {"owner": "x"}, {"ordering": "words"}])
def test_a_value_that_is_wrong_is_named(client: Client, query: dict[str, str]) -> None:
    client.force_login(person(Role.SUPPORT))
    response = client.get("/api/v1/escalations/", query)
    assert (response.status_code, list(response.json()["fields"])) == (400, list(query))
