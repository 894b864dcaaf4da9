"""What the pages about paging show."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q

from people.choices import Right, Role
from people.models import Person, PersonQuerySet
from people.rules import RIGHTS
from set_rotation.choices import PageState, What
from set_rotation.models import Page, PageAttempt, RotationEvent
from set_rotation.queries.paging.detail import PageView, page_view, seen_of
from set_rotation.queries.paging.ladder import Preview, again_words, coming, preview
from set_rotation.queries.paging.listing import PageLine, counted, page_lines, pages_of

__all__ = [
    "OPEN_NOW", "Called", "PageLine", "PageView", "Preview", "again_words", "answerers", "called_now", "coming",
    "count_open", "counted", "kept_open", "page_lines", "page_of_delivery", "page_view", "page_whole", "pages_of",
    "policy_changes", "preview", "seen_of",
]
OPEN_NOW = "frame:pages"  # how many pages call somebody: for the rail of every page, which asks no database for it


def page_of_delivery(delivery_id: int) -> int | None:
    """The page that a delivery belongs to. One query."""
    return PageAttempt.objects.filter(delivery=delivery_id).values_list("page_id", flat=True).first()


def page_whole(pk: int) -> Page | None:
    """A page with its people. One query."""
    return Page.objects.select_related("by", "acknowledged_by", "resolved_by", "only_to").filter(pk=pk).first()


@dataclass(frozen=True)
class Called:
    """An unresolved page as one reader sees it: it calls them, they have it (`mine`), or neither."""

    id: int
    reason: str
    at: datetime
    calls_me: bool
    mine: bool
    unanswered: bool


def called_now(person: Person) -> tuple[Called, ...]:
    """The pages that still call somebody, and those that this person has; no tests, but one's own. One query."""
    theirs = PageAttempt.objects.filter(page=OuterRef("pk"), person=person, delivery__isnull=False)
    calling = Q(state__in=[PageState.OPEN, PageState.UNANSWERED])
    rows = Page.objects.filter(calling | Q(state=PageState.ACKNOWLEDGED, acknowledged_by=person))
    rows = rows.exclude(Q(test=True) & (~Q(only_to=person) | Q(state=PageState.UNANSWERED)))
    found = rows.annotate(reached=Exists(theirs)).order_by("-at", "-pk").values_list(
        "pk", "reason", "at", "state", "only_to_id", "reached"
    )
    return tuple(
        Called(pk, reason, at, calls_me=reached or only_to == person.pk, mine=state == PageState.ACKNOWLEDGED,
               unanswered=state == PageState.UNANSWERED)
        for pk, reason, at, state, only_to, reached in found[:10]
    )


def answerers() -> PersonQuerySet:
    """Those to whom a page can be given: everybody here who holds a role that answers pages, by name."""
    roles = [role.value for role in Role if Right.ANSWER_PAGES in RIGHTS[role]]
    return Person.objects.joined().filter(groups__name__in=roles).distinct().order_by("name", "pk")


def policy_changes() -> list[RotationEvent]:
    """Who changed which policy, the latest ten. One query."""
    return list(RotationEvent.objects.filter(what=What.POLICY_CHANGED).select_related("by")[:10])


def count_open() -> int:
    """How many pages call somebody now, and kept for the rail. Called after each change. One query."""
    count = Page.objects.filter(state__in=[PageState.OPEN, PageState.UNANSWERED], test=False).count()
    cache.set(OPEN_NOW, count, None)
    return count


def kept_open() -> int | None:
    """What was counted last; None when nobody has counted."""
    kept: int | None = cache.get(OPEN_NOW)
    return kept
