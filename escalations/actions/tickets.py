"""An escalation's ticket: asked of Jira once, linked, taken off, replaced. Its row says how it stands meanwhile."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from escalations.actions.base import Refused, held, record
from escalations.choices import OPEN, FileState, Fix, Status, TicketState, What
from escalations.models import Escalation
from escalations.queries.addresses import link_of, path_of
from escalations.rules.tickets import CUSTOMER_BUG, TicketFacts, ticket_fields
from integrations.outbox import actions as outbox
from integrations.outbox.choices import ON_ITS_WAY, State
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.models import Ticket

PURPOSE = "escalation.ticket"
ON_ITS_WAY_WORDS = "A ticket is on its way to Jira already: wait for it, or drop it at its receipt."


@transaction.atomic
def ask_ticket(*, escalation: Escalation, project: str, bug: bool, by: Person, at: datetime) -> Delivery | None:
    """Put its ticket on its way to Jira, once: while one is on its way, or linked, nothing new leaves (None where one
    is linked). One that Jira refused is sent again with what stands here now. Raises `Refused`.

    `project`: the key of the project it goes to. What Jira is told is what the row says at this moment.
    """
    row = held(escalation)
    if row.status not in OPEN:
        raise Refused(f"It is {Status(row.status).label.lower()}: open it again first.")
    if row.ticket_state == TicketState.LINKED:
        return None
    if row.ticket_state == TicketState.PENDING and row.ticket_delivery is not None:
        return row.ticket_delivery
    payload = {"project": project, "fields": ticket_fields(_facts(row, project, bug=bug))}
    delivery = _again(row, payload, by, at) if row.ticket_state == TicketState.FAILED else None
    if delivery is None:
        delivery = outbox.enqueue(
            topic="jira.create", scope=f"escalation:{row.pk}", title=f"Create a ticket for E-{row.pk}", at=at, by=by,
            payload=payload, path=path_of(row.pk), purpose=PURPOSE, key=_key(row),
        )
    row.ticket_state, row.ticket_delivery = TicketState.PENDING, delivery
    row.save(update_fields=["ticket_state", "ticket_delivery"])
    record(What.TICKET_ASKED, escalation=row, at=at, by=by, to_value=project, internal=True)
    return delivery


def _key(row: Escalation) -> str:
    """The marker by which Jira's ticket is found again: one for each ticket that it is to have, the next only once the
    last was taken off or dropped."""
    number = row.events.filter(what__in=[What.TICKET_UNLINKED, What.TICKET_FAILED]).count()
    return f"escalation-{row.submission.hex}-{number}"


def veil_ticket(*, row: Escalation, by: Person, at: datetime) -> None:
    """A held row has become confidential: what waits to leave for Jira tells no more than it may. Call it in the
    transaction of the change."""
    delivery = row.ticket_delivery
    if row.ticket_state != TicketState.PENDING or delivery is None or delivery.state != State.WAITING:
        return
    project, labels = delivery.payload["project"], delivery.payload["fields"]["labels"]
    payload = {"project": project, "fields": ticket_fields(_facts(row, project, bug=CUSTOMER_BUG in labels))}
    with suppress(outbox.NotOpen):  # it has left, or may have: whoever marks it is told to look
        outbox.amend(delivery=delivery, payload=payload, by=by, at=at, words="it is confidential now")


def _again(row: Escalation, payload: Mapping[str, object], by: Person, at: datetime) -> Delivery | None:
    """The delivery that Jira refused, on its way again; None where it is gone or was dropped."""
    delivery = row.ticket_delivery
    if delivery is None or delivery.state in {State.SENT, State.DROPPED}:
        return None
    try:
        if delivery.unanswered_at is None:
            return outbox.amend(delivery=delivery, payload=payload, by=by, at=at, words="with what is known now")
        return outbox.retry(delivery=delivery, by=by, at=at)
    except outbox.NotOpen as fault:
        raise Refused(fault.words) from fault


@transaction.atomic
def link_ticket(
    *, escalation: Escalation, ticket: Ticket, by: Person | None, at: datetime, replaces: str = ""
) -> bool:
    """It is this ticket's from now on. `replaces`: why, where it has another one. Returns False where it is linked to
    it already. Raises `Refused` without a reason to replace, and while a new one is on its way to Jira."""
    row = held(escalation)
    if row.ticket_state == TicketState.LINKED and row.ticket_id == ticket.pk:
        return False
    if row.merged_into_id or row.status == Status.CLOSED:
        raise Refused("It is closed: open it again first.")
    if row.ticket_state == TicketState.LINKED:
        if not replaces.strip():
            raise Refused(f"It has {row.ticket}: say why another one takes its place.")
        _take_off(row, replaces, by, at)
    _drop(row, ticket, by, at)
    attach(row, ticket, by, at)
    return True


@transaction.atomic
def unlink_ticket(*, escalation: Escalation, why: str, by: Person, at: datetime) -> None:
    """Take its ticket off; in Jira the ticket stays. Raises `Refused` without a reason, and where there is none."""
    row = held(escalation)
    if row.ticket_state != TicketState.LINKED:
        raise Refused("It has no ticket.")
    if not why.strip():
        raise Refused("Say why the ticket is taken off.")
    _take_off(row, why, by, at)
    row.save(update_fields=["ticket", "ticket_state", "ticket_delivery"])


def _take_off(row: Escalation, why: str, by: Person | None, at: datetime) -> None:
    record(What.TICKET_UNLINKED, escalation=row, at=at, by=by, from_value=str(row.ticket), to_value=why.strip()[:500],
           internal=True)
    row.ticket, row.ticket_state, row.ticket_delivery = None, TicketState.NONE, None


def _drop(row: Escalation, ticket: Ticket, by: Person | None, at: datetime) -> None:
    """What was on its way to Jira is not wanted any more. Raises `Refused` where it has left, or may have."""
    delivery = row.ticket_delivery
    if delivery is None or delivery.state == State.DROPPED:
        return
    if delivery.state == State.SENT:
        # Jira has made it, and it is being read: another one linked now would be the second.
        if row.ticket_state == TicketState.PENDING and delivery.remote_id != str(ticket.pk):
            raise Refused("Jira has just made its ticket, which is being linked. Replace that one then.")
        return
    try:
        outbox.drop(delivery=delivery, by=by, at=at, words="linked by hand", anyway=delivery.state == State.FAILED)
    except outbox.NotOpen as fault:
        raise Refused(ON_ITS_WAY_WORDS) from fault


def attach(row: Escalation, ticket: Ticket, by: Person | None, at: datetime) -> None:
    """Write on a held row that this is its ticket, and put the way back to it on its way to Jira."""
    row.ticket, row.ticket_state = ticket, TicketState.LINKED
    row.save(update_fields=["ticket", "ticket_state", "ticket_delivery"])
    record(What.TICKET_LINKED, escalation=row, at=at, by=by, to_value=ticket.key)
    payload = {"issue": ticket.pk, "identity": f"set-escalation-{row.pk}", "url": link_of(row.pk),
               "title": f"E-{row.pk}" if row.confidential else f"E-{row.pk}: {row.title}"}
    outbox.enqueue(
        topic="jira.remote_link", scope=f"jira:issue:{ticket.pk}", title=f"Link E-{row.pk} in {ticket.key}", at=at,
        payload=payload, by=by, path=path_of(row.pk), key=f"escalation-link-{row.pk}-{ticket.pk}",
    )


# ---- What became of the one that was asked for ----------------------------------------


@transaction.atomic
def note_ticket(*, delivery: Delivery, at: datetime) -> tuple[Escalation, int] | None:
    """Write down what became of a ticket that was asked for. Returns the escalation and Jira's id once it is there and
    not linked yet; None else."""
    found = Escalation.objects.filter(ticket_delivery=delivery).first()
    if found is None:
        return None
    row, old = held(found), found.ticket_state
    delivery.refresh_from_db()
    if old == TicketState.LINKED:
        return None
    if delivery.state == State.SENT:
        return row, int(delivery.remote_id)
    new = _state_of(delivery)
    if new != row.ticket_state:
        row.ticket_state = new
        row.save(update_fields=["ticket_state"])
        if new != TicketState.PENDING:
            words = delivery.fault if new == TicketState.FAILED else "it was dropped"
            record(What.TICKET_FAILED, escalation=row, at=at, by=None, to_value=words[:500], internal=True)
    return None


def _state_of(delivery: Delivery) -> TicketState:
    if delivery.state in ON_ITS_WAY:
        return TicketState.PENDING
    return TicketState.NONE if delivery.state == State.DROPPED else TicketState.FAILED


@transaction.atomic
def attach_created(*, escalation: Escalation, ticket_id: int, by: Person | None, at: datetime) -> bool:
    """The ticket that was asked for is in the mirror: it is linked. False where that was done already."""
    row = held(escalation)
    if row.ticket_state == TicketState.LINKED:
        return False
    attach(row, Ticket.objects.get(pk=ticket_id), by, at)
    return True


# ---- What Jira is told ----------------------------------------------------------------


def _facts(row: Escalation, project: str, *, bug: bool) -> TicketFacts:
    affected = list(row.affected.select_related("customer"))
    files = row.files.filter(state=FileState.RELEASED).values_list("name", flat=True)
    return TicketFacts(
        number=row.pk, link=link_of(row.pk), title=row.title, level=row.get_level_display(), project=project, bug=bug,
        hotfix=row.fix == Fix.HOTFIX, confidential=row.confidential, counted=len(affected),
        customers=() if row.confidential else [one.customer.name for one in affected], environment=_environment(row),
        happened=row.happened, expected=row.expected, steps=row.steps, tried=row.tried, logs=row.logs,
        files=() if row.confidential else list(files), began_at=row.began_at, began_on=row.began_on,
        area=_area(row, project), team_label=row.team.jira_label if row.team else "",
    )


def _area(row: Escalation, project: str) -> str:
    """The area, where the project knows it as a component: Jira refuses a ticket with one that it does not."""
    if row.area is None:
        return ""
    known = Ticket.objects.filter(project_key=project, components__contains=[row.area.name])
    return row.area.name if known.exists() else ""


def _environment(row: Escalation) -> list[tuple[str, str]]:
    """Product version, database, configuration: what a good ticket states."""
    database = f"{row.get_database_display()} {row.database_version}".strip() if row.database else row.database_version
    return [
        ("Server version", row.server_version), ("Mobile version", row.mobile_version), ("Database", database),
        ("Deployment", row.get_deployment_display() if row.deployment else ""),
        ("Cloud provider", row.get_cloud_display() if row.cloud else ""),
        ("Configuration", "" if row.confidential else row.hosting),
        ("People affected", "" if row.confidential else row.affected_people),
        ("Category", row.get_category_display() if row.category else ""),
    ]
