"""What the page of a hand-over shows: the draft as it was found, people's words, who takes what, who has read it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from integrations.outbox.choices import State
from integrations.outbox.queries import Receipt, receipt
from people.models import Person
from people.queries import mark
from people.queries.pages import Mark
from portal.flows.hand_over import posts_of
from set_rotation.actions.hand_over import ALREADY
from set_rotation.models import HandOver, HandOverTaken, HandOverTicket, Rotation
from set_rotation.queries.cycle import cycle_facts
from set_rotation.queries.hand_over import Crews, crews, hand_over_of, notes_of, writer_of
from set_rotation.rules.cycle import Step, step_at
from tickets.choices import Column
from tickets.models import Ticket, TicketWrite
from tickets.queries.addresses import ticket_url
from tickets.queries.marks import JiraMark, mark_of
from tickets.rules.weekly.shown import shown

EARLIER = 6  # past hand-overs that the page names


@dataclass(frozen=True)
class Found:
    """A ticket as the draft found it."""

    id: int
    key: str
    url: str
    summary: str
    column: str
    since: datetime
    least: bool
    owner: JiraMark | None
    blocked_since: datetime | None
    blocked_why: str


@dataclass(frozen=True)
class Row:
    """A ticket to hand over. `stays`: it goes to whoever has it; `moved`: what became of it since the draft, in words;
    `asks`: the number of its write, where that waits for an answer."""

    ticket: Found
    goes_to: Mark | None
    why: str
    stays: bool
    moved: str
    on_its_way: bool
    already: bool
    no_account: bool
    receipt: Receipt | None
    asks: int | None
    left: bool = False  # whoever was to have it is not of the next crew any more


@dataclass(frozen=True)
class Line:
    """Something that a room has to say; a red one is open."""

    text: str
    url: str
    note: str
    at: datetime
    tone: str


@dataclass(frozen=True)
class Section:
    """What a room has to say of the rotation."""

    key: str
    title: str
    icon: str
    empty: str
    lines: tuple[Line, ...]
    open: int


@dataclass(frozen=True)
class Taking:
    """Somebody who takes over, and when they said that they have read it."""

    person: Mark
    role: str
    at: datetime | None
    words: str


@dataclass(frozen=True)
class Note:
    by: str
    at: datetime
    html: SafeString


@dataclass(frozen=True)
class Drafted:
    """What there is once it was drafted."""

    drafted_at: datetime
    given_at: datetime | None
    given_by: str
    text: str
    html: SafeString
    version: int
    changed_at: datetime
    written_by: str
    rows: tuple[Row, ...]
    outside: tuple[Found, ...]
    sections: tuple[Section, ...]
    notes: tuple[Note, ...]
    posts: tuple[Receipt, ...]

    @property
    def to_write(self) -> int:
        """How many tickets the button writes to Jira."""
        return sum(row.goes_to is not None and not (row.on_its_way or row.no_account or row.stays or row.left)
                   for row in self.rows)

    @property
    def unowned(self) -> int:
        """How many tickets go to nobody."""
        return sum(row.goes_to is None for row in self.rows)

    @property
    def without(self) -> list[str]:
        """Who is to get tickets, and has no Jira account."""
        return sorted({row.goes_to.name for row in self.rows if row.goes_to is not None and row.no_account})


@dataclass(frozen=True)
class HandOverPage:
    """See templates/pages/hand_over.html."""

    number: int
    starts_at: datetime
    ends_at: datetime
    due_at: datetime
    draft_at: datetime
    late: bool
    lead: Mark | None
    following: int | None
    following_at: datetime | None
    takers: tuple[Taking, ...]
    may_edit: bool
    may_give: bool
    may_take: bool
    may_note: bool
    may_post: bool
    draft: Drafted | None
    earlier: tuple[HandOver, ...]

    @property
    def given(self) -> bool:
        return self.draft is not None and self.draft.given_at is not None

    @property
    def taken(self) -> int:
        """How many have read it."""
        return sum(one.at is not None for one in self.takers)


@dataclass(frozen=True)
class Reader:
    """Who looks, and what they may: serve, and plan rotations (whoever leads now, a coordinator)."""

    person: Person
    serves: bool
    plans: bool


def hand_over_page(*, rotation: Rotation, reader: Reader, at: datetime) -> HandOverPage:
    """The page of a rotation's hand-over, in a constant number of queries."""
    both, held = crews(rotation), hand_over_of(rotation)
    facts, takers = cycle_facts(rotation, both.outgoing), _takers(both, held)
    draft = _drafted(held, both) if held else None
    given, gives = held is not None and held.given_at is not None, may_give(reader, both)
    due = held.due_at if held and given else facts.handed_over_at
    mine = next((one for one in takers if one.person.id == reader.person.pk), None)
    return HandOverPage(
        number=rotation.number, starts_at=rotation.starts_at, ends_at=rotation.ends_at, due_at=due,
        draft_at=step_at(Step.DRAFT, facts), late=due <= at and not given,
        lead=mark(both.lead) if both.lead else None,
        following=both.following.number if both.following else None,
        following_at=both.following.starts_at if both.following else None, takers=takers,
        may_edit=reader.serves and not given, may_give=draft is not None and not given and gives,
        may_take=given and reader.serves and mine is not None and mine.at is None, may_note=given and reader.serves,
        may_post=draft is not None and given and gives and all(one.tone == "dropped" for one in draft.posts),
        draft=draft, earlier=_earlier(rotation),
    )


def may_give(reader: Reader, both: Crews) -> bool:
    """Whether the reader hands over: the outgoing lead, whoever leads now, a coordinator."""
    return reader.plans or (reader.serves and both.lead == reader.person)


def _drafted(held: HandOver, both: Crews) -> Drafted:
    found = [_found(one) for one in held.draft.get("tickets", [])]
    rows = _rows(held, {one.id: one for one in found}, {person.pk for person in both.taking})
    written, handled = writer_of(held) if held.text else None, {row.ticket.id for row in rows}
    return Drafted(
        drafted_at=held.drafted_at, given_at=held.given_at, given_by=held.given_by.name if held.given_by else "",
        text=held.text, html=shown(held.text), version=held.version, changed_at=held.changed_at,
        written_by=written.name if written else "", rows=rows,
        outside=tuple(one for one in found if one.id not in handled),
        sections=tuple(_section(one) for one in held.draft.get("sections", [])),
        notes=tuple(Note(one.by.name if one.by else "", one.at, shown(one.to_value)) for one in notes_of(held)),
        posts=tuple(receipt(one) for one in posts_of(held.rotation)),
    )


def _found(told: Mapping[str, Any]) -> Found:
    return Found(
        id=int(told["id"]), key=told["key"], url=ticket_url(told["key"]), summary=told["summary"] or told["key"],
        column=str(Column(told["column"]).label), since=datetime.fromisoformat(told["since"]), least=told["least"],
        owner=mark_of(told["account"], told["owner"]) if told["account"] else None,
        blocked_since=datetime.fromisoformat(told["blocked_since"]) if told["blocked_since"] else None,
        blocked_why=told["blocked_why"],
    )


def _section(told: Mapping[str, Any]) -> Section:
    lines = tuple(Line(one["text"], one["url"], one["note"], datetime.fromisoformat(one["at"]), one["tone"])
                  for one in told["lines"])
    return Section(told["key"], told["title"], told["icon"], told["empty"], lines,
                   sum(line.tone == "red" for line in lines))


def _rows(held: HandOver, found: Mapping[int, Found], taking: Collection[int]) -> tuple[Row, ...]:
    """The tickets that are to have a new owner, in the draft's order. Three queries."""
    order = {ticket: place for place, ticket in enumerate(found)}
    stored = [row for row in HandOverTicket.objects.filter(hand_over=held).select_related("goes_to")
              if row.ticket in found]
    writes = TicketWrite.objects.select_related("delivery").in_bulk([row.write for row in stored if row.write])
    now = {} if held.given_at else Ticket.objects.select_related("assignee").in_bulk([row.ticket for row in stored])
    stored.sort(key=lambda row: order[row.ticket])
    return tuple(_row(row, found[row.ticket], writes.get(row.write or 0), now.get(row.ticket), taking)
                 for row in stored)


def _row(
    row: HandOverTicket, found: Found, write: TicketWrite | None, now: Ticket | None, taking: Collection[int]
) -> Row:
    person = row.goes_to
    return Row(
        ticket=found, goes_to=mark(person) if person else None, why=row.why,
        stays=person is not None and found.owner is not None and found.owner.id == person.jira_account_id,
        moved=_moved(found, now) if now and row.write is None else "", on_its_way=row.write is not None,
        already=row.write == ALREADY,
        no_account=row.write is None and person is not None and not person.jira_account_id,
        receipt=receipt(write.delivery) if write else None,
        asks=write.pk if write and write.delivery.state == State.ASKING else None,
        left=row.write is None and person is not None and person.pk not in taking,
    )


def _moved(found: Found, now: Ticket) -> str:
    """What became of a ticket since the draft."""
    column, owner = str(Column(now.column).label), str(now.assignee) if now.assignee else "nobody"
    return " · ".join(filter(None, [
        f"now in {column}" if column != found.column else "",
        f"now with {owner}" if (now.assignee_id or None) != (found.owner.id if found.owner else None) else "",
    ]))


def _takers(both: Crews, held: HandOver | None) -> tuple[Taking, ...]:
    """Everybody of the next crew, and whoever took over and is no longer of it. One query."""
    rows = HandOverTaken.objects.filter(hand_over=held).select_related("person") if held else ()
    taken = {row.person_id: row for row in rows}
    found = []
    for place in both.incoming:
        row = taken.pop(place.person_id or 0, None)
        if place.person is not None:
            found.append(Taking(mark(place.person), place.get_role_display(), row.at if row else None,
                                row.words if row else ""))
    return (*found, *(Taking(mark(row.person), "", row.at, row.words) for row in taken.values()))


def _earlier(rotation: Rotation) -> tuple[HandOver, ...]:
    found = HandOver.objects.filter(rotation__starts_at__lt=rotation.starts_at).select_related("rotation")
    return tuple(found.order_by("-rotation__starts_at")[:EARLIER])
