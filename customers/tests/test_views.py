"""The pages of customers: what they show to whom, and what their buttons do."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from customers.models import Contact, Customer, CustomerAlias, CustomerEvent, CustomerHoliday, CustomerSlug
from customers.tests.conftest import SignedIn
from customers.tests.factories import MADE, customer
from people.choices import Role
from people.tests.factories import person

pytestmark = pytest.mark.django_db
AMOUNT = Decimal("412345.67")
LEAKS = ("412", "345.67")


@pytest.fixture
def account(signed_in: SignedIn) -> Client:
    return signed_in(Role.ACCOUNT)


@pytest.fixture
def engineer(signed_in: SignedIn) -> Client:
    return signed_in(Role.ENGINEER)


def shown(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content[:300]
    return response.content.decode()


def fields(**more: Any) -> dict[str, Any]:
    return {"name": "Acme", "plan": "premier", "arr": "", "seats": "", "zone": "UTC", "opens": "9:00",
            "closes": "17:00", "weekdays": ["0", "1"], "csm": "", "tam": "", "notes": ""} | more


class TestTheList:
    def test_finds_by_name_and_by_another_name(self, engineer: Client) -> None:
        CustomerAlias.objects.create(customer=customer("Northern Rail"), name="NRC")
        customer("Acme")
        for text in ("rail", "nrc"):
            page = shown(engineer, f"/customers/?q={text}")
            assert "Northern Rail" in page and "Acme" not in page

    def test_filters_stand_in_the_address(self, engineer: Client) -> None:
        customer("Big", arr=Decimal(60_000), plan="enterprise")
        customer("Small", arr=Decimal(50_000))
        customer("New One", confirmed=False)
        customer("Old One", archived_at=MADE)
        customer("Twin", merged_into=Customer.objects.get(name="Big"))
        assert "Small" not in shown(engineer, "/customers/?large=1")
        assert "Big" not in shown(engineer, "/customers/?unconfirmed=1")
        assert "Small" not in shown(engineer, "/customers/?plan=enterprise")
        assert "Old One" in shown(engineer, "/customers/?aside=1")
        everything = shown(engineer, "/customers/")
        assert "Old One" not in everything and "Twin" not in everything

    @pytest.mark.parametrize("query", [
        "q=%00", "q=" + "x" * 3000, "q=%25", "plan=none", "sort=--name", "sort=pk", "page=-1",
        "page=99999999999999999999",
    ])
    def test_what_makes_no_sense_is_passed_over(self, engineer: Client, query: str) -> None:
        shown(engineer, f"/customers/?{query}")

    def test_a_page_holds_fifty_and_takes_the_same_queries_however_many_there_are(
        self, engineer: Client, django_assert_max_num_queries: Callable[[int], Any]
    ) -> None:
        for _ in range(53):
            CustomerAlias.objects.create(customer=customer(csm=None), name=f"alias {_}")
        with django_assert_max_num_queries(12):
            page = shown(engineer, "/customers/")
        assert page.count("customers-link") == 50
        assert "Page 1 of 2" in page

    def test_nothing_yet_says_how_they_come(self, account: Client, engineer: Client) -> None:
        assert "Import them" in shown(account, "/customers/")
        assert "Import them" not in shown(engineer, "/customers/")


class TestMoney:
    PATHS = ("/customers/", "/customers/?sort=-arr", "/customers/acme/", "/customers/export/", "/api/v1/customers/",
             "/api/v1/customers/acme/", "/customers/?q=acme")

    @pytest.fixture(autouse=True)
    def _acme(self, account: Client) -> None:
        acme = customer("Acme", arr=Decimal(1))
        answer = account.post("/customers/acme/edit/", fields(arr=str(AMOUNT)))
        assert answer.status_code == 302
        acme.refresh_from_db()
        assert acme.arr == AMOUNT

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.EXECUTIVE, Role.SUPPORT, Role.ENGINEER])
    def test_the_amount_never_leaves_for_those_who_may_not_see_it(self, signed_in: SignedIn, role: Role) -> None:
        client = signed_in(role)
        for path in self.PATHS:
            page = shown(client, path)
            assert not [leak for leak in LEAKS if leak in page], path
        assert "above $50K" in shown(client, "/customers/") and "above $50K" in shown(client, "/customers/acme/")

    @pytest.mark.parametrize("role", [Role.ACCOUNT, Role.DEPLOYMENT_ENGINEER, Role.LEAD, Role.COORDINATOR])
    def test_those_who_may_see_it_do(self, signed_in: SignedIn, role: Role) -> None:
        client = signed_in(role)
        assert "$412K" in shown(client, "/customers/")
        assert "$412,345.67" in shown(client, "/customers/acme/")
        assert "412345.67" in shown(client, "/customers/export/")
        assert "412345.67" in shown(client, "/api/v1/customers/acme/")

    def test_the_order_tells_amounts_only_to_those_who_see_them(self, engineer: Client, account: Client) -> None:
        customer("Bolt", arr=Decimal(900_000))
        customer("Aaa", arr=Decimal(200_000))
        for path in ("/customers/?sort={}", "/api/v1/customers/?sort={}"):
            names = ["Aaa", "Acme", "Bolt"]
            by_engineer = shown(engineer, path.format("-arr"))
            assert sorted(names, key=by_engineer.index) == names
            by_account = shown(account, path.format("-arr"))
            assert sorted(names, key=by_account.index) == ["Bolt", "Acme", "Aaa"]

    def test_no_event_holds_an_amount(self) -> None:
        texts = "".join(f"{row.from_value} {row.to_value}" for row in CustomerEvent.objects.all())
        assert "ARR" in texts and "412" not in texts


class TestOneCustomer:
    def test_shows_its_facts_in_a_constant_number_of_queries(
        self, engineer: Client, django_assert_max_num_queries: Callable[[int], Any]
    ) -> None:
        acme = customer("Acme", seats=14500, csm=person(Role.ACCOUNT, name="Chris Smith"), notes="First\nSecond")
        Contact.objects.bulk_create(Contact(customer=acme, name=f"Contact {n}") for n in range(20))
        Contact.objects.create(customer=acme, name="Gone Fishing", removed_at=MADE)
        CustomerHoliday.objects.create(customer=acme, day=date(2099, 12, 25), name="Christmas")
        CustomerHoliday.objects.create(customer=acme, day=date(2001, 12, 25))
        with django_assert_max_num_queries(14):
            page = shown(engineer, "/customers/acme/")
        for words in ("14,500", "Chris Smith", "Contact 19", "Christmas", "1 past", "Mon to Fri, 9:00 to 17:00"):
            assert words in page
        assert "Gone Fishing" not in page
        assert "Set aside" not in page

    def test_nobody_finds_what_is_not_there(self, engineer: Client) -> None:
        shown(engineer, "/customers/nobody/", status=404)
        customer("Acme")
        assert engineer.post("/customers/acme/names/").status_code == 403

    def test_renaming_moves_the_page_and_the_old_address_leads_there(self, account: Client) -> None:
        customer("Acme")
        answer = account.post("/customers/acme/edit/", fields(name="Zenith"))
        assert answer["Location"] == "/customers/zenith/"
        assert account.get("/customers/acme/")["Location"] == "/customers/zenith/"
        assert account.get("/customers/acme/edit/")["Location"] == "/customers/zenith/edit/"
        assert "Renamed" in shown(account, "/customers/zenith/")

    def test_a_new_one_stands_on_its_own_page(self, account: Client, engineer: Client) -> None:
        answer = account.post("/customers/new/", fields(arr="1.200,50", seats="2,000", closes="24:00"))
        assert answer["Location"] == "/customers/acme/"
        made = Customer.objects.get(slug="acme")
        assert (made.arr, made.seats, made.confirmed, made.weekdays) == (Decimal("1200.50"), 2000, True, [0, 1])
        assert engineer.post("/customers/new/", fields(name="Other")).status_code == 403

    @pytest.mark.parametrize(("wrong", "words"), [
        ({"name": ""}, "required"), ({"name": "\u202e\u200f"}, "required"), ({"name": "x" * 121}, "at most 120"),
        ({"notes": "a\x00b"}, "Null characters"), ({"arr": "-5"}, "below zero"), ({"arr": "a lot"}, "US dollars"),
        ({"seats": "12.5"}, "whole number"), ({"seats": "99999999999"}, "more than there are people"),
        ({"zone": "Mars/Olympus"}, "Select a valid choice"), ({"opens": "25:00"}, "no time of day"),
        ({"opens": "17:00", "closes": "9:00"}, "closes after it opens"), ({"weekdays": []}, "one day at least"),
        ({"weekdays": ["9"]}, "Select a valid choice"), ({"csm": "999999999999999999999"}, "Select a valid choice"),
        ({"plan": "gold"}, "Select a valid choice"), ({"notes": "x" * 5000}, "at most 4000"),
        ({"name": "Taken"}, "is here already"), ({"name": "tkn"}, "another name of Taken"),
    ])
    def test_what_is_wrong_is_said_at_its_field(self, account: Client, wrong: dict[str, Any], words: str) -> None:
        CustomerAlias.objects.create(customer=customer("Taken"), name="TKN")
        answer = account.post("/customers/new/", fields(**wrong))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert Customer.objects.count() == 1

    def test_text_is_shown_as_text(self, account: Client) -> None:
        account.post("/customers/new/", fields(name="<script>alert(1)</script>", notes="<img src=x>"))
        page = shown(account, "/customers/scriptalert1script/")
        assert "<script>alert" not in page and "<img" not in page

    def test_setting_aside_can_be_taken_back(self, account: Client) -> None:
        customer("Acme")
        page = account.post("/customers/acme/set-aside/", follow=True).content.decode()
        assert 'action="/customers/acme/bring-back/"' in page and "set aside" in page
        account.post("/customers/acme/bring-back/")
        assert Customer.objects.current().count() == 1

    def test_an_unconfirmed_one_is_confirmed(self, account: Client, engineer: Client) -> None:
        customer("Acme", confirmed=False)
        assert "Nobody has said yet" in shown(engineer, "/customers/acme/")
        assert engineer.post("/customers/acme/confirm/").status_code == 403
        account.post("/customers/acme/confirm/")
        assert "Nobody has said yet" not in shown(engineer, "/customers/acme/")


class TestMerging:
    def test_finds_the_one_that_remains_and_leads_there(self, account: Client, engineer: Client) -> None:
        stays, _ = customer("Acme Health"), customer("Acme Inc", confirmed=False)
        assert engineer.get("/customers/acme-inc/merge/").status_code == 403
        assert "Acme Health" in shown(account, "/customers/acme-inc/merge/")
        answer = account.post("/customers/acme-inc/merge/", {"into": stays.pk})
        assert answer["Location"] == "/customers/acme-health/"
        for page in ("", "merge/"):
            assert account.get(f"/customers/acme-inc/{page}")["Location"] == "/customers/acme-health/"
        assert "Acme Inc" in shown(engineer, "/customers/acme-health/")

    def test_into_nobody_or_itself_is_refused(self, account: Client) -> None:
        acme = customer("Acme")
        for into in ("", "x", "999999999999999999999"):
            assert account.post("/customers/acme/merge/", {"into": into}).status_code == 404
        page = account.post("/customers/acme/merge/", {"into": acme.pk}, follow=True).content.decode()
        assert "merged into itself" in page


class TestAround:
    def test_another_name_and_its_undo(self, account: Client) -> None:
        customer("Acme")
        account.post("/customers/acme/names/", {"alias-name": "AHC & Co"})
        page = account.post("/customers/acme/names/remove/", {"name": "AHC & Co"}, follow=True).content.decode()
        assert CustomerAlias.objects.count() == 0
        assert "/customers/acme/names/?alias-name=AHC+%26+Co" in page
        account.post("/customers/acme/names/?alias-name=AHC+%26+Co")
        assert CustomerAlias.objects.get().name == "AHC & Co"

    def test_another_name_that_somebody_has_is_refused_at_its_field(self, account: Client) -> None:
        customer("Acme"), customer("Bolt")
        answer = account.post("/customers/acme/names/", {"alias-name": "bolt"})
        assert answer.status_code == 422 and "called Bolt is here already" in answer.content.decode()

    def test_a_holiday_and_its_undo(self, account: Client) -> None:
        customer("Acme")
        account.post("/customers/acme/holidays/", {"holiday-day": "2099-12-24", "holiday-name": "Eve"})
        page = account.post("/customers/acme/holidays/remove/", {"day": "2099-12-24"}, follow=True).content.decode()
        assert "holiday-day=2099-12-24&amp;holiday-name=Eve" in page and not CustomerHoliday.objects.exists()
        account.post("/customers/acme/holidays/?holiday-day=2099-12-24&holiday-name=Eve")
        assert CustomerHoliday.objects.get().name == "Eve"

    @pytest.mark.parametrize("day", ["", "yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
    def test_a_day_that_is_none_is_refused(self, account: Client, day: str) -> None:
        customer("Acme")
        assert account.post("/customers/acme/holidays/", {"holiday-day": day}).status_code == 422
        assert account.post("/customers/acme/holidays/remove/", {"day": day}).status_code == 302

    def test_a_contact_comes_changes_goes_and_comes_back(self, account: Client, engineer: Client) -> None:
        customer("Acme")
        account.post("/customers/acme/contacts/new/", {"name": "Dana Reyes", "email": "Dana@Acme.example"})
        dana = Contact.objects.get()
        assert dana.email == "dana@acme.example"
        path = f"/customers/acme/contacts/{dana.pk}/"
        account.post(path, {"name": "Dana Reyes", "email": "dana@acme.example", "role": "IT manager"})
        assert "IT manager" in shown(engineer, "/customers/acme/")
        assert engineer.get(path).status_code == 403
        page = account.post(f"{path}remove/", follow=True).content.decode()
        assert f"{path}bring-back/" in page and "IT manager" not in page.partition("History")[0]
        account.post(f"{path}bring-back/")
        assert "IT manager" in shown(engineer, "/customers/acme/")

    def test_a_contact_who_is_there_or_whose_address_is_none_is_refused(self, account: Client) -> None:
        acme = customer("Acme")
        Contact.objects.create(customer=acme, name="Dana", email="dana@acme.example")
        for email in ("DANA@acme.example", "dana at acme"):
            answer = account.post("/customers/acme/contacts/new/", {"name": "D", "email": email})
            assert answer.status_code == 422
        assert Contact.objects.count() == 1

    def test_a_contact_of_another_customer_is_not_found(self, account: Client) -> None:
        customer("Acme")
        theirs = Contact.objects.create(customer=customer("Bolt"), name="Dana")
        assert account.get(f"/customers/acme/contacts/{theirs.pk}/").status_code == 404


def test_the_old_slug_of_one_that_was_merged_leads_to_the_one_that_remains(signed_in: SignedIn) -> None:
    gone = customer("Gone", merged_into=customer("Stays"))
    CustomerSlug.objects.create(slug="old-gone", customer=gone)
    client = signed_in(Role.VIEWER)
    assert client.get("/customers/old-gone/")["Location"] == "/customers/stays/"
    assert client.get("/api/v1/customers/old-gone/").json()["slug"] == "stays"
