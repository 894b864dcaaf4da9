"""A clock was ahead and was set back: no page waits until it is there again."""

from datetime import datetime

import structlog
from django.db import transaction

from portal.common.set_back import BACK
from portal.common.timers import set_timer
from set_rotation.actions.paging.base import STEP, policy_of, timer_key
from set_rotation.choices import PageState
from set_rotation.models import Page
from set_rotation.rules.paging import longest_wait

log = structlog.get_logger(__name__)
MOST = 50  # pages that are looked at; the rest by the next tick


def turn_back_steps(*, at: datetime) -> int:
    """Have no step wait longer than the page's own policy ever has one wait. Returns how many pages this concerned. One
    look into an index, by those that wait longest."""
    rows = Page.objects.filter(state=PageState.OPEN, due_at__gt=at + BACK).order_by("-due_at")[:MOST]
    return sum(_looked_at(page, at) for page in rows)


def _looked_at(page: Page, at: datetime) -> int:
    try:
        latest = at + longest_wait(policy_of(page))
        return _set_back(page, latest) if page.due_at is not None and page.due_at > latest + BACK else 0
    except Exception:  # one that cannot be reckoned holds up neither the others nor the tick
        log.exception("a page's step was not looked at", page=page.pk)
        return 0


@transaction.atomic
def _set_back(page: Page, due_at: datetime) -> int:
    mine = Page.objects.filter(pk=page.pk, state=PageState.OPEN, token=page.token, due_at=page.due_at)
    if not mine.update(due_at=due_at):
        return 0
    set_timer(kind=STEP, key=timer_key(page), due_at=due_at)
    return 1
