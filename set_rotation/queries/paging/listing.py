"""The list of pages: those that need somebody first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, IntegerField, Value, When
from django.urls import reverse

from set_rotation.choices import PageSource, PageState, Urgency
from set_rotation.models import Page, PageAttempt
from set_rotation.models.paging import PageQuerySet

TONES = {PageState.OPEN: "red", PageState.UNANSWERED: "red", PageState.ACKNOWLEDGED: "amber",
         PageState.SNOOZED: "amber", PageState.RESOLVED: "green"}
ICONS = {PageState.OPEN: "bell", PageState.UNANSWERED: "fail", PageState.ACKNOWLEDGED: "eye",
         PageState.SNOOZED: "pause", PageState.RESOLVED: "done"}
TESTS = "tests"


@dataclass(frozen=True)
class State:
    """A page's state as a badge."""

    value: str
    label: str
    tone: str
    icon: str


def state_of(page: Page) -> State:
    """A test that nobody answered alarms nobody."""
    state = PageState(page.state)
    tone = "amber" if page.test and TONES[state] == "red" else TONES[state]
    return State(state.value, state.label, tone, ICONS[state])


@dataclass(frozen=True)
class PageLine:
    """A page in the list. `with_whom`: who has it, or who is paged; `answered_in`: from paging to acknowledging."""

    id: int
    url: str
    reason: str
    urgency: str
    urgent: bool
    test: bool
    state: State
    at: datetime
    by: str
    with_whom: str
    answered_in: timedelta | None


def pages_of(state: str = "") -> PageQuerySet:
    """The pages of a state ("unresolved": all but the resolved), those that still need somebody first. Tests of how
    people are reached stand apart ("tests")."""
    found = Page.objects.filter(test=state == TESTS).select_related("by", "acknowledged_by", "resolved_by", "only_to")
    if state == "unresolved":
        found = found.unresolved()
    elif state in PageState.values:
        found = found.filter(state=state)
    first = Case(
        When(state__in=[PageState.OPEN, PageState.UNANSWERED], test=False, then=Value(0)),
        When(state=PageState.RESOLVED, then=Value(2)), default=Value(1), output_field=IntegerField(),
    )
    return found.order_by(first, "-at", "-pk")


def page_lines(rows: Sequence[Page]) -> tuple[PageLine, ...]:
    """The lines of these pages. One query."""
    called = last_called(row.pk for row in rows if row.state in {PageState.OPEN, PageState.UNANSWERED})
    return tuple(_line(row, called.get(row.pk, "")) for row in rows)


def _line(page: Page, called: str) -> PageLine:
    if page.state in {PageState.OPEN, PageState.UNANSWERED}:
        whom = f"{called} was called" if called else "Nobody yet"
    else:
        holder = page.acknowledged_by or page.resolved_by
        whom = holder.name if holder else ""
    return PageLine(
        id=page.pk, url=reverse("set_rotation:page", args=[page.pk]), reason=page.reason,
        urgency=Urgency(page.urgency).label, urgent=page.urgency == Urgency.URGENT, test=page.test,
        state=state_of(page), at=page.at, by=raised_by(page), with_whom=whom,
        answered_in=page.acknowledged_at - page.at if page.acknowledged_at else None,
    )


def mail_key(mail: str) -> str:
    """The key of the page that a mail raises."""
    return f"mail:{mail}"


def page_of_mails(mails: Collection[str]) -> Page | None:
    """The page that one of these mails has raised, while somebody is called or has it. One query at most."""
    if not mails:
        return None
    going_on = Page.objects.unresolved().exclude(state=PageState.UNANSWERED)
    return going_on.filter(key__in=[mail_key(mail) for mail in mails]).order_by("-pk").first()


def last_called(ids: Iterable[int]) -> dict[int, str]:
    """By page, the name of whom the ladder has reached last. One query."""
    rows = PageAttempt.objects.filter(page__in=list(ids), person__isnull=False, delivery__isnull=False)
    return dict(rows.order_by("at", "pk").values_list("page_id", "person__name"))


def raised_by(page: Page) -> str:
    """Who raised it, in words."""
    return page.by.name if page.by else page.from_whom or PageSource(page.source).label


def counted() -> dict[str, int]:
    """How many pages there are in each state, in all (""), unresolved and tests. One query."""
    rows = Page.objects.order_by().values_list("state", "test").annotate(n=Count("pk"))
    real = {state: n for state, test, n in rows if not test}
    return {state: real.get(state, 0) for state in PageState.values} | {
        "": sum(real.values()), "unresolved": sum(n for state, n in real.items() if state != PageState.RESOLVED),
        TESTS: sum(n for _, test, n in rows if test),
    }
