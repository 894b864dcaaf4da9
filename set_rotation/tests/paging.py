"""Pages for tests: raised, rung through time, and what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from people.models import Person
from portal.common.models import Timer
from portal.flows.ticking import TIMERS
from set_rotation.actions import paging
from set_rotation.choices import ContactKind, PageSource, Urgency
from set_rotation.models import ContactMethod, ContactRule, Page, PageAttempt

AT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)  # Wednesday, 3 am in New York
MINUTE = timedelta(minutes=1)


def paged(key: str = "one", **more: Any) -> Page:
    values: dict[str, Any] = {"urgency": Urgency.URGENT, "reason": "Messages fail to post", "at": AT,
                              "source": PageSource.BUTTON} | more
    return paging.raise_page(key=key, **values)[0]


def ring(until: datetime, *, skip: tuple[str, ...] = ()) -> None:
    """Let time go on: every timer of pages rings at its own moment."""
    for _ in range(200):
        timer = Timer.objects.filter(kind__startswith="page.", due_at__lte=until).exclude(kind__in=skip).order_by(
            "due_at", "pk").first()
        if timer is None:
            return
        token = timer.token
        TIMERS[timer.kind](timer.key, timer.due_at)
        Timer.objects.filter(pk=timer.pk, token=token).delete()
    raise AssertionError("timers without an end")


def called(page: Page) -> list[tuple[int, str, float]]:
    """Who was called: round, name (or the words why nobody was) and minutes after the page."""
    rows = PageAttempt.objects.filter(page=page).exclude(key__contains=":told-").order_by("at", "pk")
    found = [(row.round, row.person.name if row.person and row.delivery_id else row.words, (row.at - AT) / MINUTE)
             for row in rows]
    return list(dict.fromkeys(found))


def fresh(page: Page) -> Page:
    return Page.objects.select_related("only_to", "by", "acknowledged_by", "resolved_by").get(pk=page.pk)


def whats(page: Page) -> list[str]:
    return list(page.events.order_by("at", "pk").values_list("what", flat=True))


def rules(person: Person, *minutes: int) -> list[ContactMethod]:
    methods = []
    for count in minutes:
        method = ContactMethod.objects.create(person=person, kind=ContactKind.APPRISE, label=f"Phone {count}",
                                              address="json://localhost", added_at=AT, verified_at=AT)
        ContactRule.objects.create(person=person, urgency=Urgency.URGENT, method=method, minutes=count)
        methods.append(method)
    return methods
