"""The verbs of triage: a meeting's list, a decision with its writes to Jira, taking one back."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from cadence.queries import calendar_now
from integrations.outbox.actions import NotOpen
from integrations.outbox.choices import State
from people.models import FeatureTeam, Person
from portal.common import locks
from tickets.actions import writes
from tickets.actions.writes.change import statuses_of
from tickets.actions.writes.shown import locked
from tickets.choices import Column, TriageVerb, Verb
from tickets.models import (
    Ticket,
    TicketWrite,
    TriageDecision,
    TriageItem,
    TriageKnown,
    TriageMeeting,
    WordCount,
    WorkflowStep,
)
from tickets.queries.ticket import find_ticket
from tickets.queries.triage.queue import in_order, in_triage, last_list, queue
from tickets.rules.triage import DUPLICATE, GRACE, INFO_LABEL, MADE_BEFORE, Choice, Unfit, filled, since_of

SAYS_WHY = (Verb.COMMENT, Verb.LINK)


class AlreadyDecided(Exception):
    """Somebody was first; `decision` says who decided what."""

    def __init__(self, decision: TriageDecision) -> None:
        super().__init__(str(decision))
        self.decision = decision


class NotInTriage(Exception):
    """The ticket is no bug in triage any more, by what happened in Jira; `words` say so."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def make_list(*, meeting_at: datetime, at: datetime) -> TriageMeeting | None:
    """Make the list of the meeting that begins then. None when it is there already."""
    with transaction.atomic():
        last = last_list()
        if last is not None and last.at >= meeting_at:
            return None
        since = since_of(last_made=last.made_at if last else None, at=at)
        meeting, made = TriageMeeting.objects.get_or_create(at=meeting_at, defaults={"made_at": at, "since": since})
        if not made:
            return None
        before = set(last.items.values_list("ticket_id", flat=True)) if last else set()
        ids = in_order(queue(last, at)).values_list("id", flat=True)
        TriageItem.objects.bulk_create(
            TriageItem(meeting=meeting, ticket_id=ticket, position=place, left=ticket in before)
            for place, ticket in enumerate(ids, 1)
        )
        _know_the_others(meeting)
    return meeting


def _know_the_others(meeting: TriageMeeting) -> None:
    """Remember who is in triage and not on this list: whoever comes into triage later is told apart from them."""
    TriageKnown.objects.all().delete()
    others = in_triage().exclude(id__in=meeting.items.values("ticket")).values_list("id", flat=True)
    known = (TriageKnown(ticket_id=ticket) for ticket in others.order_by("id"))
    TriageKnown.objects.bulk_create(known, batch_size=5_000, ignore_conflicts=True)


def decide(*, ticket_id: int, choice: Choice, by: Person, at: datetime) -> TriageDecision:
    """Decide of a bug in triage. Its writes leave after `GRACE`; until then it can be taken back.

    Raises `AlreadyDecided`, `NotInTriage`, `Unfit` with a sentence, and `writes.NotThere`.
    """
    with transaction.atomic():
        ticket = locked(ticket_id)
        standing = TriageDecision.objects.standing().select_related("by").filter(ticket=ticket).first()
        if not in_triage().filter(id=ticket.id).exists():
            if standing is not None:
                raise AlreadyDecided(standing)
            raise NotInTriage(_why_not(ticket))
        if standing is not None:
            TriageDecision.objects.filter(id=standing.id).update(over_at=at)
        made = _decision(ticket, choice, by, at)
        made.writes.set(_written(ticket, made, choice, by, at))
    return made


def _decision(ticket: Ticket, choice: Choice, by: Person, at: datetime) -> TriageDecision:
    team = FeatureTeam.objects.filter(id=choice.team or 0).first() if choice.verb == TriageVerb.ROUTE else None
    other = _other(ticket, choice.other) if choice.verb == TriageVerb.DUPLICATE else None
    if choice.verb == TriageVerb.ROUTE and (team is None or not team.jira_label):
        name = team.name if team else "That team"
        raise Unfit(f"{name} has no Jira label yet, so Jira could not be told. A lead sets it on the team's page.")
    to = {
        TriageVerb.ROUTE: team.name if team else "", TriageVerb.DUPLICATE: other.key if other else "",
        TriageVerb.CLOSE: choice.resolution, TriageVerb.FEATURE: choice.kind, TriageVerb.TAKE: "SET",
    }
    return TriageDecision.objects.create(
        ticket=ticket, meeting=last_list(), verb=choice.verb, team=team, other=other, to=to.get(choice.verb, ""),
        text=choice.text, by=by, at=at, came_at=ticket.created,
    )


def _other(ticket: Ticket, key: str) -> Ticket:
    found = find_ticket(key)
    if found is None:
        raise Unfit(f"There is no ticket {key} here.")
    if found.id == ticket.id:
        raise Unfit(f"{key} cannot be a duplicate of itself.")
    return found


def _written(
    ticket: Ticket, made: TriageDecision, choice: Choice, by: Person, at: datetime
) -> Sequence[TicketWrite]:
    """The writes by which Jira learns of a decision, in the order in which they leave; nothing is closed before the
    comment or the link that says why is there."""
    due, asked = at + GRACE, [INFO_LABEL] if INFO_LABEL in ticket.labels else []
    done: list[TicketWrite | None] = []

    def label(*add: str) -> None:
        remove = [name for name in asked if name not in add]
        done.append(writes.label_ticket(ticket_id=ticket.id, add=add, remove=remove, by=by, at=at, due_at=due))

    def comment() -> None:
        text = filled(choice.text, reporter=_reporter(ticket), manager=choice.manager)
        done.append(writes.comment_ticket(ticket_id=ticket.id, text=text, by=by, at=at, due_at=due))

    def close(resolution: str) -> None:
        to = _statuses(Column.DONE)
        answers = {"resolution": resolution_of(ticket, to, resolution)}
        told = next((write.delivery for write in reversed(done) if write and write.verb in SAYS_WHY), None)
        done.append(
            writes.move_ticket(ticket_id=ticket.id, to=to, by=by, at=at, answers=answers, due_at=due, after=told)
        )

    match choice.verb:
        case TriageVerb.ROUTE:
            label(made.team.jira_label if made.team else "")
        case TriageVerb.TAKE:
            label()
            to = _statuses(Column.TODO)
            done.append(writes.move_ticket(ticket_id=ticket.id, to=to, by=by, at=at, due_at=due))
        case TriageVerb.FEATURE:
            label(choice.kind)
            comment()
        case TriageVerb.INFO:
            label(INFO_LABEL)
            comment()
        case TriageVerb.DUPLICATE:
            label()
            kind = DUPLICATE
            done.append(writes.link_ticket(ticket_id=ticket.id, other=made.to, kind=kind, by=by, at=at, due_at=due))
            close(DUPLICATE)
        case TriageVerb.CLOSE:
            label()
            if choice.text:
                comment()
            close(choice.resolution)
    return [write for write in done if write is not None]


def _statuses(column: Column) -> list[str]:
    found = statuses_of(column)
    if not found:
        raise Unfit(f"No status of Jira's stands in {column.label}. The lead can map one on the Mirror page.")
    return found


def resolution_of(ticket: Ticket, to: Sequence[str], name: str) -> str:
    """Jira's id of a resolution as the ticket's own workflow offers it; its name where that is not known yet, which
    the write then looks up."""
    steps = WorkflowStep.objects.filter(
        project_key=ticket.project_key, kind=ticket.kind, status_id=ticket.status_id or "", to_status__in=to
    )
    for step in steps.order_by("step_id"):
        for field in step.fields:
            for identity, said in field.get("allowed", []) if field.get("id") == "resolution" else []:
                if said.casefold() == name.casefold():
                    return str(identity)
    return name


def _reporter(ticket: Ticket) -> str:
    return ticket.reporter.display_name if ticket.reporter else ""


def _why_not(ticket: Ticket) -> str:
    if ticket.assignee_id:
        return f"{ticket.key} has an owner now: {ticket.assignee}."
    status = ticket.status.name if ticket.status else "another status"
    return f"{ticket.key} is not in triage any more: in Jira it is a {ticket.kind or 'ticket'} in {status}."


def undo(*, decision: TriageDecision, by: Person, at: datetime) -> TriageDecision:
    """Take a decision back before any of it has left; the bug is in triage again. Raises `outbox.NotOpen`."""
    with transaction.atomic():
        locked(decision.ticket_id)
        mine = TriageDecision.objects.standing().filter(id=decision.id)
        if not mine.update(undone_at=at, undone_by=by):
            raise NotOpen("This was taken back already, or decided anew.")
        # The latest first: each is taken off what the ones before it show.
        for write in decision.writes.select_related("delivery").order_by("-id"):
            if write.delivery.state != State.DROPPED:
                writes.drop_write(write=write, by=by, at=at, words="Taken back in triage")
        TriageDecision.objects.filter(ticket=decision.ticket_id, over_at=decision.at).update(over_at=None)
    decision.refresh_from_db()
    return decision


def retry(*, decision: TriageDecision, by: Person, at: datetime) -> list[TicketWrite]:
    """Try again what Jira refused of a decision. Raises `outbox.NotOpen` when nothing was refused."""
    with transaction.atomic():
        locked(decision.ticket_id)
        refused = list(decision.writes.select_related("delivery").filter(delivery__state=State.FAILED).order_by("id"))
        if not refused:
            raise NotOpen("Nothing of this waits to be tried again.")
        return [writes.retry_write(write=write, by=by, at=at) for write in refused]


def count_words() -> int:
    """Count anew in how many tickets each word stands. Returns how many words there are."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.WORDS])  # two at once would write every word twice
        cursor.execute("DELETE FROM tickets_wordcount")
        cursor.execute(
            "INSERT INTO tickets_wordcount (word, tickets) SELECT word, ndoc FROM ts_stat(%s) WHERE word <> ''",
            ["SELECT words FROM tickets_ticket WHERE presence = 'present'"],
        )
        return int(cursor.rowcount)


def words_never_counted() -> bool:
    """Whether there are tickets, and no word was ever counted: on the first day, before the first night."""
    return not WordCount.objects.exists() and Ticket.objects.exists()


def make_next_list(*, at: datetime) -> TriageMeeting | None:
    """Make the next meeting's list once it is near enough; from the timetable. None where there is nothing to make."""
    meeting_at = calendar_now(at).next_triage_meeting
    return make_list(meeting_at=meeting_at, at=at) if meeting_at - at <= MADE_BEFORE else None
