"""The API of customers."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from customers.models import Contact, CustomerAlias, CustomerHoliday
from customers.tests.conftest import SignedIn
from customers.tests.factories import MADE, customer
from people.choices import Role

pytestmark = pytest.mark.django_db


def test_a_list_that_is_searched_and_filtered(signed_in: SignedIn) -> None:
    CustomerAlias.objects.create(customer=customer("Acme", plan="e20"), name="AHC")
    customer("Bolt", confirmed=False)
    customer("Gone", archived_at=MADE)
    client = signed_in(Role.VIEWER)

    def found(query: str) -> list[str]:
        return [row["slug"] for row in client.get(f"/api/v1/customers/{query}").json()["results"]]

    assert found("") == ["acme", "bolt"]
    assert found("?q=ahc") == found("?plan=e20") == ["acme"]
    assert found("?unconfirmed=1") == ["bolt"]
    assert found("?aside=1") == ["gone"]
    assert found("?plan=none&sort=--x&q=%00") == ["acme", "bolt"]


def test_one_customer_whole(signed_in: SignedIn) -> None:
    acme = customer("Acme", arr=Decimal("60000.50"))
    Contact.objects.create(customer=acme, name="Dana", email="d@acme.example")
    Contact.objects.create(customer=acme, name="Gone", removed_at=MADE)
    CustomerHoliday.objects.create(customer=acme, day=date(2026, 12, 24), name="Eve")
    one = signed_in(Role.LEAD).get("/api/v1/customers/acme/").json()
    assert (one["arr"], one["band"]) == ("60000.50", "above $50K")
    assert [contact["name"] for contact in one["contacts"]] == ["Dana"]
    assert one["holidays"] == [{"day": "2026-12-24", "name": "Eve"}]
    assert one["hours"] == "Mon to Fri, 9:00 to 17:00"


def test_amounts_are_null_for_who_may_not_see_them(signed_in: SignedIn) -> None:
    customer("Acme", arr=Decimal(60_000))
    client = signed_in(Role.ENGINEER)
    for row in (client.get("/api/v1/customers/acme/").json(), client.get("/api/v1/customers/").json()["results"][0]):
        assert (row["arr"], row["band"]) == (None, "above $50K")


def test_who_is_signed_out_or_has_no_role_sees_nothing(client: Any, signed_in: SignedIn) -> None:
    customer("Acme")
    assert client.get("/api/v1/customers/").status_code == 401
    assert signed_in().get("/api/v1/customers/acme/").status_code == 403
    assert signed_in(Role.VIEWER).get("/api/v1/customers/nobody/").json() == {"detail": "Not found."}
    assert signed_in(Role.VIEWER).post("/api/v1/customers/").status_code == 405


def test_a_page_takes_the_same_queries_however_many_there_are(
    signed_in: SignedIn, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(30):
        CustomerAlias.objects.create(customer=customer(), name=f"alias {number}")
    client = signed_in(Role.VIEWER)
    with django_assert_max_num_queries(8):
        client.get("/api/v1/customers/")
