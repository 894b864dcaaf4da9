"""What the pages about paging show."""

from django.db.models import Q

from people.models import Person
from set_rotation.choices import PageState, What
from set_rotation.models import Page, PageAttempt, RotationEvent
from set_rotation.queries.paging.detail import PageView, page_view, seen_of
from set_rotation.queries.paging.ladder import Preview, again_words, coming, preview
from set_rotation.queries.paging.listing import PageLine, counted, page_lines, pages_of

__all__ = [
    "PageLine", "PageView", "Preview", "again_words", "coming", "counted", "page_lines", "page_of_delivery",
    "page_view", "page_whole", "pages_of", "policy_changes", "preview", "seen_of", "unresolved_of",
]


def page_of_delivery(delivery_id: int) -> int | None:
    """The page that a delivery belongs to. One query."""
    return PageAttempt.objects.filter(delivery=delivery_id).values_list("page_id", flat=True).first()


def page_whole(pk: int) -> Page | None:
    """A page with its people. One query."""
    return Page.objects.select_related("by", "acknowledged_by", "resolved_by", "only_to").filter(pk=pk).first()


def unresolved_of(person: Person) -> list[Page]:
    """The unresolved pages that somebody has been reached by or has acknowledged, the newest first; no tests."""
    mine = Q(attempts__person=person, attempts__delivery__isnull=False) | Q(acknowledged_by=person)
    mine |= Q(only_to=person)
    found = Page.objects.unresolved().filter(mine, test=False).exclude(
        ~Q(acknowledged_by=person), state__in=[PageState.ACKNOWLEDGED, PageState.SNOOZED]
    )
    return list(found.distinct().order_by("-at", "-pk")[:20])


def policy_changes() -> list[RotationEvent]:
    """Who changed which policy, the latest ten. One query."""
    return list(RotationEvent.objects.filter(what=What.POLICY_CHANGED).select_related("by")[:10])
