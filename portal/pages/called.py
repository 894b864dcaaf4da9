"""Pages (the paging kind) among what needs somebody now: red for whom they call, amber for who has one."""

from collections.abc import Collection

from django.urls import reverse

from people.choices import Right
from people.models import Person
from portal.pages.needs import Need
from set_rotation.queries.paging import Called, called_now


def paging_needs(person: Person, rights: Collection[Right]) -> tuple[Need, ...]:
    """The unresolved pages as this reader's lines. One query; none for whoever answers no pages."""
    if Right.ANSWER_PAGES not in rights:
        return ()
    return tuple(_need(page, plans=Right.PLAN_ROTATIONS in rights) for page in called_now(person))


def _need(page: Called, *, plans: bool) -> Need:
    url = reverse("set_rotation:page", args=[page.id])
    if page.mine:
        return Need("amber", "eye", f"You have a page that is not resolved: {page.reason}", url, at=page.at,
                    label="Open", detail="It pages again when nobody touches it for long.")
    if page.calls_me or (page.unanswered and plans):
        title = f"Nobody answers a page: {page.reason}" if page.unanswered else f"You are paged: {page.reason}"
        return Need("red", "bell", title, url, at=page.at, label="Answer", primary=True,
                    detail="" if page.calls_me else "The ladder is at its end.")
    return Need("amber", "bell", f"Somebody is paged: {page.reason}", url, at=page.at, label="Look",
                detail="Nobody has acknowledged it yet.")
