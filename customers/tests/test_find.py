"""Finding customers, and adding one whom nobody knows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from customers.actions.base import Refused
from customers.actions.customers import add_unconfirmed
from customers.models import Customer, CustomerAlias, CustomerEvent, CustomerSlug
from customers.queries.find import by_name, search
from customers.queries.page import facts_of
from customers.tests.factories import customer
from portal.tests.together import done_together

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


def found(text: str) -> list[str]:
    return [one.name for one in search(text)]


@pytest.mark.django_db
class TestSearching:
    def test_what_begins_with_the_text_stands_before_what_has_it(self) -> None:
        for name in ("Big Acme", "Acme Health", "Racmeda", "Acme"):
            customer(name)
        CustomerAlias.objects.create(customer=customer("Zenith"), name="ACME of Zenith")
        assert found("acme") == ["Acme", "Acme Health", "Zenith", "Big Acme", "Racmeda"]

    def test_an_alias_finds_it_and_is_said(self) -> None:
        CustomerAlias.objects.create(customer=customer("Northern Rail"), name="NRC")
        assert [(one.name, one.alias) for one in search("nrc")] == [("Northern Rail", "NRC")]

    @pytest.mark.parametrize("text", ["", "   ", "\x00", "%", "_", "\\", "' OR 1=1 --", "x" * 5000])
    def test_strange_text_finds_nobody_and_breaks_nothing(self, text: str) -> None:
        customer("Acme")
        assert search(text) == ()
        assert by_name(text) is None

    def test_who_was_set_aside_or_merged_is_not_offered(self) -> None:
        stays = customer("Acme")
        customer("Acme of old", archived_at=NOW)
        customer("Acme Inc", merged_into=stays)
        assert found("acme") == ["Acme"]

    def test_a_search_takes_two_queries(self, django_assert_num_queries: "object") -> None:
        for _ in range(5):
            customer()
        with django_assert_num_queries(2):  # type: ignore[operator]
            assert len(search("customer", 3)) == 3

    def test_what_is_found_holds_no_amount(self) -> None:
        customer("Acme", arr=Decimal(412_345))
        assert "412" not in repr(search("acme"))
        assert search("acme")[0].band == "above $50K"


@pytest.mark.django_db
class TestOfAName:
    def test_in_any_case_and_by_alias(self) -> None:
        acme = customer("Acme Ünited")
        CustomerAlias.objects.create(customer=acme, name="AU")
        assert by_name(" acme  üNITED ") == by_name("au") == acme
        assert by_name("acme") is None

    def test_of_merged_ones_the_last_that_is_left(self) -> None:
        left = customer("Acme")
        middle = customer("Acme Inc", merged_into=left)
        customer("Acme Old", merged_into=middle)
        assert by_name("acme old") == left


@pytest.mark.django_db
class TestUnconfirmed:
    def test_an_unknown_name_is_added_and_known_ones_are_given(self) -> None:
        made = add_unconfirmed(name=" New   Corp ", by=None, at=NOW)
        assert (made.name, made.slug, made.confirmed) == ("New Corp", "new-corp", False)
        assert add_unconfirmed(name="NEW CORP", by=None, at=NOW) == made
        assert CustomerEvent.objects.filter(customer=made, what="added").count() == 1

    @pytest.mark.parametrize(("name", "slug"), [("New", "new-2"), ("日本電気", "customer"), ("Import", "import-2")])
    def test_a_slug_is_never_an_address_of_ours(self, name: str, slug: str) -> None:
        assert add_unconfirmed(name=name, by=None, at=NOW).slug == slug

    def test_a_slug_that_somebody_had_is_not_given_again(self) -> None:
        CustomerSlug.objects.create(slug="acme", customer=customer("Zenith"))
        assert add_unconfirmed(name="Acme", by=None, at=NOW).slug == "acme-2"

    @pytest.mark.parametrize("name", ["", " \u202e ", "x" * 121])
    def test_a_name_that_is_none_is_refused_in_words(self, name: str) -> None:
        with pytest.raises(Refused, match="name"):
            add_unconfirmed(name=name, by=None, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_the_same_unknown_name_at_the_same_moment_is_one_customer() -> None:
    def add() -> int:
        return add_unconfirmed(name="New Corp", by=None, at=NOW).pk

    done, failed = done_together(add, add, add, add)
    assert not failed
    assert len(set(done)) == Customer.objects.count() == CustomerEvent.objects.count() == 1


@pytest.mark.django_db
def test_facts_hold_the_amount_only_for_those_who_may_see_it() -> None:
    acme = customer("Acme", arr=Decimal(412_345), seats=1_200)
    assert (facts_of(acme, sees_money=True).seats_words, search("acme")[0].seats_words) == ("1,200", "1,200")
    assert facts_of(acme, sees_money=True).money == "$412K"
    hidden = facts_of(acme, sees_money=False)
    assert hidden.money == "above $50K" and hidden.large
    assert "412" not in repr(hidden)
