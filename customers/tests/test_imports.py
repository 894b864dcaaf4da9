"""A file of customers, from choosing it to what it has done."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.actions import customers, imports
from customers.actions.base import Refused
from customers.models import Contact, Customer, CustomerAlias, CustomerEvent, CustomerHoliday, CustomerImport
from customers.queries.imports import plan
from customers.tests.conftest import SignedIn
from customers.tests.factories import customer
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.tests.together import together

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
FILE = """name,aliases,plan,arr,seats,zone,opens,closes,weekdays,holidays,csm,contacts,notes
Acme Health,AHC,Premier,"$412,345.67","2,000",Europe/Oslo,8:00,16:00,Mon-Fri,2026-12-24 Eve,CHRIS@example.org,\
Dana | dana@acme.example | IT,'=cmd|' /C calc'!A0
Bolt,,E20,,,,,,,,,,
"""


@pytest.fixture
def me(db: None) -> Person:
    return person(Role.ACCOUNT, email="chris@example.org")


@pytest.fixture
def account(signed_in: SignedIn) -> Client:
    return signed_in(Role.ACCOUNT)


def sent(client: Client, text: str | bytes, name: str = "customers.csv") -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return client.post("/customers/import/", {"file": SimpleUploadedFile(name, raw)})


def applied(text: str, by: Person) -> CustomerImport:
    file = imports.keep_file(name="a.csv", raw=text.encode(), by=by, at=NOW)
    shown = plan(file.text, sees_money=True).digest
    return imports.apply_file(file=file, shown=shown, sees_money=True, by=by, at=NOW)


class TestApplying:
    def test_everything_of_a_row_comes_in(self, me: Person) -> None:
        done = applied(FILE, me)
        acme = Customer.objects.get(slug="acme-health")
        assert (done.added, done.changed, done.unchanged, done.applied_at) == (2, 0, 0, NOW)
        assert (acme.arr, acme.seats, acme.zone, acme.csm) == (Decimal("412345.67"), 2000, "Europe/Oslo", me)
        assert acme.notes == "=cmd|' /C calc'!A0"
        assert acme.aliases.get().name == "AHC" and acme.holidays.get().name == "Eve"
        assert acme.contacts.get().email == "dana@acme.example"
        assert CustomerEvent.objects.count() == 2

    def test_the_same_file_twice_changes_nothing(self, me: Person) -> None:
        applied(FILE, me)
        before = CustomerEvent.objects.count()
        assert not plan(FILE, sees_money=True).does_something
        done = applied(FILE, me)
        assert (done.added, done.changed, done.unchanged) == (0, 0, 2)
        assert CustomerEvent.objects.count() == before

    def test_a_change_reaches_every_kind_of_field_and_its_event_holds_no_amount(self, me: Person) -> None:
        applied(FILE, me)
        done = applied("name,aliases,arr,opens,tam,holidays,contacts\nAHC,Acme H,500000,9:00,chris@example.org,"
                       "2026-12-24 Christmas Eve; 2026-12-25,Dana Reyes | dana@acme.example; Ann\n", me)
        acme = Customer.objects.get(slug="acme-health")
        assert done.changed == 1
        assert (acme.arr, acme.opens.hour, acme.tam, acme.plan) == (Decimal(500_000), 9, me, "premier")
        assert {alias.name for alias in acme.aliases.all()} == {"AHC", "Acme H"}
        assert [holiday.name for holiday in acme.holidays.all()] == ["Christmas Eve", ""]
        assert {(one.name, one.role) for one in acme.contacts.all()} == {("Dana Reyes", "IT"), ("Ann", "")}
        texts = "".join(f"{row.from_value} {row.to_value}" for row in CustomerEvent.objects.all())
        assert "412" not in texts and "500" not in texts and "ARR: changed" in texts

    def test_nothing_is_done_while_one_cell_is_wrong(self, me: Person) -> None:
        file = imports.keep_file(name="a.csv", raw=b"name,seats\nGood,5\nBad,-5\n", by=me, at=NOW)
        shown = plan(file.text, sees_money=True).digest
        with pytest.raises(Refused, match="wrong"):
            imports.apply_file(file=file, shown=shown, sees_money=True, by=me, at=NOW)
        assert not Customer.objects.exists()

    def test_what_nobody_looked_at_is_not_done(self, me: Person) -> None:
        file = imports.keep_file(name="a.csv", raw=b"name,seats\nAcme,5\n", by=me, at=NOW)
        shown = plan(file.text, sees_money=True).digest
        customers.add_customer(name="Acme", changes={"seats": 7}, by=me, at=NOW)
        with pytest.raises(Refused, match="changed since you looked"):
            imports.apply_file(file=file, shown=shown, sees_money=True, by=me, at=NOW)
        assert Customer.objects.get().seats == 7

    def test_a_file_is_applied_once(self, me: Person) -> None:
        file = applied(FILE, me)
        with pytest.raises(Refused, match="applied already"):
            imports.apply_file(file=file, shown="", sees_money=True, by=me, at=NOW)

    def test_amounts_are_not_applied_for_who_may_not_see_them(self, me: Person) -> None:
        file = imports.keep_file(name="a.csv", raw=FILE.encode(), by=me, at=NOW)
        with pytest.raises(Refused, match="wrong"):
            imports.apply_file(file=file, shown="", sees_money=False, by=me, at=NOW)

    def test_a_large_file_takes_few_queries(
        self, me: Person, django_assert_max_num_queries: Callable[[int], Any]
    ) -> None:
        text = "name,seats,aliases\n" + "".join(f"Customer {n},{n},Alias {n}\n" for n in range(400))
        with django_assert_max_num_queries(30):
            applied(text, me)
        with django_assert_max_num_queries(30):
            applied(text.replace("er 1", "ER 1").replace(",1", ",9"), me)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_applied_twice_at_once_is_applied_once() -> None:
    by = person(Role.ACCOUNT)
    file = imports.keep_file(name="a.csv", raw=b"name\nAcme\n", by=by, at=NOW)
    shown = plan(file.text, sees_money=True).digest

    def work() -> object:
        return imports.apply_file(file=file, shown=shown, sees_money=True, by=by, at=NOW)

    raised = together(work, work, work)
    assert [type(error) for error in raised] == [Refused, Refused]
    assert Customer.objects.count() == CustomerEvent.objects.count() == 1


class TestThePages:
    def test_a_file_is_looked_at_and_then_applied(self, account: Client, me: Person) -> None:
        customer("Bolt")
        page = account.post("/customers/import/", {"file": SimpleUploadedFile("mine.csv", FILE.encode())}, follow=True)
        text = page.content.decode()
        assert "Nothing is changed yet" in text and "1 would be added, 1 changed" in text and "$412,345.67" in text
        assert Customer.objects.count() == 1
        file = CustomerImport.objects.get()
        shown = page.context["plan"].digest
        assert account.post(f"/customers/import/{file.pk}/apply/", {"plan": shown})["Location"] == "/customers/"
        assert "Applied" in account.get(f"/customers/import/{file.pk}/").content.decode()
        assert "mine.csv" in account.get("/customers/import/").content.decode()
        assert "There is nothing to change" in account.get(sent(account, FILE)["Location"]).content.decode()

    def test_faults_stand_on_the_page_and_nothing_can_be_applied(self, account: Client) -> None:
        where = sent(account, "name;arr;seats\nAcme;lots;-5\n")["Location"]
        page = account.get(where).content.decode()
        assert "row 2, arr: “lots” is not US dollars" in page and "row 2, seats: “-5” is below zero." in page
        assert "apply/" not in page
        answer = account.post(f"{where}apply/", {"plan": "x"})
        assert answer.status_code == 409 and "Nothing was done" in answer.content.decode()

    @pytest.mark.parametrize(("raw", "words"), [
        (b"", "empty"), (b"\x00\x00\x01", "not a text file"), (b"x" * 2_000_001, "larger than 2 MB"),
        (b"PK\x03\x04", "workbook"),
    ])
    def test_what_cannot_be_read_is_refused_at_the_field(self, account: Client, raw: bytes, words: str) -> None:
        answer = sent(account, raw)
        assert answer.status_code == 422 and words in answer.content.decode()
        assert not CustomerImport.objects.exists()

    def test_no_file_and_a_strange_name_break_nothing(self, account: Client) -> None:
        assert account.post("/customers/import/").status_code == 422
        assert account.post("/customers/import/", {"file": "text"}).status_code == 422
        where = sent(account, "name\n<b>Acme\n", name="../" + "<x>" * 200 + ".csv")["Location"]
        page = account.get(where).content.decode()
        assert "<b>Acme" not in page and "<x>" not in page

    def test_only_who_edits_customers_imports(self, signed_in: SignedIn) -> None:
        for role in (Role.VIEWER, Role.SUPPORT, Role.ENGINEER):
            client = signed_in(role)
            assert client.get("/customers/import/").status_code == 403
            assert client.get("/customers/import/sample/").status_code == 403
            assert sent(client, FILE).status_code == 403

    def test_the_export_is_a_file_that_changes_nothing(self, account: Client, me: Person) -> None:
        applied(FILE, me)
        acme = Customer.objects.get(slug="acme-health")
        Contact.objects.create(customer=acme, name="-Ann; | \\ Smith", phone="+1 555")
        CustomerAlias.objects.create(customer=acme, name="@acme; Inc")
        CustomerHoliday.objects.create(customer=acme, day="2027-01-01")
        acme.notes = "=1+1\nand more, \"quoted\""
        acme.save()
        customer("=SUM(A1)", confirmed=False)
        customer("Aside", archived_at=NOW)
        answer = account.get("/customers/export/")
        text = answer.content.decode()
        assert "no-store" in answer["Cache-Control"] and "Aside" not in text
        assert "\n=" not in text and ",=" not in text and ",@" not in text and ",-" not in text
        found = plan(text.removeprefix("\ufeff"), sees_money=True)
        assert not found.faults and not found.does_something and len(found.unchanged) == 3
        assert "There is nothing to change" in account.get(sent(account, answer.content)["Location"]).content.decode()

    def test_the_sample_can_be_sent_as_it_is(self, account: Client) -> None:
        raw = account.get("/customers/import/sample/").content
        assert "2 would be added" in account.get(sent(account, raw)["Location"]).content.decode()
