"""The board: its columns' first parts, what all of them hold, and when that was true."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery
from django.core.cache import cache
from django.db.models import Count, F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.safestring import SafeString

from people.models import Person
from tickets.choices import Column, LimitOf, Presence
from tickets.models import MirroredProject, Ticket, TicketChange
from tickets.models.ticket import DONE_FOR, TicketQuerySet
from tickets.queries.cards import FIELDS, card_rows, cards_html
from tickets.queries.counts import KEPT, board_counts, board_version, kept_counts
from tickets.queries.kanban import limits
from tickets.queries.ordering import UNRANKED, kept_offs
from tickets.queries.sync import MirrorState, mirror_state
from tickets.queries.unmapped import Unmapped, UnmappedStatus, unmapped_of, unmapped_statuses
from tickets.rules.filters import FIRST, MOST_SHOWN, NOBODY, STEP, BoardFilters, key_like, search_words
from tickets.rules.freshness import Stamp, Trouble

T = TypeVar("T")
CHANGES_SHOWN = 12
OPTIONS = 200
EMPTY = {
    Column.BACKLOG: "Nothing waits in the backlog.",
    Column.TODO: "Nothing to do. Feature-team work is free to take.",
    Column.IN_PROGRESS: "Nobody is at a ticket.",
    Column.SUBMITTED: "No pull request is open.",
    Column.DONE: "Nothing was done in the last 14 days.",
    Column.UNMAPPED: "Every status has its column.",
}


@dataclass(frozen=True)
class BoardColumn:
    """A column as the page draws it; `count` speaks of all of it, `cards_html` of its first part."""

    slug: str
    name: str
    count: int
    note: str
    empty_text: str
    collapsed: bool
    toggle_url: str
    more_url: str
    more_count: int
    cards_html: SafeString
    limit_note: str = ""
    out_of_order: int = 0
    most: int = 0  # the limit of work in progress; 0 where there is none
    over: bool = False


@dataclass(frozen=True)
class ChangeLine:
    text: str
    at: datetime


@dataclass(frozen=True)
class FilterView:
    """The filters as the form draws them."""

    q: str
    assignee: str
    label: str
    project: str
    customer: bool
    mine: bool
    active: bool
    clear_url: str
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Board:
    columns: tuple[BoardColumn, ...]
    filters: FilterView
    assignees: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]
    projects: tuple[str, ...]
    total: int
    stamp: Stamp
    trouble: Trouble | None
    unmapped: Unmapped | None
    changed: tuple[ChangeLine, ...]
    refresh_url: str


@dataclass(frozen=True)
class _Sides:
    """What stands around the cards and is the same for everybody until something changes."""

    assignees: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]
    projects: tuple[str, ...]
    unmapped: tuple[UnmappedStatus, ...]
    changed: tuple[ChangeLine, ...]
    limits: Mapping[str, int]


def board(
    *, filters: BoardFilters, person: Person, at: datetime, version: str, path: str, can_accept: bool, refresh_url: str
) -> Board:
    """The whole page, in a number of queries that does not depend on how many tickets there are.

    `version` is the live id, read before; what only changes with an event is kept under it.
    """
    tickets = matching(filters, person)
    counts = board_counts(at, tickets) if filters.active else kept_counts(at, version)
    sides, offs = _kept_sides(version, at), kept_offs(version)
    state: MirrorState = mirror_state(at)
    open_columns = [column for column in shown_columns(counts) if column != Column.BACKLOG or filters.backlog_open]
    drawn = _draw(tickets, open_columns, dict(filters.shown), at, offs)
    columns = tuple(
        replace(_column(column, counts[column], filters, path, drawn.get(column), waiting=_waiting(state)),
                out_of_order=len(offs) if column == Column.TODO else 0, most=sides.limits.get(column, 0),
                over=not filters.active and counts[column] > sides.limits.get(column, counts[column]))
        for column in shown_columns(counts)
    )  # fmt: skip
    return Board(
        columns=columns, filters=_filter_view(filters, path), assignees=_with(sides.assignees, filters.assignee),
        labels=tuple(dict.fromkeys([*sides.labels, *([filters.label] if filters.label else [])])),
        projects=sides.projects, total=sum(counts.values()), stamp=state.stamp, trouble=state.trouble,
        unmapped=unmapped_of(sides.unmapped, can_accept=can_accept), changed=sides.changed, refresh_url=refresh_url,
    )


def more_of(*, column: str, filters: BoardFilters, person: Person, at: datetime, path: str) -> BoardColumn:
    """The next part of one column: what `?more=` shows beyond the part before."""
    until = dict(filters.shown).get(column, FIRST + STEP)
    start = until - STEP if until > FIRST else 0
    tickets = matching(filters, person)
    rows = list(card_rows(in_order(tickets.on_board(at).filter(column=column), column))[start:until])
    count = tickets.on_board(at).filter(column=column).count()
    offs = kept_offs(board_version()) if column == Column.TODO else {}
    return _column(column, count, filters, path, (cards_html(rows, at, offs), until))


def shown_columns(counts: dict[str, int]) -> list[str]:
    """The handbook's five, and Unmapped where something stands in it."""
    columns = [Column.BACKLOG, Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED, Column.DONE]
    return [*columns, Column.UNMAPPED] if counts[Column.UNMAPPED] else list(columns)


def matching(filters: BoardFilters, person: Person) -> TicketQuerySet:
    """The tickets that the filters ask for, in whatever column."""
    found = Ticket.objects.present()
    if filters.q:
        found = found.filter(_searched(filters.q))
    if filters.mine:
        found = found.filter(assignee_id=person.jira_account_id or None, assignee__isnull=False)
    if filters.assignee:
        named = Q(assignee__isnull=True) if filters.assignee == NOBODY else Q(assignee_id=filters.assignee)
        found = found.filter(named)
    if filters.label:
        found = found.filter(labels__contains=[filters.label])
    if filters.project:
        found = found.filter(project_key=filters.project)
    return found.filter(is_customer=True) if filters.customer else found


def _searched(text: str) -> Q:
    words, key = search_words(text), key_like(text)
    asked = Q(words=SearchQuery(words, config="english", search_type="raw")) if words else Q(pk__isnull=True)
    if key:
        asked |= Q(key__startswith=key) if "-" in key else Q(key__endswith=f"-{key}")
    return asked


def in_order(tickets: TicketQuerySet, column: str) -> TicketQuerySet:
    """To Do as Jira ranks it, all others with the latest change of status first: both straight off an index."""
    if column == Column.TODO:
        return tickets.order_by(Coalesce("rank_position", UNRANKED), "id")
    return tickets.order_by("-status_since", "id")


def _draw(
    tickets: TicketQuerySet, columns: list[str], shown: dict[str, int], at: datetime, offs: dict[int, int]
) -> dict[str, tuple[SafeString, int]]:
    """Each column's first part drawn, by one query for all columns."""
    if not columns:
        return {}
    parts = []
    for column in columns:
        part = tickets.filter(column=column)
        if column == Column.DONE:
            part = part.filter(status_since__gte=at - DONE_FOR)
        parts.append(card_rows(in_order(part, column))[: shown.get(column, FIRST)])
    rows = list(parts[0].union(*parts[1:], all=True)) if len(parts) > 1 else list(parts[0])
    place = FIELDS.index("column")
    return {
        column: (cards_html([row for row in rows if row[place] == column], at, offs), shown.get(column, FIRST))
        for column in columns
    }


def _column(
    slug: str, count: int, filters: BoardFilters, path: str, drawn: tuple[SafeString, int] | None, *, waiting: str = ""
) -> BoardColumn:
    is_backlog = slug == Column.BACKLOG
    cards, until = drawn if drawn else (SafeString(), 0)
    further = drawn is not None and until < min(count, MOST_SHOWN)
    full = count > MOST_SHOWN and until >= MOST_SHOWN
    empty = waiting or EMPTY[Column(slug)]
    return BoardColumn(
        slug=slug, name=Column(slug).label, count=count, note="last 14 days" if slug == Column.DONE else "",
        empty_text="Nothing here matches the filters." if filters.active else empty,
        collapsed=is_backlog and not filters.backlog_open,
        toggle_url=(path + filters.query(backlog=not filters.backlog_open) or path) if is_backlog else "",
        more_url=path + filters.query(more=(slug, until + STEP)) if further else "",
        more_count=max(count - until, 0) if further else 0, cards_html=cards,
        limit_note=f"the first {MOST_SHOWN:,}; filter to see others" if full else "",
    )


def _waiting(state: MirrorState) -> str:
    """Why a column may be empty although there is work."""
    if not state.projects:
        return "Nothing is mirrored yet."
    return "The first import is under way; cards appear as they arrive." if state.first_import else ""


def _filter_view(filters: BoardFilters, path: str) -> FilterView:
    kept = (("backlog", "open"),) if filters.backlog_open else ()
    return FilterView(
        q=filters.q, assignee=filters.assignee, label=filters.label, project=filters.project,
        customer=filters.customer, mine=filters.mine, active=filters.active,
        clear_url=path + BoardFilters(backlog_open=filters.backlog_open).query(), hidden=kept,
    )


def _with(options: tuple[tuple[str, str], ...], chosen: str) -> tuple[tuple[str, str], ...]:
    """The options, and the chosen one even where nobody else has it."""
    if not chosen or any(value == chosen for value, _ in options):
        return options
    return (*options, (chosen, chosen))


def _kept_sides(version: str, at: datetime) -> _Sides:
    key = f"board:sides:{version}"
    sides: _Sides | None = cache.get(key) if version else None
    if sides is None:
        sides = _sides(at)
        if version:
            cache.set(key, sides, KEPT)
    return sides


def _sides(at: datetime) -> _Sides:
    tickets: Any = Ticket.objects.on_board(at)
    people = (
        tickets.filter(assignee__isnull=False).order_by("assignee__display_name")
        .values_list("assignee_id", "assignee__display_name").distinct()[:OPTIONS]
    )
    labels = tickets.annotate(label=Func(F("labels"), function="unnest")).values_list("label").annotate(n=Count("id"))
    projects = MirroredProject.objects.filter(on_board=True).order_by("key").values_list("key", flat=True)
    return _Sides(
        assignees=((NOBODY, "Nobody"), *((value, name or value) for value, name in people)),
        labels=tuple(sorted((label for label, _ in labels.order_by("-n", "label")[:OPTIONS]), key=str.casefold)),
        projects=tuple(projects), unmapped=unmapped_statuses(), changed=_changed(),
        limits={limit.column: limit.most for limit in limits() if limit.of == LimitOf.COLUMN},
    )


def _changed() -> tuple[ChangeLine, ...]:
    """The latest changes that a card shows, in words."""
    recent = (
        TicketChange.objects.filter(field_id__in=["status", "assignee", "priority"], ticket__presence=Presence.PRESENT)
        .exclude(ticket__column=Column.OFF).order_by("-at", "-id")
        .values_list("ticket__key", "field_id", "to_text", "at")[:CHANGES_SHOWN]
    )
    return tuple(ChangeLine(f"{key} {_said(field, text or '')}", at) for key, field, text, at in recent)


def _said(field: str, text: str) -> str:
    if field == "status":
        return f"moved to {text}"
    if field == "assignee":
        return f"assigned to {text}" if text else "unassigned"
    return f"priority {text or 'none'}"
