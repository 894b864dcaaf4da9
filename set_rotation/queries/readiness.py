"""Who of a rotation is ready for it, and what the others lack."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Q
from django.urls import NoReverseMatch, reverse

from people.models import Person
from people.queries.pages import Mark, mark
from set_rotation.choices import ContactKind, CyclePhase, PageState, PlaceRole, Seat, Urgency
from set_rotation.models import ChecklistItem, ChecklistMark, ContactMethod, Duty, Page, Place, Rotation
from set_rotation.queries.contacts import contacts_of, has_chat
from set_rotation.queries.cycle import address_of
from set_rotation.rules.readiness import Check, ReadyFacts, checks_of, counted, is_ready


@dataclass(frozen=True)
class PersonReadiness:
    """Somebody of a rotation, as what, and what is ready of them."""

    person: Mark
    serves: str
    checks: tuple[Check, ...]
    ready: bool
    waits: bool  # a test page waits to be acknowledged

    @property
    def missing(self) -> tuple[Check, ...]:
        """What is not ready."""
        return tuple(check for check in self.checks if not check.ok)

    @property
    def words(self) -> str:
        """In a few words: "ready", or what is missing first."""
        return self.missing[0].words if self.missing else "Ready"

    @property
    def tone(self) -> str:
        return "green" if self.ready else "amber"

    @property
    def icon(self) -> str:
        return "done" if self.ready else "clock"

    @property
    def tested(self) -> bool:
        """Whether a test page of theirs was acknowledged lately."""
        return all(check.ok for check in self.checks if check.key == "test")


@dataclass(frozen=True)
class RotationReadiness:
    """Who of a rotation is ready. A badge draws `words` ("2 of 5 ready") with `tone`, and links to `path`; a page that
    must not ask so much loads it by itself (the address of readiness, HX-Target "readiness-badge").

    `rows`: each person, the lead first; `gaps`: places that nobody has; `lead`: who leads, if anybody does.
    """

    rotation: Rotation
    rows: tuple[PersonReadiness, ...]
    gaps: int
    lead: Person | None

    @property
    def ready(self) -> int:
        return sum(row.ready for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows) + self.gaps

    @property
    def whole(self) -> bool:
        """Whether everybody is."""
        return self.ready == self.total > 0

    @property
    def words(self) -> str:
        return counted(self.ready, self.total)

    @property
    def tone(self) -> str:
        return "green" if self.whole else "amber"

    @property
    def icon(self) -> str:
        return "done" if self.whole else "clock"

    @property
    def path(self) -> str:
        return reverse("set_rotation:readiness") + f"?rotation={self.rotation.number}"


def readiness_of(rotation: Rotation, at: datetime) -> RotationReadiness:
    """Who of a rotation is ready for it: those who have its places, and whoever replaces somebody in it.

    The rows of the page, and the badge in the card of `/on-call/` for the next rotation. Seven queries, however many
    people.
    """
    places = list(Place.objects.filter(rotation=rotation).select_related("person").order_by("number"))
    serves: dict[Person, str] = {place.person: _place_words(place) for place in places if place.person is not None}
    for duty in Duty.objects.held().filter(rotation=rotation).select_related("person"):
        serves.setdefault(duty.person, f"Replaces the {Seat(duty.seat).label.lower()}")
    facts = ready_facts(list(serves), rotation)
    rows = tuple(_row(person, words, facts[person.pk], at) for person, words in serves.items())
    lead = next((place.person for place in places if place.role == PlaceRole.LEAD), None)
    return RotationReadiness(rotation, rows, sum(place.person is None for place in places), lead)


def _place_words(place: Place) -> str:
    return "Lead" if place.role == PlaceRole.LEAD else f"Engineer {place.number}"


def _row(person: Person, serves: str, facts: ReadyFacts, at: datetime) -> PersonReadiness:
    checks = checks_of(facts, at)
    return PersonReadiness(mark(person), serves, checks, is_ready(checks), facts.test_waits)


def ready_facts(people: Sequence[Person], rotation: Rotation) -> dict[int, ReadyFacts]:
    """What is known of each person's set-up for a rotation, by their ids. Five queries."""
    ids = [person.pk for person in people]
    proven, unproven = _ways(ids)
    tests, items = _tests(ids), before_items()
    marks = _marks(ids, rotation)
    chat = has_chat()
    return {
        person.pk: ReadyFacts(
            active=person.is_active, joined=person.joined is not None, chat=chat,
            chat_name=bool(person.mattermost_name), proven=proven.get(person.pk, 0), unproven=unproven[person.pk],
            tested_at=tests.get(person.pk, (None, False))[0], test_waits=tests.get(person.pk, (None, False))[1],
            items=len(items), left=tuple(item.words for item in items if item.pk not in marks[person.pk]),
        )
        for person in people
    }


def _ways(ids: Collection[int]) -> tuple[dict[int, int], dict[int, tuple[str, ...]]]:
    """How many ways of each are proven; and the names of the addresses in their urgent steps that are not."""
    rows = ContactMethod.objects.filter(person__in=ids, removed_at__isnull=True, verified_at__isnull=False)
    found: defaultdict[int, set[int]] = defaultdict(set)
    for person, method in rows.values_list("person_id", "pk"):
        found[person].add(method)
    steps = contacts_of(ids, Urgency.URGENT)
    unproven = {
        person: tuple(dict.fromkeys(step.label for step in steps[person]
                                    if step.kind == ContactKind.APPRISE and step.method not in found[person]))
        for person in ids
    }
    return {person: len(methods) for person, methods in found.items()}, unproven


def _tests(ids: Collection[int]) -> dict[int, tuple[datetime | None, bool]]:
    """When each last acknowledged a test page of theirs, and whether one waits for them."""
    rows = Page.objects.filter(test=True, only_to__in=ids).order_by().values("only_to").annotate(
        tested=Max("acknowledged_at", filter=Q(acknowledged_by=F("only_to"))),
        waiting=Count("pk", filter=Q(state=PageState.OPEN)),
    )
    return {row["only_to"]: (row["tested"], row["waiting"] > 0) for row in rows}


def before_items() -> list[ChecklistItem]:
    """What each person does before the first day. One query."""
    return list(ChecklistItem.objects.filter(phase=CyclePhase.BEFORE, each=True, retired=False))


def _marks(ids: Collection[int], rotation: Rotation) -> Mapping[int, set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for person, item in ChecklistMark.objects.filter(rotation=rotation, person__in=ids).values_list("person", "item"):
        if person is not None:
            found[person].add(item)
    return found


@dataclass(frozen=True)
class Errand:
    """Something that is left to do, in more words, and the page where it is done, or ""."""

    label: str
    words: str
    url: str
    item: int = 0  # of the checklist: it can be ticked off


@dataclass(frozen=True)
class FirstDay:
    """What somebody has still to do before their next rotation begins."""

    rotation: Rotation
    serves: str
    checks: tuple[Check, ...]
    errands: tuple[Errand, ...]
    items: tuple[Errand, ...]
    cycle_url: str

    @property
    def ready(self) -> bool:
        return is_ready(self.checks)

    @property
    def left(self) -> int:
        """How many things are left to do."""
        return len(self.errands) + len(self.items)


def first_day(person: Person, at: datetime) -> FirstDay | None:
    """What is left before somebody's next rotation; None where no coming one has a place for them. Eight queries."""
    place = next_place(person, at)
    if place is None:
        return None
    rotation, facts = place.rotation, ready_facts([person], place.rotation)[person.pk]
    checks, cycle = checks_of(facts, at), _cycle_url(place.rotation)
    urls = {"account": "", "chat": reverse("people:me"), "contacts": "#test", "test": "#test", "checklist": cycle}
    errands = tuple(Errand(check.label, check.words, urls[check.key])
                    for check in checks if not check.ok and check.key != "checklist")
    left = set(facts.left)
    items = tuple(Errand(item.words, "", address_of(item.path), item.pk)
                  for item in before_items() if item.words in left)
    return FirstDay(rotation, _place_words(place), checks, errands, items, cycle)


def next_place(person: Person, at: datetime) -> Place | None:
    """The place that somebody has in the next rotation of theirs. One query."""
    found = Place.objects.filter(person=person, rotation__starts_at__gt=at).select_related("rotation")
    return found.order_by("rotation__starts_at").first()


def _cycle_url(rotation: Rotation) -> str:
    """The page of the checklist."""
    try:
        return reverse("set_rotation:cycle", args=[rotation.number])
    except NoReverseMatch:
        return ""


def rotation_shown(number: int | None, at: datetime) -> Rotation | None:
    """The rotation of this number; without one the next, or else the one that runs. Two queries at most."""
    if number is not None:
        return Rotation.objects.filter(number=number).first()
    coming = Rotation.objects.filter(ends_at__gt=at).order_by("starts_at")
    return coming.filter(starts_at__gt=at).first() or coming.first()


def neighbours(rotation: Rotation) -> tuple[int | None, int | None]:
    """The numbers of the rotations before and after. Two queries."""
    numbers = Rotation.objects.order_by("starts_at").values_list("number", flat=True)
    return (numbers.filter(starts_at__lt=rotation.starts_at).last(),
            numbers.filter(starts_at__gt=rotation.starts_at).first())
