"""The weekly update on its way: drafted before the meeting, posted or corrected by the lead, called to mind."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from integrations.outbox import actions as outbox
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.queries import leading
from portal.flows.delivery import REMINDER, queue_delivery, reminder_key
from tickets.actions.weekly import updates
from tickets.actions.weekly.counts import count_days
from tickets.choices import UpdateState
from tickets.models import WeeklyUpdate
from tickets.queries.weekly.charts import charts
from tickets.queries.weekly.dates import due_now
from tickets.rules.weekly.charts import Area
from tickets.rules.weekly.debt import debt_fields, debt_key


def draft_weekly(*, at: datetime) -> WeeklyUpdate | None:
    """Draft this week's update once its time has come; None before, and when there is one."""
    count_days(at=at)
    due = due_now(at)
    if at < due.draft_at:
        return None
    update, made = updates.draft_update(day=due.day, at=due.draft_at, now=at, remind_at=due.remind_at)
    return update if made else None


def draft_weekly_now(*, by: Person, at: datetime) -> WeeklyUpdate:
    """Somebody does not want to wait: this week's update, counted up to now, or the one that is there."""
    due = due_now(at)
    update, _ = updates.draft_update(day=due.day, at=min(at, due.draft_at), now=at, by=by, remind_at=due.remind_at)
    return update


def post_weekly(*, update: WeeklyUpdate, text: str | None, seen: int, by: Person, at: datetime) -> bool:
    """Post, once; False when somebody was quicker. Raises `updates.Refused`."""
    _, delivery = updates.post_update(
        update=update, channel=settings.ENV.mattermost.set_channel, path=_path(update), by=by, now=at, text=text,
        seen=seen,
    )
    return _on_its_way(delivery)


def correct_weekly(*, update: WeeklyUpdate, text: str, seen: int, by: Person, at: datetime) -> bool:
    """Edit the post; False when the text is the same. Raises `updates.Refused`."""
    _, delivery = updates.correct_update(update=update, text=text, seen=seen, path=_path(update), by=by, now=at)
    return _on_its_way(delivery)


def remind_of_weekly(key: str, at: datetime) -> None:
    """The evening of the meeting, and it is not in the channel: whoever leads gets a mail, once for each update."""
    update = updates.not_there(date.fromisoformat(key))
    if update is not None:
        for person in leading(at, Role.LEAD):
            _remind(update, person, at)


def _remind(update: WeeklyUpdate, person: Person, at: datetime) -> None:
    day, link = update.meeting_date, settings.PORTAL_BASE_URL + _path(update)
    context = {"day": day, "link": link, "posted": update.state == UpdateState.POSTED}
    subject, _, body = render_to_string("tickets/weekly/reminder.txt", context).strip().partition("\n")
    with transaction.atomic():
        queue_delivery(outbox.enqueue(
            topic="mail.send", scope=f"mail:{reminder_key(day)}{person.pk}", purpose=REMINDER, at=at,
            title=f"Remind {person.name} of the weekly update of {day:%d %B}", path=_path(update),
            payload={"to": person.email, "subject": subject, "text": body.strip() + "\n"},
            key=f"{reminder_key(day)}{person.pk}",
        ))


def make_debt_ticket(*, component: str, at: datetime, by: Person) -> Delivery:
    """A technical debt ticket for a component whose bugs keep coming, with their numbers; Jira gets it by the outbox.

    One a component and day, however often it is asked for.
    """
    project = settings.ENV.jira.projects[0]
    area = next((area for area in charts(at=at).areas if area.name == component), Area(component, 0, 0, 0))
    fields = debt_fields(component, area, project=project)
    with transaction.atomic():
        delivery = outbox.enqueue(
            topic="jira.create", scope=f"debt:{component}"[:120], title=f"Technical debt ticket: {component}",
            payload={"project": project, "fields": fields}, at=at, by=by, path=reverse("tickets:weekly_charts"),
            purpose="weekly", key=debt_key(component, at),
        )
        queue_delivery(delivery)
    return delivery


def _on_its_way(delivery: Delivery | None) -> bool:
    if delivery is not None:
        queue_delivery(delivery)
    return delivery is not None


def _path(update: WeeklyUpdate) -> str:
    return reverse("tickets:weekly_of", args=[update.meeting_date.isoformat()])
