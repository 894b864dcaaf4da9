"""How urgent it is, what was said of it, what is known of the fix, and whether it is the same as another."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from escalations.actions.base import Refused, held, record
from escalations.actions.clocks import settle_clocks
from escalations.actions.states import SETTLED, change_status
from escalations.actions.tickets import attach
from escalations.choices import OPEN, Level, Outcome, Status, TicketState, What
from escalations.models import Affected, Escalation, Follower
from escalations.rules.pasted import mask_text, mask_values
from escalations.rules.typed import began_words
from people.models import Person

LONGEST_REASON = 500


@transaction.atomic
def change_level(*, escalation: Escalation, level: Level, reason: str, by: Person, at: datetime) -> Escalation:
    """Make it more or less urgent; its clocks follow. Raises `Refused` without a reason, for the level it has, and for
    one that is settled."""
    why = reason_of(reason, "Say why the level changes: the reporter reads it.")
    row = held(escalation)
    old = Level(row.level)
    if old == level:
        raise Refused(f"It is {old.label} already.")
    if row.status in SETTLED:
        raise Refused("It is settled: open it again first.")
    row.level = level
    row.save(update_fields=["level"])
    record(What.LEVEL, escalation=row, at=at, by=by, from_value=old.label, to_value=f"{level.label}: {why}")
    settle_clocks(escalation=row, at=at)
    return row


@transaction.atomic
def reopen(*, escalation: Escalation, reason: str, by: Person | None, at: datetime) -> Escalation:
    """Open what was solved or closed again; of one that was merged, take it out of the other too. Its customers stay
    with the other as well: nobody who is to be told is forgotten. Raises `Refused`."""
    why = reason_of(reason, "Say why it is opened again.")
    row = held(escalation)
    if row.status not in SETTLED:
        raise Refused(f"It is open: {Status(row.status).label.lower()}.")
    if row.merged_into_id:
        why = f"{why} (it was merged into E-{row.merged_into_id})"
        row.merged_into = None
        row.save(update_fields=["merged_into"])
    return change_status(row, Status.OURS, by=by, at=at, why=why, what=What.REOPENED)


@transaction.atomic
def merge(*, escalation: Escalation, into: Escalation, reason: str, by: Person, at: datetime) -> Escalation:
    """Say that it is the same as another: it is closed, and leads there; its customers and followers join the other.

    Where the other has no ticket it gets this one's. Returns the other. Raises `Refused` for itself, for one that is
    merged already, in a circle, into one that is over, where one of the two is confidential, and while a ticket is on
    its way.
    """
    why = reason_of(reason, "Say why they are the same.")
    if escalation.pk == into.pk:
        raise Refused("It cannot be merged into itself.")
    # Always in the order of their numbers: two who merge them into each other at once do not wait for each other.
    rows = {row.pk: row for row in Escalation.objects.select_for_update(of=("self",)).order_by("pk").filter(
        pk__in=[escalation.pk, into.pk])}
    row, other = rows[escalation.pk], rows[into.pk]
    for one in (row, other):
        if one.merged_into_id:
            raise Refused(f"E-{one.pk} was merged into E-{one.merged_into_id} already.")
    _refuse_mixed(row, other)
    if other.status not in OPEN and row.status in OPEN:
        raise Refused(f"E-{other.pk} is {Status(other.status).label.lower()}: its customers are told no more. Open it "
                      "again first, or answer this one.")
    if row.ticket_state == TicketState.PENDING:
        raise Refused("Its ticket is on its way to Jira: wait for it, or drop it at its receipt.")
    _join(row, other, by, at)
    if row.ticket is not None and row.ticket_state == TicketState.LINKED and not other.ticket_state:
        attach(other, row.ticket, by, at)  # without it nobody of the two would hear that the fix is out
    row.merged_into = other
    row.save(update_fields=["merged_into"])
    words = f"into E-{other.pk}: {why}"
    change_status(row, Status.CLOSED, by=by, at=at, why=words, outcome=Outcome.DUPLICATE, what=What.MERGED)
    record(What.MERGED, escalation=other, at=at, by=by, to_value=f"E-{row.pk} into this: {why}", internal=True)
    settle_clocks(escalation=other, at=at)
    return other


def _refuse_mixed(row: Escalation, other: Escalation) -> None:
    """The people of one come to read the other."""
    if row.confidential and not other.confidential:
        raise Refused(f"This is confidential and E-{other.pk} is not: more people would read it. Mark that one first.")
    if other.confidential and not row.confidential:
        raise Refused(f"E-{other.pk} is confidential and this is not: whoever asked or follows this would read that "
                      "one. Mark this one first, and look who follows it.")


def _join(row: Escalation, other: Escalation, by: Person, at: datetime) -> None:
    """The affected customers and followers of one belong to the other too."""
    there = set(other.affected.values_list("customer", flat=True))
    Affected.objects.bulk_create(
        Affected(
            escalation=other, customer=one.customer, reporter=one.reporter, reporter_name=one.reporter_name,
            reporter_email=one.reporter_email, support_ticket=one.support_ticket, support_mail=one.support_mail,
            added_by=by, at=at,
        )
        for one in row.affected.select_related("customer", "reporter") if one.customer_id not in there
    )
    people = set(row.followers.values_list("person", flat=True))
    people |= {pk for pk in (row.reporter_id, row.owner_id) if pk is not None} - {other.reporter_id or 0}
    Follower.objects.bulk_create(
        (Follower(escalation=other, person_id=pk, at=at) for pk in people),
        ignore_conflicts=True,
    )
    other.customers = other.affected.count()
    other.save(update_fields=["customers"])


@transaction.atomic
def set_workaround(*, escalation: Escalation, text: str, by: Person, at: datetime) -> Escalation:
    """What helps until the fix is there, in Markdown; the reporter reads it on top. The same again changes nothing."""
    row = held(escalation)
    said = mask_text(text.replace("\x00", "").strip())[0][:5000]
    if said != row.workaround:
        row.workaround = said
        row.save(update_fields=["workaround"])
        record(What.WORKAROUND, escalation=row, at=at, by=by, to_value=said[:200] or "none any more")
    return row


@transaction.atomic
def set_release(
    *, escalation: Escalation, release: str, on: date | None, by: Person | None, at: datetime
) -> Escalation:
    """When the fix is expected: a version in words, and its day. The same again changes nothing."""
    row = held(escalation)
    said = " ".join(release.replace("\x00", "").split())[:120]
    if (said, on) != (row.expected_release, row.expected_on):
        old = release_words(row)
        row.expected_release, row.expected_on = said, on
        row.save(update_fields=["expected_release", "expected_on"])
        record(What.RELEASE, escalation=row, at=at, by=by, from_value=old, to_value=release_words(row) or "not known")
    return row


def release_words(row: Escalation) -> str:
    """The expected release, as a sentence has it: "10.5 on 16 December 2026"."""
    day = f"{row.expected_on.day} {row.expected_on:%B %Y}" if row.expected_on else ""
    return f"{row.expected_release} on {day}" if row.expected_release and day else row.expected_release or day


@transaction.atomic
def change_asked(*, escalation: Escalation, values: Mapping[str, Any], by: Person, at: datetime) -> list[str]:
    """Correct what was asked: title, versions, what happens, steps… Checked before; secrets are masked. An event names
    each field, and says what a short one was. Returns the labels of what changed."""
    row, values = held(escalation), mask_values(values)[0]
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    before = {name: _shown(row, name) for name in changed}
    for name in changed:
        setattr(row, name, values[name])
    labels = []
    for name in changed:
        label = str(getattr(row._meta.get_field(name), "verbose_name", name))
        if label in labels:
            continue  # the moment and the day of when it began are one
        old, new = before[name], _shown(row, name)
        short = len(old) <= 80 and len(new) <= 80
        record(What.CHANGED, escalation=row, at=at, by=by, from_value=f"{label} {old}" if short and old else "",
               to_value=f"{label} {new}".strip() if short else label)
        labels.append(label)
    if changed:
        row.save(update_fields=changed)
        settle_clocks(escalation=row, at=at)
    return labels


def _shown(row: Escalation, name: str) -> str:
    if name in {"began_at", "began_on"}:
        return began_words(row.began_at, row.began_on)
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    return "" if value is None else str(value)


def reason_of(text: str, otherwise: str) -> str:
    """A reason on one line. Raises `Refused` with the given words where there is none."""
    why = " ".join(text.replace("\x00", "").split())[:LONGEST_REASON]
    if not why:
        raise Refused(otherwise)
    return why
