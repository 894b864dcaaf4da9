"""What every verb of paging shares: the kinds of its timers, its history, and who is told that a page has changed."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from people.models import Person
from portal.common import live
from set_rotation.actions.base import Refused, request_id, via
from set_rotation.choices import PageState, PageWhat
from set_rotation.models import Page, PageEvent
from set_rotation.queries.paging import count_open
from set_rotation.rules.paging import Policy, read_policy

# Timers. Their keys begin with the page's id and token: once a page is answered, those set before are nothing.
STEP, CONTACT, STALE, SNOOZE = "page.step", "page.contact", "page.stale", "page.snooze"
PURPOSE = "page"  # of the deliveries


class Answered(Refused):
    """Somebody else was faster, or it is over: the text says who did what."""


def new_token() -> str:
    """What a page's timers are known by until it is answered."""
    return secrets.token_hex(12)


def timer_key(page: Page, *more: object) -> str:
    """The key of one of a page's timers."""
    return ":".join(str(part) for part in (page.pk, page.token, *more))


def policy_of(page: Page) -> Policy:
    """The policy as it was at the moment of paging; of one person's page, for that person alone."""
    policy = read_policy(page.policy)
    return policy.alone() if page.only_to_id else policy


def page_event(
    page: Page, what: PageWhat, *, at: datetime, by: Person | None = None, from_value: str = "", to_value: str = "",
    way: str = "",
) -> PageEvent:
    """The row of a change, not yet written; `way`: "link" or "api", where it is not the portal's own page."""
    return PageEvent(page=page, what=what.value, at=at, by=by, from_value=from_value, to_value=to_value,
                     via=way or via(), request_id=request_id())


def pages_changed(ids: Iterable[int]) -> None:
    """After the commit, open pages look again."""
    told = list(ids)

    def tell() -> None:
        count_open()
        for one in told:
            live.publish(f"page:{one}", "stale", "")
        live.publish("pages", "stale", "")

    if told:
        transaction.on_commit(tell, robust=True)  # it is done, whether or not open pages learn of it


def refuse_over(page: Page) -> None:
    """Nothing is done to a resolved page."""
    if page.state == PageState.RESOLVED:
        who = page.resolved_by.name if page.resolved_by else "Somebody"
        raise Answered(f"{who} has resolved this page already.")


def lost(page: Page) -> Answered:
    """Why a conditional update found nothing: who was faster."""
    answers = PageEvent.objects.filter(page=page).exclude(what=PageWhat.REWORDED)
    last = answers.select_related("by").order_by("-at", "-pk").first()
    if last is None or last.by is None:
        return Answered("This page has just moved on: look at it again.")
    return Answered(f"{last.by.name} was faster: {last.by.name} {PageWhat(last.what).label} it.")


def shortly(span: timedelta) -> str:
    """A span in words: "15 min", "2 h", "1 h 30 min"."""
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{minutes} min"] if minutes or not parts else parts)
