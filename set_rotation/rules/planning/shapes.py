"""What the planner is asked and what it answers: frozen, without a database, so that it can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from set_rotation.choices import PlaceRole, Seat, WishKind

# Plain strings: a request is kept as JSON, and the solver counts by them.
LEAD, PRIMARY, BACKUP = Seat.LEAD.value, Seat.PRIMARY.value, Seat.BACKUP.value
SEATS = (LEAD, PRIMARY, BACKUP)
ENGINEER = PlaceRole.ENGINEER.value
AVOID, PREFER = WishKind.AVOID.value, WishKind.PREFER.value

Week = tuple[int, int]  # (place of the rotation in the request, week inside it), both from 0
Spot = tuple[int, int]  # (place of the rotation in the request, place in the rotation), both from 0


@dataclass(frozen=True)
class Shift:
    """A stretch in a seat: which weeks of its rotation it takes, and its load in points (see `rules.load`)."""

    seat: str
    weeks: frozenset[int]
    points: int = 1


@dataclass(frozen=True)
class Place:
    """One person's place in a rotation. A lead has one shift over all weeks; an engineer those of the pattern, which
    may be none. `fixed` is a person who stands there already and stays."""

    role: str
    shifts: tuple[Shift, ...] = ()
    fixed: int | None = None

    @property
    def points(self) -> int:
        """The load of all its shifts."""
        return sum(shift.points for shift in self.shifts)


@dataclass(frozen=True)
class Rotation:
    """A rotation to fill: its words ("Rotation 45"), its places, how many weeks it has, the skills it asks for."""

    name: str
    places: tuple[Place, ...]
    weeks: int = 2
    skills: frozenset[str] = frozenset()

    def weeks_of(self, place: Place) -> frozenset[int]:
        """The weeks in which whoever takes the place must not be away: those of its shifts, all where it has none."""
        return frozenset().union(*(shift.weeks for shift in place.shifts)) or frozenset(range(self.weeks))


@dataclass(frozen=True)
class Candidate:
    """A member who may be planned.

    `here`: the weeks in which they belong to the roster; `away`: those in which they are away, each with its words
    ("3–14 May"); `before` and `after`: whether they serve in the rotation right before the first, or right after the
    last; `so_far`: shifts of each seat until then, and `points` their load, both as if they had always been a member.
    """

    id: int
    name: str
    team: str
    here: frozenset[Week]
    skills: frozenset[str] = frozenset()
    can_lead: bool = False
    can_engineer: bool = True
    away: Mapping[Week, str] = field(default_factory=dict)
    before: bool = False
    after: bool = False
    so_far: Mapping[str, int] = field(default_factory=dict)
    points: int = 0

    def can(self, role: str) -> bool:
        """Whether they may take a place of this role at all."""
        return self.can_lead if role == LEAD else self.can_engineer


@dataclass(frozen=True)
class Commitment:
    """What a team owes: so many engineers and so many leads in every `per` rotations."""

    team: str
    engineers: int
    leads: int
    per: int = 1

    def owed(self, role: str, rotations: int) -> Fraction:
        """How many places of a role it owes over so many rotations."""
        return Fraction(rotations * (self.leads if role == LEAD else self.engineers), self.per)


@dataclass(frozen=True)
class Wish:
    """"Rather not" or "gladly", for some of the rotations (their places in the request)."""

    person: int
    kind: str
    rotations: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True)
class Rules:
    """Which of the rules that may be switched hold: one engineer per team, commitments, wishes as requirements."""

    one_per_team: bool = True
    commitments: bool = True
    wishes_must: bool = False


@dataclass(frozen=True)
class Request:
    """All that a plan follows from: the same request has the same proposal."""

    rotations: tuple[Rotation, ...]
    candidates: tuple[Candidate, ...]
    commitments: tuple[Commitment, ...] = ()
    wishes: tuple[Wish, ...] = ()
    rules: Rules = Rules()

    def spots(self) -> list[Spot]:
        """Every place of every rotation, in order."""
        return [(r, k) for r, rotation in enumerate(self.rotations) for k in range(len(rotation.places))]

    def place(self, spot: Spot) -> Place:
        """The place of a spot."""
        return self.rotations[spot[0]].places[spot[1]]


Chosen = Mapping[Spot, int]  # who takes each place


@dataclass(frozen=True)
class Spread:
    """How even a seat is among people with the same commitments and availability: most minus least loaded, the least
    that any plan could reach (proven). `same`: their availability is the same week by week."""

    who: str
    people: int
    seat: str
    least: int
    most: int
    bound: int
    same: bool = True

    @property
    def spread(self) -> int:
        """Most loaded minus least loaded, in shifts."""
        return self.most - self.least

    @property
    def optimal(self) -> bool:
        """Whether no plan is more even."""
        return self.spread <= max(self.bound, 1)


@dataclass(frozen=True)
class Unmet:
    """A wish that the proposal does not meet, in which rotation, and why."""

    wish: Wish
    rotation: int
    why: str


@dataclass(frozen=True)
class Proposal:
    """Who takes each place; what had to give, in words; how even it is; whether it is proven that no plan has to
    give less; and the solver's own seconds that it took."""

    chosen: Chosen
    why: Mapping[Spot, str]
    unmet: tuple[Unmet, ...]
    gives: tuple[str, ...]
    spreads: tuple[Spread, ...]
    optimal: bool
    used: float = 0.0


@dataclass(frozen=True)
class Collision:
    """Why no plan exists: the smallest set of requirements that cannot hold together, in plain words, each alone."""

    words: str
    parts: tuple[str, ...]
