"""Paging by several at once: workers that find the same steps, people who press at the same moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.models import Timer
from portal.tests.together import done_together
from set_rotation.actions import paging
from set_rotation.choices import PageSource, PageState, Urgency
from set_rotation.models import Page, PageAttempt
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def crew() -> Iterator[list[Person]]:
    people = make.crew()
    make.rotation(people)
    yield people


def paged(key: str = "one") -> Page:
    return paging.raise_page(key=key, urgency=Urgency.URGENT, reason="Outage", at=AT, source=PageSource.API)[0]


def test_workers_that_find_the_same_steps_do_each_once(crew: list[Person]) -> None:
    pages = [paged(f"p{number}") for number in range(30)]
    works = [lambda one=page.pk: paging.take_steps(page_id=one, at=AT) for page in pages[:6]]
    _, failed = done_together(*works)
    for page in pages:
        paging.take_steps(page_id=page.pk, at=AT)
    assert not failed
    assert PageAttempt.objects.count() == Delivery.objects.count() == 30
    assert set(PageAttempt.objects.values_list("person", flat=True)) == {crew[1].pk}
    assert Timer.objects.filter(kind=paging.STEP, due_at=AT + 5 * MINUTE).count() == 30


def test_the_same_key_from_several_is_one_page(crew: list[Person]) -> None:
    done, failed = done_together(*[lambda: paged("same")] * 4)
    assert not failed
    assert len({page.pk for page in done if isinstance(page, Page)}) == 1
    assert Page.objects.get().events.count() == 1


def test_of_those_who_acknowledge_at_once_one_wins_and_each_other_learns_who(crew: list[Person]) -> None:
    page = paged()
    paging.take_steps(page_id=page.pk, at=AT)
    seen = [Page.objects.get(pk=page.pk) for _ in crew]
    works = [lambda one=one, row=row: paging.acknowledge(page=row, by=one, at=AT)
             for one, row in zip(crew, seen, strict=True)]
    done, failed = done_together(*works)
    stored = Page.objects.get()
    assert (len(done), len(failed)) == (1, len(crew) - 1)
    assert stored.acknowledged_by is not None
    assert all(isinstance(error, paging.Answered) and stored.acknowledged_by.name in str(error) for error in failed)
    assert page.events.filter(what="acknowledged").count() == 1


def test_an_answer_at_the_moment_of_a_step_counts_and_the_ladder_does_not_go_on(crew: list[Person]) -> None:
    for number in range(6):
        page = paged(f"p{number}")
        paging.take_steps(page_id=page.pk, at=AT)
        seen = Page.objects.get(pk=page.pk)
        _, failed = done_together(
            lambda one=page.pk: paging.take_steps(page_id=one, at=AT + 5 * MINUTE),  # type: ignore[misc]
            lambda row=seen: paging.acknowledge(page=row, by=crew[1], at=AT + 5 * MINUTE),  # type: ignore[misc]
        )
        assert not failed
        paging.take_steps(page_id=page.pk, at=AT + 60 * MINUTE)
        assert PageAttempt.objects.filter(page=page).count() in {1, 2}
        assert Page.objects.get(pk=page.pk).state == PageState.ACKNOWLEDGED
    assert not Delivery.objects.open().exists()


def test_of_those_who_escalate_at_once_one_calls_the_next_and_no_more(crew: list[Person]) -> None:
    page = paged()
    paging.take_steps(page_id=page.pk, at=AT)
    seen = [Page.objects.get(pk=page.pk) for _ in range(3)]
    works = [lambda row=row: paging.escalate_now(page=row, by=crew[1], at=AT) for row in seen]
    done, failed = done_together(*works)
    assert (len(done), len(failed)) == (1, 2)
    assert [row.person for row in PageAttempt.objects.order_by("pk")] == [crew[1], crew[2]]
