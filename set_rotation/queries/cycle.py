"""The cycle of a rotation as its page shows it: the checklist with due times, who ticked what, and what is late."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from cadence.queries import team_zone
from people.models import Person
from people.queries import mark
from people.queries.pages import Mark
from set_rotation.choices import CyclePhase, PlaceRole
from set_rotation.models import ChecklistItem, ChecklistMark, Place, Rotation
from set_rotation.queries.facts import next_rotation, rotation_at, schedule
from set_rotation.rules.cycle import CycleFacts, item_due

LEAD = 0  # the number of the lead's place


@dataclass(frozen=True)
class Tick:
    """A box of an item: `person` is whose, None for the whole rotation's; `by` and `at`: who ticked it, and when."""

    person: Mark | None
    by: Mark | None
    at: datetime | None
    may: bool
    name: str  # of the box, on the page
    value: str = ""  # the person's number

    @property
    def done(self) -> bool:
        return self.at is not None


@dataclass(frozen=True)
class ItemLine:
    """An item with its boxes: one, or one of each person."""

    id: int
    words: str
    url: str
    due_at: datetime
    late: bool
    each: bool
    ticks: tuple[Tick, ...]
    done: int

    @property
    def total(self) -> int:
        return len(self.ticks)

    @property
    def whole(self) -> bool:
        """Whether nothing of it is left."""
        return self.done == self.total


@dataclass(frozen=True)
class PhaseBox:
    """A phase of the cycle: how much of it is done, and whether something of it is late."""

    key: str
    label: str
    items: tuple[ItemLine, ...]
    done: int
    total: int
    late: int


@dataclass(frozen=True)
class Source:
    """A place where work comes from."""

    name: str
    words: str
    url: str


@dataclass(frozen=True)
class CyclePage:
    """See templates/rotations/cycle.html."""

    number: int
    starts_at: datetime
    ends_at: datetime
    state: str  # "past", "now" or "next"
    lead: Mark | None
    phases: tuple[PhaseBox, ...]
    sources: tuple[Source, ...]
    done: int
    total: int
    late: int
    due_at: datetime
    previous: int | None
    following: int | None
    retired: tuple[ChecklistItem, ...]


def present_rotation(at: datetime) -> Rotation | None:
    """The rotation that runs; where none does the next one, else the last. Three queries at most."""
    return rotation_at(at) or next_rotation(at) or Rotation.objects.order_by("-starts_at").first()


def crew(rotation: Rotation | None) -> list[Place]:
    """The places of a rotation that somebody has, the lead first. One query."""
    found = Place.objects.filter(rotation=rotation, person__isnull=False) if rotation else Place.objects.none()
    return list(found.select_related("person__team").order_by("number"))


def lead_of(places: Sequence[Place]) -> Person | None:
    """Who leads, of a crew."""
    return next((place.person for place in places if place.role == PlaceRole.LEAD), None)


def cycle_facts(rotation: Rotation, places: Sequence[Place]) -> CycleFacts:
    """What the due times of a rotation hang on. One query, for the schedule."""
    lead, row = lead_of(places), schedule()
    zone = lead.zone if lead else row.zone or team_zone()
    return CycleFacts(rotation.starts_at, rotation.ends_at, zone, row.hand_over_weekday, row.hand_over_at)


def cycle_page(
    *, rotation: Rotation, me: Person, at: datetime, may_serve: bool, may_plan: bool
) -> CyclePage:
    """The cycle of a rotation. Seven queries, however much was ticked."""
    places = crew(rotation)
    facts = cycle_facts(rotation, places)
    items = list(ChecklistItem.objects.all())
    done = _marks(rotation)
    boxes = tuple(
        _box(phase, [item for item in items if item.phase == phase and not item.retired], places, done, facts, at,
             me=me.pk if may_serve else 0, plans=may_plan)
        for phase in CyclePhase
    )
    lead = lead_of(places)
    state = "past" if rotation.ends_at <= at else "now" if rotation.starts_at <= at else "next"
    others = Rotation.objects.order_by("starts_at").values_list("number", flat=True)
    return CyclePage(
        number=rotation.number, starts_at=rotation.starts_at, ends_at=rotation.ends_at, state=state,
        lead=mark(lead) if lead else None, phases=boxes, sources=sources(), done=sum(box.done for box in boxes),
        total=sum(box.total for box in boxes), late=sum(box.late for box in boxes), due_at=facts.handed_over_at,
        previous=others.filter(starts_at__lt=rotation.starts_at).last(),
        following=others.filter(starts_at__gt=rotation.starts_at).first(),
        retired=tuple(item for item in items if item.retired) if may_plan else (),
    )


Marks = Mapping[int, Mapping[int | None, ChecklistMark]]


def _marks(rotation: Rotation) -> Marks:
    found: dict[int, dict[int | None, ChecklistMark]] = defaultdict(dict)
    for row in ChecklistMark.objects.filter(rotation=rotation).select_related("by"):
        found[row.item_id][row.person_id] = row
    return found


def _box(
    phase: CyclePhase, items: Sequence[ChecklistItem], places: Sequence[Place], done: Marks, facts: CycleFacts,
    at: datetime, *, me: int, plans: bool,
) -> PhaseBox:
    lines = tuple(_line(item, places, done.get(item.pk, {}), facts, at, me=me, plans=plans) for item in items)
    return PhaseBox(phase, phase.label, lines, sum(line.done for line in lines), sum(line.total for line in lines),
                    sum(line.late for line in lines))


def _line(
    item: ChecklistItem, places: Sequence[Place], done: Mapping[int | None, ChecklistMark], facts: CycleFacts,
    at: datetime, *, me: int, plans: bool,
) -> ItemLine:
    whose = [place.person for place in places] if item.each else [None]
    ticks = tuple(_tick(item, person, done.get(person.pk if person else None), me=me, plans=plans) for person in whose)
    due, count = item_due(CyclePhase(item.phase), item.days, facts), sum(tick.done for tick in ticks)
    return ItemLine(item.pk, item.words, address_of(item.path), due, late=due <= at and count < len(ticks),
                    each=item.each, ticks=ticks, done=count)


def _tick(item: ChecklistItem, person: Person | None, row: ChecklistMark | None, *, me: int, plans: bool) -> Tick:
    return Tick(
        person=mark(person) if person else None, by=mark(row.by) if row and row.by else None,
        at=row.at if row else None, may=bool(me) and (person is None or plans or person.pk == me),
        name=f"tick-{item.pk}" + (f"-{person.pk}" if person else ""), value=str(person.pk) if person else "",
    )


def sources() -> tuple[Source, ...]:
    """The four sources of work (related facts, "SET roles and on-call"); one that has no address here is a word."""
    return (
        Source("Pages", "very rare, urgent only", address_of("set_rotation:pages")),
        Source("SET channel", "less than an hour: simply answered", address_of("channel:set")),
        Source("Board", "from the top of To Do", address_of("tickets:board")),
        Source("Ask-R&D channel", "once or twice a day", address_of("channel:ask-r-and-d")),
    )


def address_of(path: str) -> str:
    """The address that an item's `path` names; "" where there is none here."""
    if path.startswith("channel:"):
        chat = settings.ENV.mattermost
        name = path.removeprefix("channel:")
        channel = chat.set_channel if name == "set" else name
        return f"{chat.base_url}/{chat.team}/channels/{channel}" if chat.base_url else ""
    if not path or path.startswith(("/", "https://", "http://")):
        return path
    try:
        return reverse(path)
    except NoReverseMatch:
        return ""
