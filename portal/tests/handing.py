"""Two rotations, one handing over to the other, and tickets in the outgoing people's hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from people.models import Person
from portal.common import clock
from set_rotation.models import Rotation
from set_rotation.tests.factories import crew, rotation
from tickets.choices import Column
from tickets.models import JiraUser, Ticket


@dataclass
class Handing:
    """The crew that is on SET now, the lead first, and the next one."""

    now: Rotation
    next: Rotation
    outgoing: list[Person]
    incoming: list[Person]


def handing(
    *, outgoing: Sequence[Person] | None = None, incoming: Sequence[Person] | None = None, account: bool = True
) -> Handing:
    """A rotation that runs now, and the next one; the outgoing have Jira accounts `out-0` to `out-4`, the incoming
    `in-0` to `in-4` (where `account`)."""
    out, come = list(outgoing or crew()), list(incoming or crew())
    for name, people in (("out", out), ("in", come)):
        for number, person in enumerate(people):
            if not person.jira_account_id and (account or name == "out"):
                person.jira_account_id = f"{name}-{number}"
                person.save(update_fields=["jira_account_id"])
                JiraUser.objects.get_or_create(account_id=person.jira_account_id,
                                               defaults={"display_name": person.name})
    first = monday()
    return Handing(rotation(out, first_on=first), rotation(come, first_on=first + timedelta(weeks=2)), out, come)


def monday() -> date:
    """The Monday on which a rotation began that runs now; of a Monday before nine the week before's."""
    today = clock.now().date() - timedelta(days=1)
    return today - timedelta(days=today.weekday())


def given_to(person: Person, number: int, *, column: Column = Column.IN_PROGRESS, at: datetime | None = None) -> Ticket:
    """A ticket MM-<number> that this person has."""
    return open_ticket(number, person.jira_account_id, column=column, at=at)


def open_ticket(
    number: int, account: str | None, *, column: Column = Column.IN_PROGRESS, at: datetime | None = None
) -> Ticket:
    """A ticket MM-<number> that this account, or nobody, has."""
    now = at or clock.now()
    return Ticket.objects.create(
        id=number, key=f"MM-{number}", project_key="MM", kind="Bug", column=column, assignee_id=account,
        summary=f"Number {number}", created=now, updated=now, status_since=now, mirrored_at=now,
    )
