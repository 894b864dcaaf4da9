"""Monday's incident review: what was closed in the week before, what waits, and the actions that are open."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from cadence.queries.facts import team_day, team_zone
from escalations.rules import markdown
from incidents.choices import ActionState, State
from incidents.models import Incident, Promise, RetroAction, Retrospective
from incidents.queries.measured import measured_of
from incidents.queries.retrospective import ActionLine, Step, action_lines, steps_of
from incidents.queries.seen import visible
from people.choices import Right
from people.models import Person

DAY, WEEK = timedelta(days=1), timedelta(days=7)
EARLIEST = date(2000, 1, 3)  # no review is looked for before it: weeks cannot be counted back for ever
SAID = (("root_cause", "Root cause"), ("issue", "What was the issue"), ("improve", "What might improve"),
        ("change", "What changes"))


@dataclass(frozen=True)
class Closed:
    """An incident that is looked at: who was concerned, what was measured, what was learnt."""

    incident: Incident
    customers: tuple[str, ...]
    lasted: timedelta | None
    punctuality: str
    said: tuple[tuple[str, SafeString], ...]
    actions: int
    open_actions: int


@dataclass(frozen=True)
class Waiting:
    """One that is resolved and not closed: its next date, None where all are met."""

    incident: Incident
    customers: tuple[str, ...]
    next: Step | None


@dataclass(frozen=True)
class ReviewPage:
    """See templates/incidents/review/review.html. `monday`: the day of the review; it looks at the seven days before.
    `following` is "" for the newest."""

    monday: date
    first: date
    last: date
    previous: date
    following: date | None
    closed: tuple[Closed, ...]
    waiting: tuple[Waiting, ...]
    actions: tuple[ActionLine, ...]
    overdue: int


def monday_of(text: str, today: date) -> date:
    """The Monday of a review: that of the day which an address asks for, else the next one, or today if it is one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    day = min(max(day, EARLIEST), today + WEEK)
    return day + timedelta(days=-day.weekday() % 7)


def review_page(asked: str, person: Person, rights: Collection[Right], at: datetime) -> ReviewPage:
    """The review of a week, of what the reader sees, without drills. Seven queries."""
    today = team_day(at)
    monday, newest = monday_of(asked, today), monday_of("", today)
    seen = visible(person, rights).filter(drill=False)
    zone = ZoneInfo(team_zone())
    start, end = (datetime.combine(day, time(), zone) for day in (monday - WEEK, monday))
    closed = seen.filter(state=State.CLOSED, closed_at__gte=start, closed_at__lt=end).order_by("severity", "closed_at")
    waiting = seen.filter(state__in=[State.WATCHED, State.CONFIRMED]).order_by("resolved_at")
    actions = action_lines(
        RetroAction.objects.filter(incident__in=seen, state=ActionState.OPEN).order_by("due_on", "pk"), today
    )
    return ReviewPage(
        monday=monday, first=monday - WEEK, last=monday - DAY, previous=monday - WEEK,
        following=monday + WEEK if monday < newest else None,
        closed=tuple(_closed(one, at) for one in closed.select_related("status", "retrospective").prefetch_related(
            "customers__customer__merged_into", "actions", Prefetch("promises", Promise.objects.order_by("pk")))),
        waiting=tuple(_waiting(one, today) for one in waiting.select_related("retrospective").prefetch_related(
            "customers__customer__merged_into")),
        actions=actions, overdue=sum(1 for one in actions if one.overdue),
    )


def _closed(row: Incident, at: datetime) -> Closed:
    retro, actions = _retro(row), list(row.actions.all())
    measured = measured_of(row, (), list(row.promises.all()), at)
    said = [(label, markdown.html(str(getattr(retro, name)))) for name, label in SAID
            if retro is not None and getattr(retro, name)]
    return Closed(row, _names(row), measured.lasted, measured.punctuality, tuple(said), len(actions),
                  sum(1 for one in actions if one.state == ActionState.OPEN))


def _waiting(row: Incident, today: date) -> Waiting:
    retro = _retro(row)
    ahead = [one for one in steps_of(retro, today) if not one.done] if retro else []
    return Waiting(row, _names(row), ahead[0] if ahead else None)


def _retro(row: Incident) -> Retrospective | None:
    try:
        return row.retrospective
    except Retrospective.DoesNotExist:
        return None


def _names(row: Incident) -> tuple[str, ...]:
    named = ((one.customer.merged_into or one.customer).name for one in row.customers.all())
    return tuple(dict.fromkeys(named))
