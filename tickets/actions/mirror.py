"""Write what Jira says into the mirror: the one way, for the poll, the webhook and the first import."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from people.models import Component, FeatureTeam
from tickets.actions import upsert
from tickets.actions.presence import WHAT
from tickets.actions.weekly.states import name_statuses, replay_tickets
from tickets.actions.writes.over import lay_over
from tickets.choices import Column, Presence, TicketWhat
from tickets.models import JiraStatus, JiraUser, LabelMark, MirroredProject, Ticket, TicketEvent, TicketKey
from tickets.queries.priority import mapping_now, weights_of
from tickets.rules.columns import category_of, column_of
from tickets.rules.history import Shown, Since, differences, joined, status_since
from tickets.rules.marks import Marking, marks
from tickets.rules.priority import Priorities, Weight, WorkFacts, place_of
from tickets.rules.reading import IssueFacts


@dataclass(frozen=True)
class Told:
    """A ticket whose mirror changed: what to say of it, and where it stood before (None: it is new here)."""

    id: int
    key: str
    said: str
    came_from: str | None
    column: str


@dataclass(frozen=True)
class Mirrored:
    """What a write did. `changes` counts new items of the change log."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    changes: int = 0
    told: tuple[Told, ...] = field(default=())


@dataclass(frozen=True)
class _Context:
    """What a page is read against, fetched once for all of its issues."""

    before: Mapping[int, Ticket]
    columns: Mapping[str, str]
    off_board: frozenset[str]
    marking: Marking
    names: Mapping[str, str]
    priorities: Priorities
    weights: Mapping[int, Sequence[Weight]]


def mirror_issues(*, issues: Sequence[IssueFacts], at: datetime, via: str) -> Mirrored:
    """Write these issues, each once, in one transaction.

    An issue older than what the mirror holds is left alone (Jira's index lags behind its database).
    """
    newest = _newest(issues)
    if not newest:
        return Mirrored()
    with transaction.atomic():
        # Everybody locks in this order: people, statuses, tickets by their ids. A webhook, a poll and the lead who maps
        # a status cannot block each other for good.
        _write_users(newest.values())
        _write_statuses(newest.values())
        name_statuses(_statuses_of_logs(newest.values()))
        before = {
            ticket.id: ticket
            for ticket in Ticket.objects.select_for_update().prefetch_related("status", "assignee")
            .filter(id__in=newest).order_by("id")
        }
        fresh = [facts for facts in newest.values() if not _is_older(facts, before.get(facts.id), via)]
        fresh = lay_over(fresh, at=at, via=via)
        context = _context(fresh, before)
        rows = [_row(facts, context, at) for facts in fresh]
        dispossessed = _settle_keys(fresh, before, at, via)
        upsert.execute(upsert.TICKETS, upsert.as_json(rows))
        changes = _write_parts(fresh)
        _note_presence(fresh, before, at, via)
        replay_tickets([*dispossessed, *(facts.id for facts in fresh)])
    created = sum(1 for facts in fresh if facts.id not in before)
    told = tuple(_told(facts, row, context) for facts, row in zip(fresh, rows, strict=True))
    return Mirrored(created, len(fresh) - created, len(newest) - len(fresh), changes, told)


def _newest(issues: Iterable[IssueFacts]) -> dict[int, IssueFacts]:
    """Each issue once, as it was last; of two that claim one key, the one that was changed last."""
    newest: dict[int, IssueFacts] = {}
    keys: dict[str, int] = {}
    for facts in sorted(issues, key=lambda facts: facts.updated):
        newest[facts.id] = facts
    for facts in sorted(newest.values(), key=lambda facts: facts.updated):
        newest.pop(keys.get(facts.key, -1), None)
        keys[facts.key] = facts.id
    return newest


def _is_older(facts: IssueFacts, held: Ticket | None, via: str) -> bool:
    """A page of an index that lags must not bring back what is gone, nor the very version that was deleted; a census
    has read the issue itself."""
    if held is None or (held.presence != Presence.PRESENT and via == "census"):
        return False
    if held.presence == Presence.DELETED:
        return facts.updated <= held.updated
    return facts.updated < held.updated


def _write_users(issues: Iterable[IssueFacts]) -> None:
    users = {user.account_id: user for facts in issues for user in facts.users}
    upsert.execute(upsert.USERS, upsert.as_json(vars(user) for user in users.values()))


def _write_statuses(issues: Iterable[IssueFacts]) -> None:
    statuses = {facts.status.id: facts.status for facts in issues if facts.status}
    upsert.execute(
        upsert.STATUSES,
        upsert.as_json(
            {"id": status.id, "name": status.name, "category": category_of(status.category),
             "column": column_of(status.name)}
            for status in statuses.values()
        ),
    )


def _statuses_of_logs(issues: Iterable[IssueFacts]) -> Iterator[tuple[str | None, str | None]]:
    """The statuses that change logs name: some have no ticket today, and yet the weekly update counts by them."""
    for change in (change for facts in issues for change in facts.changes if change.field_id.lower() == "status"):
        yield from ((change.from_value, change.from_text), (change.to_value, change.to_text))


def marking() -> Marking:
    """The mapping of labels and components, as it stands now."""
    return Marking(
        marks={label.casefold(): mark for label, mark in LabelMark.objects.values_list("label", "mark")},
        team_labels={
            label.casefold(): team for team, label in FeatureTeam.objects.values_list("id", "jira_label") if label
        },
        team_components={
            name.casefold(): team
            for name, team in Component.objects.filter(team__isnull=False).values_list("name", "team_id")
            if team is not None
        },
    )


def _context(issues: Sequence[IssueFacts], before: Mapping[int, Ticket]) -> _Context:
    statuses = {facts.status.id for facts in issues if facts.status}
    people = {facts.assignee for facts in issues if facts.assignee}
    return _Context(
        before=before,
        columns=dict(JiraStatus.objects.filter(id__in=statuses).values_list("id", "column")),
        off_board=frozenset(MirroredProject.objects.filter(on_board=False).values_list("key", flat=True)),
        marking=marking(),
        names=dict(JiraUser.objects.filter(account_id__in=people).values_list("account_id", "display_name")),
        priorities=mapping_now(), weights=weights_of(facts.id for facts in issues),
    )


def _row(facts: IssueFacts, context: _Context, at: datetime) -> dict[str, Any]:
    held = context.before.get(facts.id)
    kept = Since(held.status_since, floor=held.status_since_is_floor) if held else None
    since = status_since(facts, kept, held.status_id if held else None)
    marked = marks(context.marking, labels=facts.labels, components=facts.components)
    column = context.columns.get(facts.status.id, Column.UNMAPPED) if facts.status else Column.UNMAPPED
    place = place_of(_work_facts(facts, context, customer=marked.customer), context.priorities)
    return {
        "id": facts.id, "mirrored_at": at, "key": facts.key, "project_key": facts.project_key, "kind": facts.kind,
        "status_id": facts.status.id if facts.status else None,
        "column": Column.OFF if facts.project_key in context.off_board else column,
        "resolution": facts.resolution, "priority": facts.priority, "severity": facts.severity,
        "labels": facts.labels, "components": facts.components, "fix_versions": facts.fix_versions,
        "epic_key": facts.epic_key, "parent_key": facts.parent_key, "assignee_id": facts.assignee,
        "reporter_id": facts.reporter, "summary": facts.summary, "created": facts.created, "updated": facts.updated,
        "resolved": facts.resolved, "status_since": since.at, "status_since_is_floor": since.floor,
        "team_id": marked.team, "is_customer": marked.customer, "is_community": marked.community,
        "presence": Presence.ARCHIVED if facts.archived else Presence.PRESENT, "missed_by": 0,
        "work_class": int(place.work_class), "work_key": place.key, "work_reason": place.reason,
    }


def _work_facts(facts: IssueFacts, context: _Context, *, customer: bool) -> WorkFacts:
    return WorkFacts(
        kind=facts.kind, waiting_since=facts.created, labels=facts.labels, components=facts.components,
        fix_versions=facts.fix_versions, severity=facts.severity, priority=facts.priority, customer=customer,
        weights=context.weights.get(facts.id, ()),
    )


def _settle_keys(issues: Sequence[IssueFacts], before: Mapping[int, Ticket], at: datetime, via: str
                 ) -> list[int]:
    """Keep former keys, and take a key from a ticket that Jira has given it away from (a project made anew): which."""
    known = [(before[facts.id], facts) for facts in issues if facts.id in before]
    renamed = [(held, facts) for held, facts in known if held.key != facts.key]
    if renamed:
        TicketKey.objects.bulk_create(
            [TicketKey(key=held.key, ticket=held) for held, _ in renamed], update_conflicts=True,
            unique_fields=["key"], update_fields=["ticket"],
        )
        TicketEvent.objects.bulk_create(
            TicketEvent(ticket=held, at=at, what=TicketWhat.KEY, from_value=held.key, to_value=facts.key, via=via)
            for held, facts in renamed
        )
        for held, _ in renamed:  # two tickets may have changed places: neither may hold the other's key meanwhile
            Ticket.objects.filter(id=held.id).update(key=f"#{held.id}")
    keys = [facts.key for facts in issues]
    dispossessed = Ticket.objects.present().filter(key__in=keys).exclude(id__in=[facts.id for facts in issues])
    lost = list(dispossessed.select_for_update().order_by("id"))
    for ticket in lost:
        TicketEvent.objects.create(ticket=ticket, at=at, what=TicketWhat.GONE, via=via,
                                   to_value="its key belongs to another issue now")
        Ticket.objects.filter(id=ticket.id).update(presence=Presence.GONE)
    TicketKey.objects.filter(key__in=keys).delete()
    return [ticket.id for ticket in lost]


def _write_parts(issues: Sequence[IssueFacts]) -> int:
    """Details, changes, comments and links. Returns how many changes were new."""
    upsert.execute(
        upsert.DETAILS,
        upsert.as_json(
            {"ticket_id": facts.id, "description": facts.description, "environment": facts.environment,
             "payload": facts.payload, "digest": facts.digest, "cleaned": facts.cleaned}
            for facts in issues
        ),
    )
    changes = [
        {**vars(change), "ticket_id": facts.id, "author_id": change.author}
        for facts in issues for change in facts.changes
    ]
    written = upsert.execute(upsert.CHANGES, upsert.as_json(changes)) if changes else 0
    commented = [facts for facts in issues if facts.comments is not None]
    comments = {  # by id: two issues of a page that claim the same comment would refuse the whole page
        comment.id: {**vars(comment), "ticket_id": facts.id, "author_id": comment.author}
        for facts in commented for comment in facts.comments or ()
    }
    upsert.execute(upsert.COMMENTS_LEFT, [facts.id for facts in commented], list(comments))
    if comments:
        upsert.execute(upsert.COMMENTS, upsert.as_json(comments.values()))
    links = [{**vars(link), "ticket_id": facts.id} for facts in issues for link in facts.links]
    upsert.execute(upsert.LINKS_LEFT, [facts.id for facts in issues], upsert.as_json(links))
    if links:
        upsert.execute(upsert.LINKS, upsert.as_json(links))
    return written


def _note_presence(issues: Iterable[IssueFacts], before: Mapping[int, Ticket], at: datetime, via: str) -> None:
    """An event for each ticket that came back, or was archived."""
    events = []
    for facts in issues:
        held, presence = before.get(facts.id), Presence.ARCHIVED if facts.archived else Presence.PRESENT
        if held is not None and held.presence != presence:
            events.append(TicketEvent(ticket=held, at=at, what=WHAT[presence], from_value=held.presence, via=via))
    TicketEvent.objects.bulk_create(events)


def _told(facts: IssueFacts, row: Mapping[str, Any], context: _Context) -> Told:
    held = context.before.get(facts.id)
    after = Shown(
        status=facts.status.name if facts.status else "", column=row["column"],
        assignee=context.names.get(facts.assignee or "", ""), priority=facts.priority, severity=facts.severity,
        summary=facts.summary, customer=row["is_customer"],
    )
    before = None if held is None else Shown(
        status=held.status.name if held.status else "", column=held.column,
        assignee=held.assignee.display_name if held.assignee else "", priority=held.priority, severity=held.severity,
        summary=held.summary, customer=held.is_customer,
    )
    return Told(facts.id, facts.key, joined(differences(before, after)), held.column if held else None, row["column"])
