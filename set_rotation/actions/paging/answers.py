"""What people do with a page: acknowledge, resolve, reassign, escalate, snooze. And what time does: wake, go stale.

Each is a conditional update on the token that was seen: of two at once one wins, and the other learns who.
"""

import contextlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from integrations.outbox import actions as outbox
from integrations.outbox.choices import OPEN
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.base import Refused
from set_rotation.actions.contacts import verify_from
from set_rotation.actions.paging.base import (
    SNOOZE,
    STALE,
    STEP,
    Answered,
    lost,
    new_token,
    page_event,
    pages_changed,
    policy_of,
    refuse_over,
    shortly,
    timer_key,
)
from set_rotation.actions.paging.ladder import do_steps
from set_rotation.choices import PageState, PageWhat
from set_rotation.models import Page, PageAttempt
from set_rotation.rules.paging import LONGEST_SNOOZE, TOP, Rung, exhausted, first_due


@transaction.atomic
def acknowledge(*, page: Page, by: Person, at: datetime, way: str = "") -> Page:
    """`by` takes care of it: the ladder stops. Again by the same person: still on it, so it is not stale yet.

    A test page is over with it. Raises `Answered` when somebody else has it, or it is resolved.
    """
    refuse_over(page)
    if page.state == PageState.ACKNOWLEDGED and page.acknowledged_by_id != by.pk:
        who = page.acknowledged_by.name if page.acknowledged_by else "Somebody"
        raise Answered(f"{who} has acknowledged this page already. Take it over if you want it.")
    if page.test:
        return resolve(page=page, by=by, at=at, way=way, what=PageWhat.ACKNOWLEDGED)
    what = PageWhat.STILL_ON_IT if page.state == PageState.ACKNOWLEDGED else PageWhat.ACKNOWLEDGED
    _answer(page, what, by=by, at=at, way=way, state=PageState.ACKNOWLEDGED, acknowledged_by=by,
            acknowledged_at=page.acknowledged_at or at)
    _watch(page, at)
    return page


@transaction.atomic
def resolve(*, page: Page, by: Person, at: datetime, way: str = "", what: PageWhat = PageWhat.RESOLVED) -> Page:
    """It is over; a test page proves the ways by which it had come. Raises `Answered` when it was already."""
    refuse_over(page)
    _answer(page, what, by=by, at=at, way=way, state=PageState.RESOLVED, resolved_by=by, resolved_at=at,
            acknowledged_by=page.acknowledged_by or by, acknowledged_at=page.acknowledged_at or at)
    verify_from(page, by, at)
    return page


@transaction.atomic
def reassign(*, page: Page, to: Person, by: Person, at: datetime, way: str = "") -> Page:
    """Give it to one person, who is paged alone from now on; to oneself: take it over, which acknowledges it.

    Raises `Refused` for somebody who has left, `Answered` when it is resolved or somebody was faster.
    """
    refuse_over(page)
    if not to.is_active:
        raise Refused(f"{to.name} has left: choose somebody else.")
    if to.pk == by.pk:
        _answer(page, PageWhat.REASSIGNED, by=by, at=at, way=way, to_value="themself", state=PageState.ACKNOWLEDGED,
                acknowledged_by=by, acknowledged_at=page.acknowledged_at or at)
        _watch(page, at)
        return page
    page.only_to = to
    _answer(page, PageWhat.REASSIGNED, by=by, at=at, way=way, to_value=to.name, only_to=to, **_from_top(page, at))
    _climb_from(page)
    return page


@transaction.atomic
def escalate_now(*, page: Page, by: Person, at: datetime, way: str = "") -> Page:
    """Page the next step now, without waiting for its time. One person's page goes to the seats, from the top.

    Personal rules of those who were reached go on. Raises `Answered` when it is resolved or somebody was faster.
    """
    refuse_over(page)
    rung = Rung(page.round, page.step)
    if page.only_to_id is not None and not page.test:
        page.only_to, rung = None, TOP
    if page.state == PageState.UNANSWERED or exhausted(policy_of(page), rung):
        rung = TOP
    goes_on = page.state == PageState.OPEN and rung != TOP
    values: dict[str, Any] = {"state": PageState.OPEN, "round": rung.round, "step": rung.step, "due_at": at,
                              "snoozed_until": None, "only_to": page.only_to}
    if goes_on:
        values["token"] = page.token
    _answer(page, PageWhat.ESCALATED, by=by, at=at, way=way, climbs=True, **values)
    do_steps([page], at=at)
    return page


@transaction.atomic
def snooze(*, page: Page, until: datetime, by: Person, at: datetime, way: str = "") -> Page:
    """Be silent until then, and page again from the top. Raises `Refused` for the past and for more than 24 hours."""
    refuse_over(page)
    if until <= at:
        raise Refused("It can only be snoozed until some time to come.")
    if until - at > LONGEST_SNOOZE:
        raise Refused(f"A page is snoozed for {shortly(LONGEST_SNOOZE)} at most: resolve it, or come back to it then.")
    _answer(page, PageWhat.SNOOZED, by=by, at=at, way=way, to_value=shortly(until - at), state=PageState.SNOOZED,
            snoozed_until=until, due_at=None)
    set_timer(kind=SNOOZE, key=timer_key(page), due_at=until)
    return page


def wake(*, page_id: int, token: str, at: datetime) -> bool:
    """A snoozed page pages again, from the top. Returns whether it did."""
    return _again(page_id, token, PageState.SNOOZED, PageWhat.WOKE, at)


def page_again(*, page_id: int, token: str, at: datetime) -> bool:
    """A page that was acknowledged, and then neither resolved nor touched, pages again. Returns whether it did."""
    return _again(page_id, token, PageState.ACKNOWLEDGED, PageWhat.STALE, at)


@transaction.atomic
def _again(page_id: int, token: str, state: PageState, what: PageWhat, at: datetime) -> bool:
    found = Page.objects.filter(pk=page_id, token=token, state=state).select_related("only_to", "by")
    page = found.select_for_update(of=("self",)).first()
    if page is None:
        return False
    _answer(page, what, by=None, at=at, way="", **_from_top(page, at))
    _climb_from(page)
    return True


def _from_top(page: Page, at: datetime) -> dict[str, Any]:
    """The ladder begins anew."""
    return {"state": PageState.OPEN, "round": TOP.round, "step": TOP.step, "snoozed_until": None,
            "due_at": first_due(policy_of(page), at)}


def _climb_from(page: Page) -> None:
    if page.due_at is not None:
        set_timer(kind=STEP, key=timer_key(page), due_at=page.due_at)


def _watch(page: Page, at: datetime) -> None:
    """Page again once nobody has touched it for so long."""
    stale = policy_of(page).stale
    if stale > timedelta():
        set_timer(kind=STALE, key=timer_key(page), due_at=at + stale)


def _answer(
    page: Page, what: PageWhat, *, by: Person | None, at: datetime, way: str, climbs: bool = False, to_value: str = "",
    **values: Any,
) -> None:
    """Change a page that nobody has answered since it was seen, write the event, and take back what has not left yet.

    The ladder may have gone on meanwhile: an answer counts all the same. `climbs`: it is the ladder that goes on, and
    only from where it was seen.
    """
    seen, was = Page.objects.filter(pk=page.pk, token=page.token), page.state
    if climbs:
        seen = seen.filter(state=page.state, round=page.round, step=page.step)
    changed = {"token": new_token(), "due_at": None, "snoozed_until": None, **values}
    if seen.update(**changed) != 1:
        raise lost(page)
    for name, value in changed.items():
        setattr(page, name, value)
    page_event(page, what, at=at, by=by, from_value=was, to_value=to_value or page.state, way=way).save()
    if not climbs:
        _take_back(page, what, by, at)
    pages_changed([page.pk])


def _take_back(page: Page, what: PageWhat, by: Person | None, at: datetime) -> None:
    """Nobody is woken by a message that is no longer true. What may have left is left alone."""
    words = f"{by.name} {what.label} it" if by else f"the page {what.label}"
    mine = PageAttempt.objects.filter(page=page).values("delivery")
    for delivery in Delivery.objects.filter(pk__in=mine, state__in=OPEN):
        with contextlib.suppress(outbox.NotOpen):
            outbox.drop(delivery=delivery, by=None, at=at, words=words)
