"""The hand-over as this room knows it: who hands over to whom, and whom it waits for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from people.models import Person
from set_rotation.choices import PlaceRole, What
from set_rotation.models import HandOver, HandOverTaken, HandOverTicket, Place, Rotation, RotationEvent
from set_rotation.queries.cycle import crew, cycle_facts, lead_of
from set_rotation.rules.cycle import CycleFacts, Step, step_at

OWED = timedelta(days=7)  # after its rotation's end a hand-over is called to mind no longer


@dataclass(frozen=True)
class Crews:
    """Who hands over, and who takes over: the places that somebody has. `following`: the next rotation, if planned."""

    rotation: Rotation
    outgoing: Sequence[Place]
    following: Rotation | None
    incoming: Sequence[Place]

    @property
    def lead(self) -> Person | None:
        """Who hands over."""
        return lead_of(self.outgoing)

    @property
    def taking(self) -> tuple[Person, ...]:
        """Everybody who takes over, the lead first."""
        return tuple(place.person for place in self.incoming if place.person is not None)


def crews(rotation: Rotation) -> Crews:
    """Who hands over to whom. Three queries at most."""
    following = Rotation.objects.filter(starts_at__gte=rotation.ends_at).order_by("starts_at").first()
    return Crews(rotation, crew(rotation), following, crew(following) if following else [])


def hand_over_of(rotation: Rotation) -> HandOver | None:
    """What a rotation leaves to the next one. One query."""
    return HandOver.objects.filter(rotation=rotation).select_related("rotation", "given_by").first()


def concerns_hand_over(tickets: Collection[int]) -> bool:
    """Whether one of these tickets was given to somebody by a hand-over, whose page says what became of it. One
    query."""
    return HandOverTicket.objects.filter(ticket__in=tickets, write__isnull=False).exists()


def notes_of(hand_over: HandOver) -> list[RotationEvent]:
    """What was added after it was given, the first first. One query."""
    found = RotationEvent.objects.filter(rotation_id=hand_over.rotation_id, what=What.HAND_OVER_NOTED)
    return list(found.select_related("by").order_by("at", "pk"))


def writer_of(hand_over: HandOver) -> Person | None:
    """Who wrote the text as it stands. One query."""
    found = RotationEvent.objects.filter(rotation_id=hand_over.rotation_id, what=What.HAND_OVER_CHANGED,
                                         person__isnull=True, to_value=hand_over.text).select_related("by").first()
    return found.by if found else None


@dataclass(frozen=True)
class Owed:
    """A hand-over that waits for somebody: to be given by its lead, or (`taking`) to be read by an incoming person."""

    number: int
    due_at: datetime
    taking: bool
    drafted: bool = True


def owed_hand_overs(person: Person, at: datetime) -> tuple[Owed, ...]:
    """What this person owes: from the moment at which the draft is made on, until it is done. Two queries while
    nothing is owed, five at most."""
    return (*_to_give(person, at), *_to_take(person, at))


def _to_give(person: Person, at: datetime) -> list[Owed]:
    led = Rotation.objects.filter(
        places__role=PlaceRole.LEAD, places__person=person, starts_at__lte=at, ends_at__gt=at - OWED,
    ).exclude(hand_over__given_at__isnull=False).select_related("hand_over").order_by("starts_at")
    found = []
    for rotation in led[:1]:
        facts = _facts_of_lead(rotation, person)
        drafted = hasattr(rotation, "hand_over")
        if drafted or step_at(Step.DRAFT, facts) <= at:
            found.append(Owed(rotation.number, facts.handed_over_at, taking=False, drafted=drafted))
    return found


def _facts_of_lead(rotation: Rotation, lead: Person) -> CycleFacts:
    return cycle_facts(rotation, [Place(role=PlaceRole.LEAD, number=0, person=lead)])


def _to_take(person: Person, at: datetime) -> list[Owed]:
    mine = Place.objects.filter(person=person, rotation__starts_at__gte=OuterRef("rotation__ends_at"),
                                rotation__starts_at__lt=OuterRef("rotation__ends_at") + OWED, rotation__ends_at__gt=at)
    read = HandOverTaken.objects.filter(hand_over=OuterRef("pk"), person=person)
    given = HandOver.objects.filter(given_at__isnull=False, rotation__ends_at__gt=at - 3 * OWED).filter(
        Exists(mine), ~Exists(read)
    ).select_related("rotation").order_by("rotation__ends_at")
    return [Owed(one.rotation.number, one.due_at, taking=True) for one in given[:3] if _is_next(one, person)]


def _is_next(hand_over: HandOver, person: Person) -> bool:
    """Whether they are of the very next crew: a week later there may be another one."""
    return person in crews(hand_over.rotation).taking
