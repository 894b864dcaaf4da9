"""What needs somebody now: only what is so, the most urgent first, and only what this reader can do something about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from people.choices import Right
from tickets.rules.freshness import Trouble

STUCK = timedelta(days=10)  # in progress for longer than this, a ticket wants a word
REVIEWED = timedelta(days=7)  # a pull request that waits for longer wants a push
NAMED = 3
TONES = ("red", "amber", "blue")
WHENS = ("now", "", "at", "soon", "today")


@dataclass(frozen=True)
class Held:
    """A ticket that somebody has, or should have; `least`: the age is at least this."""

    key: str
    url: str
    summary: str
    column: str
    assignee: str
    assignee_name: str
    since: datetime
    least: bool


@dataclass(frozen=True)
class Counts:
    """What is counted over the whole board."""

    todo: int
    todo_unowned: int
    urgent_unowned: int
    unmapped: int
    unmapped_statuses: int
    failed_webhooks: int
    stuck_deliveries: int = 0
    to_triage: int = 0
    triage_before: str = ""  # when the meeting begins, in words; "" while it is more than a day away


@dataclass(frozen=True)
class Addresses:
    board: str
    backlog: str
    unowned: str
    sync: str
    outbox: str = ""
    triage: str = ""


@dataclass(frozen=True)
class OwedUpdate:
    """A weekly update that is drafted and not posted: it is owed from the meeting on, and late in the evening.
    `refused`: it was posted, and Mattermost said no."""

    url: str
    meeting_at: datetime
    late_at: datetime
    refused: bool = False


@dataclass(frozen=True)
class OwedHandOver:
    """A hand-over that the reader is to give, or (`taking`) to read; `due`: when it is due, in words."""

    url: str
    number: int
    due_at: datetime
    due: str
    taking: bool


@dataclass(frozen=True)
class Need:
    """See templates/pages/home.html."""

    tone: str
    icon: str
    title: str
    url: str
    when: str = "now"
    when_sub: str = ""
    at: datetime | None = None
    detail: str = ""
    label: str = ""
    primary: bool = False


def most_urgent_first(pages: Sequence[Need], others: Sequence[Need]) -> tuple[Need, ...]:
    """Rows from several rooms as they stand on the page: by tone, then by time: what is so now, what is about to be
    missed, what has waited longest, what is for today. Pages stand before the rest of their tone."""
    return tuple(sorted([*pages, *sorted(others, key=_time)], key=lambda need: _place(need.tone, TONES)))


def _time(need: Need) -> tuple[int, float]:
    if need.at is not None:
        return WHENS.index("at"), need.at.timestamp()
    return WHENS.index(need.when if need.when in WHENS else ""), 0.0


def _place(value: str, order: Sequence[str]) -> int:
    return order.index(value) if value in order else len(order)


def needs(
    *, rights: Collection[Right], account: str, trouble: Trouble | None, silent_since: datetime | None,
    notices: Sequence[str], counts: Counts, held: Sequence[Held], first_import: bool, to: Addresses, at: datetime,
    update: OwedUpdate | None = None, hand_overs: Sequence[OwedHandOver] = (),
) -> tuple[Need, ...]:
    """The rows for a reader with these rights. `account`: their Jira account id, or ""."""
    found: list[Need] = []
    if trouble:
        found.append(_trouble(trouble, silent_since, to, may_run=Right.RUN_SYNC in rights))
    if Right.RUN_SYNC in rights:
        found += [Need("amber", "incident", "A census was stopped", f"{to.sync}", detail=notice, label="Look")
                  for notice in notices]
    if Right.ACCEPT_MAPPINGS in rights and counts.unmapped:
        found.append(_unmapped(counts, to))
    if Right.POST_UPDATES in rights and update:
        found.append(_update(update, at))
    if Right.SERVE in rights:
        found += [_hand_over(owed, at) for owed in hand_overs]
    if Right.WORK_TICKETS in rights:
        found += _work(rights, account, counts, held, to, at, first_import=first_import)
    if Right.SEE_OUTBOX in rights and counts.stuck_deliveries:
        verb = "needs" if counts.stuck_deliveries == 1 else "need"
        found.append(Need("amber", "send", f"{_many(counts.stuck_deliveries, 'write')} on the way out {verb} somebody",
                          f"{to.outbox}?show=stuck", when="today", label="Look",
                          detail="Refused by the other system, or waiting for an answer."))
    if Right.SEE_SYNC_ERRORS in rights and counts.failed_webhooks:
        title = f"{_many(counts.failed_webhooks, 'call')} from Jira could not be applied"
        found.append(Need("amber", "fail", title, f"{to.sync}#webhooks", when="today", label="Look",
                          detail="The next run reads what they told all the same."))
    return tuple(sorted(found, key=lambda need: need.tone != "red"))


def _trouble(trouble: Trouble, silent_since: datetime | None, to: Addresses, *, may_run: bool) -> Need:
    return Need(
        trouble.tone, "clock", trouble.title, to.sync, at=silent_since, detail=trouble.text,
        label="Look" if may_run else "", primary=trouble.tone == "red" and may_run,
    )


def _unmapped(counts: Counts, to: Addresses) -> Need:
    statuses = _many(counts.unmapped_statuses, "status", "statuses")
    return Need(
        "amber", "columns", f"{_many(counts.unmapped, 'ticket')} in {statuses} without a column", f"{to.sync}#unmapped",
        when="today", detail="They stand in Unmapped until you say where they belong.", label="Review", primary=True,
    )


def _update(update: OwedUpdate, at: datetime) -> Need:
    if update.refused:
        return Need("red", "update", "The weekly update did not arrive in the channel", update.url, when="today",
                    label="Look", detail="The page says why it was refused.", primary=True)
    if at >= update.late_at:
        return Need("red", "update", "The weekly update is not posted", update.url, at=update.late_at, label="Post it",
                    detail="It was due by the evening of the meeting.", primary=True)
    title = "Weekly update: draft ready, not posted"
    if at >= update.meeting_at:
        return Need("amber", "update", title, update.url, when="today", at=None, label="Post it", primary=True,
                    detail="The meeting has begun; the post is owed after it.")
    return Need("blue", "update", title, update.url, at=update.meeting_at, label="Read it",
                detail="It is posted after the meeting.")


def _hand_over(owed: OwedHandOver, at: datetime) -> Need:
    if owed.taking:
        return Need("blue", "send", f"Read the hand-over of rotation {owed.number}", owed.url, when="today",
                    label="Read it", detail="You are on SET next; say on its page that you have read it.", primary=True)
    if at >= owed.due_at:
        return Need("red", "send", f"Rotation {owed.number} is not handed over", owed.url, at=owed.due_at,
                    label="Hand over", detail="The next crew waits for it; its page says what is left.", primary=True)
    return Need("amber", "send", f"Hand rotation {owed.number} over by {owed.due}", owed.url, when="soon",
                label="Look", detail="Its draft gathers the open tickets and who takes them; the rest is yours to say.")


def _work(
    rights: Collection[Right], account: str, counts: Counts, held: Sequence[Held], to: Addresses, at: datetime, *,
    first_import: bool,
) -> list[Need]:
    found = []
    if counts.urgent_unowned:
        verb = "has" if counts.urgent_unowned == 1 else "have"
        found.append(Need("red", "flag", f"{_many(counts.urgent_unowned, 'urgent ticket')} in To do {verb} no owner",
                          to.unowned, label="Look"))
    found += _unowned([ticket for ticket in held if ticket.column == "in_progress" and not ticket.assignee], to)
    found += _triage(counts, to)
    found += _stuck(rights, account, held, at)
    if not counts.todo and not first_import:
        found.append(Need("blue", "order", "To do is empty", to.backlog, when="today", label="Open the backlog",
                          detail="Whoever finishes a ticket finds nothing to take."))
    return found


def _triage(counts: Counts, to: Addresses) -> list[Need]:
    if not (counts.to_triage and counts.triage_before):
        return []
    title = f"{counts.to_triage} to triage before {counts.triage_before}"
    return [Need("blue", "triage", title, to.triage, when="today", label="Triage",
                 detail="New bugs that nobody has: each gets a team, a place on the board, or an answer.")]


def _unowned(tickets: Sequence[Held], to: Addresses) -> list[Need]:
    if not tickets:
        return []
    verb = "has" if len(tickets) == 1 else "have"
    more = f" and {len(tickets) - NAMED} more" if len(tickets) > NAMED else ""
    keys = ", ".join(ticket.key for ticket in tickets[:NAMED]) + more
    url = tickets[0].url if len(tickets) == 1 else to.unowned
    return [Need("amber", "person", f"{_many(len(tickets), 'ticket')} In progress {verb} no owner", url, when="today",
                 detail=keys, label="Open" if len(tickets) == 1 else "Look")]


def _stuck(rights: Collection[Right], account: str, held: Sequence[Held], at: datetime) -> list[Need]:
    """The lead hears of the oldest of everybody's tickets, everybody else of their own."""
    leads = Right.ACCEPT_MAPPINGS in rights
    mine = [ticket for ticket in held if (leads and ticket.assignee) or (account and ticket.assignee == account)]
    late = [
        (ticket, words) for ticket in mine for column, limit, words in (
            ("in_progress", STUCK, "has been In progress for long"), ("submitted", REVIEWED, "waits for its review"),
        ) if ticket.column == column and at - ticket.since > limit
    ]
    return [
        Need("amber", "clock", f"{ticket.key} {words}", ticket.url, at=ticket.since, label="Open",
             when_sub="or longer" if ticket.least else "",
             detail=" · ".join(part for part in (ticket.summary, ticket.assignee_name if leads else "") if part))
        for ticket, words in late[:NAMED]
    ]


def _many(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
