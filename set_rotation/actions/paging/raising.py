"""Raising a page: somebody is needed now."""

import hashlib
from datetime import datetime

from django.db import transaction

from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.base import Refused
from set_rotation.actions.paging.base import STEP, new_token, page_event, pages_changed, policy_of, timer_key
from set_rotation.choices import PageSource, PageWhat, Urgency
from set_rotation.models import Page, PagePolicy
from set_rotation.rules.page_words import clean_line, clean_path, clean_text
from set_rotation.rules.paging import first_due, fixed

LONGEST_KEY = 120
# Without a stored policy somebody is paged all the same.
WITHOUT_POLICY = [{"seat": "primary", "minutes": 0}, {"seat": "backup", "minutes": 5}, {"seat": "lead", "minutes": 5}]


def raise_page(
    *, key: str, urgency: Urgency, reason: str, at: datetime, source: PageSource, details: str = "", path: str = "",
    by: Person | None = None, from_whom: str = "", only_to: Person | None = None, test: bool = False,
    minute: float = 60,
) -> tuple[Page, bool]:
    """Page whoever is on duty, by the policy of this urgency as it is now. Returns the page, and whether it is new.

    The same `key` is the same page, and nothing new. `path`: the portal's page that it is about, or an address.
    `only_to`: this person alone and no seat; a `test` of their set-up is one round. `minute`: how many seconds a minute
    of the policy lasts, which tests shorten. The first message leaves with the next tick, about a second later.

    Raises `Refused` without a reason, and for an `only_to` who has left.
    """
    reason = clean_line(reason)
    if not reason:
        raise Refused("Say in a few words why somebody is needed.")
    if only_to is not None and not only_to.is_active:
        raise Refused(f"{only_to.name} has left: page somebody else.")
    policy = _policy_now(urgency, test=test, minute=minute)
    with transaction.atomic():
        page, made = Page.objects.get_or_create(key=_short(key), defaults={
            "urgency": urgency, "reason": reason, "details": clean_text(details), "path": clean_path(path),
            "source": source, "policy": policy, "token": new_token(), "only_to": only_to, "by": by,
            "from_whom": clean_line(from_whom), "at": at, "test": test,
        })
        if made:
            page.due_at = first_due(policy_of(page), at)
            page.save(update_fields=["due_at"])
            page_event(page, PageWhat.RAISED, at=at, by=by, to_value=reason).save()
            set_timer(kind=STEP, key=timer_key(page), due_at=page.due_at)
            pages_changed([page.pk])
    return page, made


@transaction.atomic
def reword(
    *, page: Page, reason: str, details: str, by: Person | None, at: datetime, path: str | None = None, key: str = ""
) -> bool:
    """Say otherwise what a page is about, to whoever looks and in each message from now on; what has left stays as it
    was. `path`, `key`: where it leads and what it is known by from now on, None and "" for as before. Where its ladder
    stands is not touched. The event does not repeat words that fewer are to see. Returns whether anything changed.
    Raises `Refused` without a reason."""
    reason, details = clean_line(reason), clean_text(details)
    if not reason:
        raise Refused("Say in a few words why somebody is needed.")
    values = {"reason": reason, "details": details, "key": _short(key) if key else page.key,
              "path": page.path if path is None else clean_path(path)}
    if not Page.objects.filter(pk=page.pk).exclude(**values).update(**values):
        return False
    for name, value in values.items():
        setattr(page, name, value)
    page_event(page, PageWhat.REWORDED, at=at, by=by).save()
    pages_changed([page.pk])
    return True


def _policy_now(urgency: Urgency, *, test: bool, minute: float) -> dict[str, object]:
    row = PagePolicy.objects.filter(urgency=urgency).first() or PagePolicy(steps=WITHOUT_POLICY)
    rounds, stale = (1, 0) if test else (row.rounds, row.stale)
    return fixed(steps=row.steps, again=row.again, rounds=rounds, stale=stale, minute=minute)


def _short(key: str) -> str:
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[:80]}#{hashlib.sha256(key.encode()).hexdigest()[:32]}"
