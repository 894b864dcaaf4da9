"""The order of To Do against the priority of work: who stands out of order, and the moves that would mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models.functions import Coalesce

from portal.common.templatetags.parts import duration_text
from tickets.choices import Column
from tickets.models import Ticket
from tickets.models.ticket import TicketQuerySet
from tickets.queries.addresses import ticket_url
from tickets.queries.counts import KEPT
from tickets.rules.ordering import Breach, Call, Standing, breaks_rule, digest, out_of_order, places_words, plan

UNRANKED = 2_000_000_000


@dataclass(frozen=True)
class Move:
    """A ticket that would move: from which place to which, counted from 1, and why it belongs there."""

    id: int
    key: str
    url: str
    summary: str
    from_place: int
    to_place: int
    off: str
    why: str


@dataclass(frozen=True)
class Held:
    """A ticket that stays where somebody put it, and why."""

    key: str
    url: str
    summary: str
    place: int
    reason: str


@dataclass(frozen=True)
class Group:
    """The tickets of one call to Jira, and next to which one they go."""

    moves: tuple[Move, ...]
    anchor: str
    anchor_url: str
    before: bool


@dataclass(frozen=True)
class OrderPage:
    """See templates/tickets/priority/order.html. `digest` is what the preview was made from."""

    groups: tuple[Group, ...]
    held: tuple[Held, ...]
    total: int
    moved: int
    digest: str
    first: tuple[tuple[str, str, str], ...]  # key, reason, "" or "moves": the top of To Do as it would be


FIRST = 10


def todo() -> TicketQuerySet:
    """To Do in the order in which it stands."""
    rows: TicketQuerySet = Ticket.objects.present().filter(column=Column.TODO)
    return rows.order_by(Coalesce("rank_position", UNRANKED), "id")


def standings() -> list[Standing]:
    """The tickets of To Do as the rule reads them: one query."""
    return [
        Standing(identity, tuple(key) if key else None, bool(reason))
        for identity, key, reason in todo().values_list("id", "work_key", "order_reason")
    ]


def offs_now() -> dict[int, int]:
    """Ticket → by how many places it is out of order: one query."""
    return out_of_order(standings())


def kept_offs(version: str) -> dict[int, int]:
    """As `offs_now`, kept as long as no live event says that something changed; `version` is the id read before."""
    if not version:
        return offs_now()
    key = f"board:order:{version}"
    offs: dict[int, int] | None = cache.get(key)
    if offs is None:
        offs = offs_now()
        cache.set(key, offs, KEPT)
    return offs


def order_calls(rows: Sequence[Standing]) -> tuple[Call, ...]:
    """The calls that bring the order."""
    return plan(rows).calls


def breach_of(*, ticket: int, anchor: int, before: bool) -> Breach | None:
    """Whether putting a ticket of To Do right before (or after) another one goes against the order: one query.

    None also for one that does not stand in To Do yet, or next to one that no longer does.
    """
    order = standings()
    places = {standing.id: place for place, standing in enumerate(s for s in order if s.id != ticket)}
    if anchor not in places or len(places) == len(order):
        return None
    return breaks_rule(order, ticket, places[anchor] + (0 if before else 1))


def order_page(at: datetime) -> OrderPage:
    """What "Order by priority of work" would do: the moves with their reasons, in one query."""
    fields = ("id", "key", "summary", "work_key", "work_reason", "order_reason", "severity", "created")
    rows: list[dict[str, Any]] = list(todo().values(*fields))
    by_id = {row["id"]: row for row in rows}
    order = [
        Standing(row["id"], tuple(row["work_key"]) if row["work_key"] else None, bool(row["order_reason"]))
        for row in rows
    ]
    planned = plan(order)
    before = {standing.id: place for place, standing in enumerate(order, start=1)}
    after = {identity: place for place, identity in enumerate(planned.result, start=1)}

    def move(identity: int) -> Move:
        row = by_id[identity]
        return Move(
            identity, row["key"], ticket_url(row["key"]), row["summary"], before[identity], after[identity],
            places_words(planned.offs[identity]), _why(row, at),
        )

    groups = tuple(
        Group(tuple(move(identity) for identity in call.tickets), by_id[call.anchor]["key"],
              ticket_url(by_id[call.anchor]["key"]), call.before)
        for call in planned.calls
    )  # fmt: skip
    held = tuple(
        Held(row["key"], ticket_url(row["key"]), row["summary"], before[row["id"]], row["order_reason"])
        for row in rows if row["order_reason"]
    )
    first = tuple(
        (by_id[identity]["key"], by_id[identity]["work_reason"], "moves" if identity in planned.offs else "")
        for identity in planned.result[:FIRST]
    )
    return OrderPage(groups, held, len(rows), len(planned.offs), digest(order), first)


def _why(row: Mapping[str, Any], at: datetime) -> str:
    """Why a ticket belongs where it goes: "3 · hotfix, S1, waiting 12 d". No tag: there are hundreds."""
    waiting = f"waiting {duration_text(max((at - row['created']).total_seconds(), 0))}"
    return ", ".join(filter(None, [row["work_reason"] or "not placed yet", row["severity"], waiting]))
