"""Changing, renaming, merging customers, and what belongs to them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest

from customers.actions import around, customers, merging
from customers.actions.base import Refused
from customers.choices import What
from customers.models import Contact, Customer, CustomerAlias, CustomerEvent, CustomerSlug
from customers.queries.find import by_name, by_slug, remaining
from customers.tests.factories import customer
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.tests.together import done_together, together

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


@pytest.fixture
def me(db: None) -> Person:
    return person(Role.ACCOUNT)


def told(row: Customer) -> list[tuple[str, str, str]]:
    return [(one.what, one.from_value, one.to_value) for one in CustomerEvent.objects.filter(customer=row)]


class TestChanging:
    def test_each_field_stands_in_the_event_and_the_amount_does_not(self, me: Person) -> None:
        acme = customer("Acme", arr=Decimal(10), seats=5)
        changes = {"arr": Decimal(900), "seats": 7, "csm": me, "plan": "e20"}
        customers.change_customer(customer=acme, name="Acme", changes=changes, by=me, at=NOW)
        assert told(acme) == [(
            What.CHANGED, "ARR: \nSeats: 5\nCSM: \nPlan: Premier",
            f"ARR: changed\nSeats: 7\nCSM: {me.name}\nPlan: E20",
        )]

    def test_the_same_again_is_no_event(self, me: Person) -> None:
        acme = customer("Acme", arr=Decimal("10.50"))
        changes = {"arr": Decimal("10.5"), "weekdays": [0, 1, 2, 3, 4], "notes": ""}
        customers.change_customer(customer=acme, name=" Acme ", changes=changes, by=me, at=NOW)
        for _ in range(2):
            customers.archive(customer=acme, by=me, at=NOW)
        for _ in range(2):
            customers.bring_back(customer=acme, by=me, at=NOW)
        customers.confirm(customer=acme, by=me, at=NOW)
        assert [what for what, *_ in told(acme)] == [What.BROUGHT_BACK, What.ARCHIVED]

    def test_what_was_merged_is_not_changed_any_more(self, me: Person) -> None:
        gone = customer("Gone", merged_into=customer("Stays"))
        for work in (customers.archive, customers.bring_back, customers.confirm):
            with pytest.raises(Refused, match="merged"):
                work(customer=gone, by=me, at=NOW)


class TestRenaming:
    def rename(self, row: Customer, name: str) -> Customer:
        return customers.change_customer(customer=row, name=name, changes={}, by=None, at=NOW)

    def test_every_slug_it_had_leads_to_it(self, me: Person) -> None:
        row = customer("Acme")
        for name in ("Zenith", "Acme", "Zenith", "Bolt"):
            row = self.rename(row, name)
        assert row.slug == "bolt"
        assert all(by_slug(slug) == row for slug in ("acme", "zenith", "bolt"))
        assert set(CustomerSlug.objects.values_list("slug", flat=True)) == {"acme", "zenith"}

    def test_a_slug_that_still_fits_stays(self, me: Person) -> None:
        customer("Other", slug="acme")
        row = customer("Acme!", slug="acme-2")
        assert self.rename(row, "ACME").slug == "acme-2"
        assert not CustomerSlug.objects.exists()

    @pytest.mark.parametrize("name", ["bolt", "BT", "", "x" * 121])
    def test_a_name_that_somebody_has_or_that_is_none_is_refused(self, me: Person, name: str) -> None:
        around.add_alias(customer=customer("Bolt"), name="bt", by=me, at=NOW)
        row = customer("Acme")
        with pytest.raises(Refused):
            self.rename(row, name)
        row.refresh_from_db()
        assert row.name == "Acme"

    def test_another_name_may_become_the_name(self, me: Person) -> None:
        row = customer("Acme")
        around.add_alias(customer=row, name="AHC", by=me, at=NOW)
        assert self.rename(row, "AHC").name == "AHC"
        assert not CustomerAlias.objects.exists()


class TestAround:
    def test_the_same_name_again_is_one(self, me: Person) -> None:
        row = customer("Acme")
        assert around.add_alias(customer=row, name="AHC", by=me, at=NOW)
        assert around.add_alias(customer=row, name=" ahc ", by=me, at=NOW) is None
        assert around.add_alias(customer=row, name="ACME", by=me, at=NOW) is None
        assert not around.remove_alias(customer=row, name="nobody's", by=me, at=NOW)
        assert len(told(row)) == 1

    def test_a_holiday_that_is_there_gets_the_other_name(self, me: Person) -> None:
        row, day = customer("Acme"), date(2026, 12, 24)
        for name in ("Eve", "Eve", "Christmas Eve"):
            around.add_holiday(customer=row, day=day, name=name, by=me, at=NOW)
        assert [holiday.name for holiday in row.holidays.all()] == ["Christmas Eve"]
        assert around.remove_holiday(customer=row, day=day, by=me, at=NOW) == "Christmas Eve"
        assert around.remove_holiday(customer=row, day=day, by=me, at=NOW) is None
        assert len(told(row)) == 3

    def test_a_contact_comes_back_only_if_nobody_has_taken_the_address(self, me: Person) -> None:
        row = customer("Acme")
        first = around.add_contact(customer=row, name="Dana", email="d@acme.example", by=me, at=NOW)
        around.remove_contact(contact=first, by=me, at=NOW)
        around.add_contact(customer=row, name="Dana Reyes", email="d@acme.example", by=me, at=NOW)
        with pytest.raises(Refused, match="already"):
            around.bring_back_contact(contact=first, by=me, at=NOW)

    def test_two_of_a_name_need_an_address(self, me: Person) -> None:
        row = customer("Acme")
        around.add_contact(customer=row, name="Ann", by=me, at=NOW)
        with pytest.raises(Refused, match="tell the two apart"):
            around.add_contact(customer=row, name="ANN", by=me, at=NOW)
        around.add_contact(customer=row, name="Ann", email="ann@acme.example", by=me, at=NOW)


class TestMerging:
    def test_names_contacts_and_earlier_merges_go_along(self, me: Person) -> None:
        stays, gone = customer("Acme Health", seats=5), customer("Acme Inc", seats=9, confirmed=False)
        around.add_alias(customer=gone, name="AI", by=me, at=NOW)
        for row, email in ((stays, "d@acme.example"), (gone, "D@acme.example"), (gone, "e@acme.example")):
            Contact.objects.create(customer=row, name="X", email=email)
        earlier = customer("Acme Old", merged_into=gone)
        merging.merge(customer=gone, into=stays, by=me, at=NOW)
        for name in ("AI", "acme inc", "Acme Old", "Acme Health"):
            assert by_name(name) == stays
        stays.refresh_from_db()
        earlier.refresh_from_db()
        assert stays.seats == 5 and stays.contacts.count() == 2
        assert earlier.merged_into == stays and remaining(earlier) == stays
        assert set(Customer.objects.current()) == {stays}

    def test_a_name_that_was_merged_is_not_given_again(self, me: Person) -> None:
        merging.merge(customer=customer("Gone"), into=customer("Stays"), by=me, at=NOW)
        with pytest.raises(Refused, match="Gone was merged into Stays"):
            customers.add_customer(name="gone", changes={}, by=me, at=NOW)
        assert customers.add_unconfirmed(name="gone", by=me, at=NOW).name == "Stays"

    def test_into_one_that_was_set_aside_is_refused(self, me: Person) -> None:
        with pytest.raises(Refused, match="set aside"):
            merging.merge(customer=customer("A"), into=customer("B", archived_at=NOW), by=me, at=NOW)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_that_are_merged_into_each_other_leave_one(self) -> None:
        first, second = customer("First"), customer("Second")
        raised = together(
            lambda: merging.merge(customer=first, into=second, by=None, at=NOW),
            lambda: merging.merge(customer=second, into=first, by=None, at=NOW),
        )
        assert [type(error) for error in raised] == [Refused]
        assert Customer.objects.current().count() == 1

    def test_a_name_and_another_name_are_not_given_to_two(self) -> None:
        acme = customer("Acme")
        done, raised = done_together(
            lambda: around.add_alias(customer=acme, name="Bolt", by=None, at=NOW),
            lambda: customers.add_customer(name="bolt", changes={}, by=None, at=NOW),
        )
        assert len(done) == 1 and [type(error) for error in raised] == [Refused]

    def test_slugs_of_the_same_words_at_once_differ(self) -> None:
        names = ("A B", "A-B", "A - B", "A B!")
        works = [partial(customers.add_unconfirmed, name=name, by=None, at=NOW) for name in names]
        done, raised = done_together(*works)
        assert not raised and len(done) == 4
        assert Customer.objects.values("slug").distinct().count() == 4
