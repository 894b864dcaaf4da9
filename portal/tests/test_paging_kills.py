"""A ladder at real speed: worker, beat and broker are killed with -9 at its steps, and each person is paged once, in
their turn, as the policy says."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import count

import pytest

from integrations.outbox.choices import State
from people.models import Person
from portal.common import clock
from portal.supervisor.running import RunningPortal
from set_rotation import queries
from set_rotation.actions import paging
from set_rotation.choices import PageSource, PageState, Seat, Urgency
from set_rotation.models import Page, PageAttempt
from set_rotation.tests import factories as make

Run = Callable[..., AbstractContextManager[RunningPortal]]
# Two rounds of three steps, two of these short minutes apart, and three until it begins again: 14 seconds.
STEPS = [{"seat": "primary", "minutes": 0}, {"seat": "backup", "minutes": 2}, {"seat": "lead", "minutes": 2}]
SECOND = 1.0
_keys = count(1)


@pytest.fixture(scope="module")
def portal(run_portal: Run) -> Iterator[RunningPortal]:
    with run_portal(web=False, worker=True, beat=True, processes=2) as found, found.rows():
        today = clock.now().date()
        # The rotation of the week before last Monday runs now, whatever the day and hour.
        make.rotation(make.crew(), first_on=today - timedelta(days=today.weekday() + 7))
        paging.save_policy(urgency=Urgency.URGENT, steps=STEPS, again=3, rounds=2, stale=0, by=None, at=clock.now())
        first = paged()  # worker and beat are there once somebody was called
        found.until(lambda: ladder_of(first), what="nobody was called")
        paging.resolve(page=Page.objects.get(pk=first.pk), by=seats()[0], at=clock.now())
        yield found


def paged() -> Page:
    return paging.raise_page(key=f"kills-{next(_keys)}", urgency=Urgency.URGENT, reason="Outage", at=clock.now(),
                             source=PageSource.API, minute=SECOND)[0]


def seats() -> list[Person]:
    held = queries.holders(clock.now())
    return [held[seat].person for seat in (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD)]


def ladder_of(page: Page) -> list[PageAttempt]:
    rows = PageAttempt.objects.filter(page=page).exclude(key__contains=":told-").select_related("person", "delivery")
    return list(rows.order_by("at", "pk"))


def climbs(portal: RunningPortal, kills: Mapping[int, str]) -> list[PageAttempt]:
    """Let a page go unanswered to its end; after the nth attempt this is killed, and started again."""
    page = paged()
    for number, name in sorted(kills.items()):
        portal.until(lambda number=number: len(ladder_of(page)) >= number,  # type: ignore[misc]
                     what=f"step {number} was not done")
        portal.kill(name)
        portal.revive(name)
    ended = Page.objects.filter(pk=page.pk, state=PageState.UNANSWERED)
    portal.until(ended.exists, what="the ladder did not come to its end")
    sent = PageAttempt.objects.filter(page=page, delivery__state=State.SENT)
    portal.until(lambda: sent.count() == PageAttempt.objects.filter(page=page).count(), what="not everything was sent")
    return ladder_of(page)


def as_the_policy_says(found: list[PageAttempt]) -> None:
    assert [(row.round, row.person) for row in found] == [(number, one) for number in (1, 2) for one in seats()]
    assert all(row.at >= row.due_at for row in found)
    # By mail it is at least once; whoever was not cut off in the middle of it was sent one.
    assert all(row.delivery is not None and row.delivery.attempts >= 1 for row in found)


@pytest.mark.xdist_group("kills")
def test_a_ladder_of_a_healthy_portal_climbs_as_the_policy_says(portal: RunningPortal) -> None:
    as_the_policy_says(climbs(portal, {}))


@pytest.mark.xdist_group("kills")
def test_the_ladder_survives_broker_beat_and_worker_killed_one_after_the_other(portal: RunningPortal) -> None:
    as_the_policy_says(climbs(portal, {1: "broker", 3: "beat", 5: "worker"}))


@pytest.mark.xdist_group("kills")
def test_an_answer_ends_the_ladder_though_the_broker_lost_everything(portal: RunningPortal) -> None:
    page = paged()
    portal.until(lambda: ladder_of(page), what="nobody was called")
    paging.acknowledge(page=Page.objects.get(pk=page.pk), by=seats()[0], at=clock.now())
    called = len(ladder_of(page))
    portal.kill("broker")
    portal.revive("broker")
    other = paged()
    portal.until(lambda: len(ladder_of(other)) >= 2, what="the other ladder did not go on")
    assert len(ladder_of(page)) == called
    paging.resolve(page=Page.objects.get(pk=other.pk), by=seats()[0], at=clock.now())


@pytest.mark.long
@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("step", range(1, 7))
@pytest.mark.parametrize("name", ["worker", "beat", "broker"])
def test_the_ladder_survives_each_of_them_killed_at_each_step(portal: RunningPortal, name: str, step: int) -> None:
    as_the_policy_says(climbs(portal, {step: name}))


@pytest.mark.long
@pytest.mark.xdist_group("kills")
def test_the_ladder_survives_all_of_them_killed_at_every_step(portal: RunningPortal) -> None:
    names = ["worker", "beat", "broker"]
    as_the_policy_says(climbs(portal, {step: names[step % 3] for step in range(1, 7)}))
