"""Plans as JSON, and a mark of what a plan stands on, by which it is known whether something was overtaken."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from set_rotation.rules.planning.shapes import Chosen, Collision, Proposal, Request, Spot

PARTS = ("the rotations", "the roster or what teams owe", "who is away")
SIZE = 16


@dataclass(frozen=True)
class Ask:
    """What somebody asks of a plan besides its first day, number and pattern; `keeps`: who stands somewhere stays."""

    skills: tuple[str, ...] = ()
    one_per_team: bool = True
    commitments: bool = True
    wishes_must: bool = False
    keeps: bool = True

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {**asdict(self), "skills": list(self.skills)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Ask":
        """From what was stored; what is missing is as by default."""
        known = {key: stored[key] for key in cls.__dataclass_fields__ if key in stored}
        return cls(**{**known, "skills": tuple(stored.get("skills", ()))})


def mark(request: Request, stands: Sequence[object]) -> str:
    """What a proposal stands on, in three short hashes: the rotations (`stands`: the day of each, and who is in it),
    the roster, absences. Load is left out: it goes on growing while somebody reads a proposal."""
    rotations = [(repr(each), rotation.name, [(place.role, place.fixed) for place in rotation.places])
                 for each, rotation in zip(stands, request.rotations, strict=True)]
    served = sorted((one.id, one.before, one.after) for one in request.candidates)
    roster = sorted((one.id, one.team, sorted(one.here), sorted(one.skills), one.can_lead, one.can_engineer)
                    for one in request.candidates)
    away = sorted((one.id, sorted(one.away)) for one in request.candidates)
    owed = [asdict(one) for one in request.commitments]
    return "".join(hashlib.sha256(repr(part).encode()).hexdigest()[:SIZE]
                   for part in ((rotations, served), (roster, owed), away))


def overtaken(before: str, now: str) -> list[str]:
    """Which parts of what a plan stands on have changed, in words."""
    return [words for number, words in enumerate(PARTS)
            if before[number * SIZE:(number + 1) * SIZE] != now[number * SIZE:(number + 1) * SIZE]]


def chosen_as_json(chosen: Chosen) -> list[list[int]]:
    """Who takes each place: rotation, place, person."""
    return [[r, k, who] for (r, k), who in sorted(chosen.items())]


def chosen_from_json(stored: Sequence[Sequence[int]]) -> dict[Spot, int]:
    """The other way round."""
    return {(r, k): who for r, k, who in stored}


def proposal_as_json(found: Proposal | Collision) -> dict[str, Any]:
    """What came of a plan, as it is stored."""
    if isinstance(found, Collision):
        return {"collision": found.words, "parts": list(found.parts)}
    return {
        "chosen": chosen_as_json(found.chosen), "first": chosen_as_json(found.chosen),
        "why": [[r, k, words] for (r, k), words in sorted(found.why.items())],
        "unmet": [{"person": one.wish.person, "kind": one.wish.kind, "note": one.wish.note, "rotation": one.rotation,
                   "why": one.why} for one in found.unmet],
        "gives": list(found.gives), "optimal": found.optimal, "used": found.used,
        "spreads": [asdict(one) for one in found.spreads],
    }
