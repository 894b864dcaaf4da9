"""Cards: what the board shows of a ticket. A card knows no reader, so it is drawn once and kept."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import F
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from people.rules import initials
from portal.common.templatetags.parts import duration_text
from tickets.choices import Column, Presence
from tickets.models import Ticket
from tickets.models.ticket import DONE_FOR, TicketQuerySet
from tickets.queries.addresses import ticket_url
from tickets.queries.counts import board_counts
from tickets.queries.ordering import UNRANKED, offs_now
from tickets.rules.marks import is_routed
from tickets.rules.ordering import places_words
from tickets.rules.tones import priority_tone, severity_tone

LABELS_SHOWN = 2
FIELDS = (
    "id", "key", "summary", "kind", "priority", "severity", "is_customer", "is_community", "labels", "assignee_id",
    "assignee_name", "status_since", "status_since_is_floor", "rank_position", "column", "work_reason", "order_reason",
    "status_id", "write_state", "write_note", "blocked_since", "blocked_why", "team_name", "team_label",
)
ID_AT, LABELS_AT, SINCE_AT = FIELDS.index("id"), FIELDS.index("labels"), FIELDS.index("status_since")


@dataclass(frozen=True)
class Card:
    """One card, as `tickets/card.html` reads it."""

    id: int
    key: str
    url: str
    summary: str
    kind: str
    priority: str
    priority_tone: str
    severity: str
    severity_tone: str
    customer: bool
    community: bool
    labels: tuple[str, ...]
    assignee_id: str
    assignee_name: str
    assignee_initials: str
    age_at: str
    age_text: str
    age_form: str
    order: int
    column: str
    work: str  # class and reason in the priority of work; "" once it is done
    off: str  # by how much it stands out of order in To Do
    held: str  # why it stands against the order
    status: str  # Jira's id of the status it is drawn in
    write: str  # a write on its way: "", "pending", "asks" or "failed"
    write_note: str  # and what there is to say of it
    blocked: str  # why it cannot go on
    blocked_at: str  # since when (ISO, UTC)
    blocked_text: str
    team: str  # the feature team that it was routed to


def card_rows(tickets: TicketQuerySet) -> Any:
    """The values that `card_of` reads, in the order of `FIELDS`."""
    return tickets.annotate(
        assignee_name=F("assignee__display_name"), team_name=F("team__name"), team_label=F("team__jira_label")
    ).values_list(*FIELDS)


def age_of(row: Sequence[Any], at: datetime) -> str:
    """How long ago the status changed, as a card says it."""
    return duration_text(max((at - row[SINCE_AT]) / timedelta(seconds=1), 0))


def card_of(row: Sequence[Any], age: str, off: int = 0) -> Card:
    """A card from a row of `card_rows`, its age in words and by how many places it is out of order."""
    (identity, key, summary, kind, priority, severity, customer, community, labels, assignee, name, since, floor, rank,
     column, work, held, status, write, note, blocked_since, blocked, team, team_label) = row
    work = work if column != Column.DONE else ""
    return Card(
        id=identity, key=key, url=ticket_url(key), summary=summary or key, kind=kind,
        priority=priority, priority_tone=priority_tone(priority), severity=severity,
        severity_tone=severity_tone(severity), customer=customer, community=community,
        labels=() if customer or community else _labels(labels, work), assignee_id=assignee or "",
        assignee_name=(name or assignee) if assignee else "", assignee_initials=initials(name or assignee or ""),
        age_at=_iso(since),
        age_text=f"at least {age}" if floor else age, age_form="least" if floor else "age",
        order=order_of(column, rank, since), column=column, work=work, off=places_words(off) if off else "",
        held=held if column == Column.TODO else "", status=status or "", write=write, write_note=note,
        blocked=blocked if blocked_since else "", blocked_at=_iso(blocked_since) if blocked_since else "",
        blocked_text=f"{blocked_since:%-d %b}" if blocked_since else "",
        team=(team or "") if is_routed(labels, team_label or "") else "",
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _labels(labels: Sequence[str], work: str) -> tuple[str, ...]:
    """A few labels, without one that the class says already: "3 · hotfix"."""
    return tuple(label for label in labels if not work.endswith(f" {label.casefold()}"))[:LABELS_SHOWN]


def order_of(column: str, rank: int | None, since: datetime) -> int:
    """A card's place in its column, ascending: To Do by Jira's rank, all others by the latest change of status."""
    if column == Column.TODO:
        return rank if rank is not None else UNRANKED
    return -int(since.timestamp())


@lru_cache(maxsize=8_192)
def _card_html(row: tuple[Any, ...], age: str, off: int) -> SafeString:
    """A card drawn. Kept by all that it is made of, so that there is nothing to forget when it changes; a board of
    kept cards looks them up and does nothing else for them."""
    return mark_safe(get_template("tickets/card.html").render({"card": card_of(row, age, off)}).strip())  # noqa: S308  (a template's)


def cards_html(rows: Iterable[tuple[Any, ...]], at: datetime, offs: Mapping[int, int]) -> SafeString:
    """Many cards, one after the other; `offs`: who is out of order, by how many places."""
    keys = ((*row[:LABELS_AT], tuple(row[LABELS_AT]), *row[LABELS_AT + 1 :]) for row in rows)
    return mark_safe("".join(_card_html(key, age_of(key, at), offs.get(key[ID_AT], 0)) for key in keys))  # noqa: S308  (of safe strings)


def card_news(
    told: Sequence[tuple[int, str]], at: datetime, *, by: str = "", offs: Mapping[int, int] | None = None
) -> list[str]:
    """The live event of each ticket (id, what is said of it), drawn for everybody; `by` (as in `body[data-me]`) knows
    the line already. `offs`: who is out of order, where it is known."""
    cards: dict[int, Card] = {}
    offs = offs_now() if offs is None else offs
    shown = Ticket.objects.filter(id__in=[identity for identity, _ in told], presence=Presence.PRESENT)
    for row in card_rows(shown.exclude(column=Column.OFF)):
        card = card_of(row, age_of(row, at), offs.get(row[ID_AT], 0))
        if card.column != Column.DONE or -card.order >= (at - DONE_FOR).timestamp():
            cards[card.id] = card
    counts = json.dumps({**board_counts(at), "out_of_order": len(offs)})
    template = get_template("tickets/card_event.html")
    return [
        template.render({
            "news": {
                "card_id": identity, "gone": identity not in cards, "said": said, "by": by,
                "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "counts_json": counts,
                "column": cards[identity].column if identity in cards else "",
                "order": cards[identity].order if identity in cards else "", "card": cards.get(identity),
            }
        }).strip()
        for identity, said in told
    ]
