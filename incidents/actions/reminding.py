"""People are reminded of what comes after: the three dates of a retrospective, and actions whose day has come."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse

from cadence.queries.facts import holidays, team_day
from cadence.rules.days import is_business_day, next_business_day
from incidents.actions.after import DEADLINE, morning
from incidents.actions.base import record
from incidents.actions.followups import REMIND, path_of, reminder_day
from incidents.choices import ActionState, RetroState, Role, State, What
from incidents.models import Incident, RetroAction, Retrospective
from incidents.queries.seen import may_see
from people.models import Person
from portal.common.timers import set_timer
from set_rotation.actions.telling import tell
from set_rotation.choices import Seat
from set_rotation.queries.facts import holder

OVERDUE_FOR = 10  # business days on which people are reminded of a date; then Monday's review says it alone
HELD_SO_FAR = list(RetroState)
DATES: tuple[tuple[str, str, RetroState], ...] = (
    ("hold_by", "hold the retrospective", RetroState.HELD), ("draft_by", "draft the summary", RetroState.DRAFTED),
    ("send_by", "send it to the customer", RetroState.SENT),
)


@transaction.atomic
def remind_of_dates(*, incident_id: int, at: datetime) -> int:
    """It is the morning of one of the dates, or one has passed: commander and deputy are told what is due, from the
    second day on the SET lead too. Sets the next morning. Returns how many people were told.

    Each morning tells once, however often it is asked for; on a day on which nobody works it waits for the next.
    """
    row = Incident.objects.select_for_update(of=("self",)).filter(pk=incident_id).first()
    retro = Retrospective.objects.select_for_update().filter(incident=incident_id).first()
    if row is None or retro is None or not (row.state in (State.WATCHED, State.CONFIRMED) or _corrected(row, retro)):
        return 0
    today = team_day(at)
    if not _working(today):  # the portal was away on the day itself, or it became a holiday
        set_timer(kind=DEADLINE, key=str(row.pk), due_at=morning(next_business_day(today, holidays())))
        return 0
    due = [(name, words) for name, words in open_dates(row, retro) if getattr(retro, name) <= today]
    told = _tell_due(row, retro, due, today, at) if due else 0
    _next_morning(row, retro, today)
    return told


def _corrected(row: Incident, retro: Retrospective) -> bool:
    """Whether it is closed, and the customer has a copy that was corrected since."""
    sent = row.resolved_at is not None and retro.sent_at is not None and retro.sent_at >= row.resolved_at
    return row.state == State.CLOSED and sent and retro.state != RetroState.SENT


def open_dates(row: Incident, retro: Retrospective) -> list[tuple[str, str]]:
    """The dates that are not met yet, in their order: the field, and what is to be done. Nothing of a drill, or of our
    own server, is sent to a customer."""
    inside = row.drill or not row.customers.exists()
    state = HELD_SO_FAR.index(RetroState(retro.state))
    return [(name, words) for name, words, reached in DATES
            if state < HELD_SO_FAR.index(reached) and not (inside and reached == RetroState.SENT)]


def _tell_due(
    row: Incident, retro: Retrospective, due: list[tuple[str, str]], today: date, at: datetime
) -> int:
    late = min(getattr(retro, name) for name, _ in due) < today
    lines = [f"- {words}: by {getattr(retro, name):%A, %-d %B}{', overdue' if getattr(retro, name) < today else ''}"
             for name, words in due]
    people = _concerned(row, at, late=late)
    subject = f"{row.called}: {due[0][1]} {'was due' if late else 'is due today'}"
    for person in people:
        tell(person, key=f"retro-{row.pk}-{today:%Y%m%d}-{person.pk}", subject=subject, text="\n".join(lines),
             path=path_of(row), at=at, purpose="incident")
    retro.reminded = {**{name: at.isoformat() for name, _ in due}, **retro.reminded}
    retro.save(update_fields=["reminded"])
    names = ", ".join(person.name for person in people) or "nobody: no role is held"
    record(What.REMINDED_AFTER, incident=row, at=at, by=None, tone="amber" if late else "",
           words=f"Reminded to {due[0][1]}: {names}", source=f"retro:{today:%Y%m%d}")
    return len(people)


def _concerned(row: Incident, at: datetime, *, late: bool) -> list[Person]:
    held = {one.role: one.person for one in row.roles.filter(ends_at__isnull=True).select_related("person")}
    found = [held.get(Role.COMMANDER), held.get(Role.DEPUTY)]
    if (late or not any(found)) and not (row.private or row.drill):  # these are told to their own people
        found.append(holder(Seat.LEAD, at))
    return _each(found) or _each([row.declared_by])


def _each(people: Iterable[Person | None]) -> list[Person]:
    return list({person.pk: person for person in people if person is not None and person.is_active}.values())


def _next_morning(row: Incident, retro: Retrospective, today: date) -> None:
    dates = [getattr(retro, name) for name, _ in open_dates(row, retro)]
    if not dates or _passed(min(dates), today) >= OVERDUE_FOR:
        return
    ahead = [day for day in dates if day > today]
    overdue = [day for day in dates if day <= today]
    day = next_business_day(today, holidays()) if overdue else min(ahead)
    set_timer(kind=DEADLINE, key=str(row.pk), due_at=morning(day))


def _passed(first: date, today: date) -> int:
    day, number, free = first, 0, holidays()
    while day < today and number < OVERDUE_FOR:
        day, number = next_business_day(day, free), number + 1
    return number


@transaction.atomic
def remind_of_action(*, action_id: int, at: datetime) -> bool:
    """The day of an action has come: its owner is told, and again a week later while it is open. Of a day on which
    nobody works they are told on the business day before. False where nobody is to be told."""
    rows = RetroAction.objects.select_for_update()  # nothing is joined, as in `base.held`
    row = rows.filter(pk=action_id, state=ActionState.OPEN, due_on__isnull=False).first()
    if row is None or row.due_on is None:
        return False
    today = team_day(at)
    first = reminder_day(row.due_on)
    if first > today or not _working(today):  # its day was moved while this was on its way, or nobody works
        later = first if first > today else next_business_day(today, holidays())
        set_timer(kind=REMIND, key=str(row.pk), due_at=morning(later))
        return False
    set_timer(kind=REMIND, key=str(row.pk), due_at=morning(_in_a_week(today)))
    own = [one for one in _each([row.owner]) if may_see(one, row.incident)]
    people = own or _concerned(row.incident, at, late=True)
    for person in people:
        tell(person, key=f"action-{row.pk}-{today:%Y%m%d}-{person.pk}", at=at, purpose="incident",
             subject=f"{row.incident.called}: an action {_how_due(row.due_on, today)}",
             text=f"{row.title}\nDue on {row.due_on:%A, %-d %B}{f', {row.ticket.key}' if row.ticket else ''}.",
             path=f"{reverse('incidents:retrospective', args=[row.incident_id])}#actions")
    row.reminded_at = at
    row.save(update_fields=["reminded_at"])
    return bool(people)


def _how_due(due_on: date, today: date) -> str:
    if due_on > today:
        return f"is due on {due_on:%A}"
    return "is due today" if due_on == today else "is overdue"


def _working(day: date) -> bool:
    return is_business_day(day, holidays())


def _in_a_week(today: date) -> date:
    day, free = today, holidays()
    for _ in range(5):
        day = next_business_day(day, free)
    return day
