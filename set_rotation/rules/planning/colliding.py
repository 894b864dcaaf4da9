"""A collision in words: what is needed, who could, and why each of them cannot."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from set_rotation.rules.planning.shapes import AVOID, ENGINEER, LEAD, Candidate, Collision, Request

NOT_FOUND = (
    "No plan was found in the time that a plan is given, and it was not proven that there is none. "
    "Plan fewer rotations at once, or ask for fewer skills."
)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NAMED = 6  # so many names are said; of the others only how many


class Kind(IntEnum):
    """The kinds of requirement, in the order in which it is tried to do without them."""

    ROW = 1
    WISH = 2
    BEFORE = 3
    AFTER = 4
    AWAY = 5
    SKILL = 6
    FILL = 7
    FIXED = 8


@dataclass(frozen=True)
class Need:
    """One requirement: of a rotation (its place in the request), and of what else its kind is about."""

    kind: Kind
    rotation: int
    role: str = ""
    person: int = 0
    skill: str = ""
    wish: int = -1

    @property
    def order(self) -> tuple[int, int, str, int, str, int]:
        """A fixed order, so that the same request has the same collision."""
        return (int(self.kind), self.rotation, self.role, self.person, self.skill, self.wish)


def in_words(request: Request, core: Sequence[Need]) -> Collision:
    """The smallest set of requirements as one sentence, and each of them alone."""
    kinds: dict[Kind, list[Need]] = defaultdict(list)
    for need in core:
        kinds[need.kind].append(need)
    wants = _fills(request, sorted(kinds[Kind.FILL], key=_early))
    wants += [f"{_name(request, need)} asks for somebody with {need.skill}" for need in kinds[Kind.SKILL]]
    people = {one.id: one for one in request.candidates}
    reasons = why_each(request, core, people)
    able, phrase = _able(request, kinds)
    sentences = [listed(wants, "and ")] if wants else []
    if wants:
        sentences.append(_who(able, phrase, reasons))
    elif reasons:
        sentences += [f"{people[who].name} {why}" for who, why in reasons.items() if who in people]
    words = ", ".join(part for part in sentences if part)
    if kinds[Kind.ROW]:
        words += "; nobody serves two rotations in a row"
    parts = [*wants, *(f"{people[who].name} {why}" for who, why in reasons.items() if who in people)]
    if kinds[Kind.ROW]:
        parts.append("Nobody serves two rotations in a row")
    return Collision(f"{words}.", tuple(f"{part}." for part in parts))


def _early(need: Need) -> tuple[int, bool]:
    return need.rotation, need.role != LEAD


def _name(request: Request, need: Need) -> str:
    return request.rotations[need.rotation].name


def _fills(request: Request, needs: Iterable[Need]) -> list[str]:
    """What each rotation needs: a sentence for each rotation."""
    found: dict[str, list[str]] = defaultdict(list)
    for need in needs:
        found[_name(request, need)].append(_fill_words(request, need))
    return [f"{name} needs {' and '.join(what)}" for name, what in found.items()]


def _fill_words(request: Request, need: Need) -> str:
    if need.role == LEAD:
        return "a lead"
    places = [place for place in request.rotations[need.rotation].places if place.role == ENGINEER]
    count = sum(place.fixed is None for place in places)
    more = " more" if count < len(places) else ""
    return f"{number(count)}{more} engineer{'s' if count != 1 else ''}"


def number(count: int) -> str:
    """A small number as a word."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def why_each(request: Request, core: Sequence[Need], people: dict[int, Candidate]) -> dict[int, str]:
    """What each person's requirements say, for the people in the collision."""
    said: dict[int, list[str]] = defaultdict(list)
    away = _away(core, people)
    for need in core:
        one = people.get(need.person)
        if one is None:
            continue
        if need.kind is Kind.AWAY:
            said[one.id].append(away[one.id])
        elif need.kind is Kind.BEFORE:
            said[one.id].append("is on duty in the rotation before")
        elif need.kind is Kind.AFTER:
            said[one.id].append("is on duty in the rotation after")
        elif need.kind is Kind.FIXED:
            said[one.id].append(f"stands in {_name(request, need)} already")
        elif need.kind is Kind.WISH:
            wish = request.wishes[need.wish]
            names = ", ".join(request.rotations[r].name for r in wish.rotations)
            said[one.id].append(f"would rather not serve in {names}" if wish.kind == AVOID
                                else f"would gladly serve in {names}")
    return {who: " and ".join(dict.fromkeys(words)) for who, words in said.items()}


def _away(core: Sequence[Need], people: dict[int, Candidate]) -> dict[int, str]:
    """All the times for which somebody's being away is in the collision, as one reason."""
    times: dict[int, dict[str, None]] = defaultdict(dict)
    for need in core:
        if need.kind is Kind.AWAY and need.person in people:
            away = sorted(people[need.person].away.items())
            times[need.person] |= dict.fromkeys(words for (r, _), words in away if r == need.rotation)
    return {who: f"is away {' and '.join(words)}" for who, words in times.items()}


def _able(request: Request, kinds: dict[Kind, list[Need]]) -> tuple[list[Candidate], str]:
    """Who could meet what is needed if nothing stood against it, and how to call them."""
    rotations = {need.rotation for need in (*kinds[Kind.FILL], *kinds[Kind.SKILL])}
    members = [one for one in request.candidates if any(
        all((r, week) in one.here for week in range(request.rotations[r].weeks)) for r in rotations)]
    skills = {need.skill for need in kinds[Kind.SKILL]}
    roles = {need.role for need in kinds[Kind.FILL]}
    if skills and roles <= {ENGINEER}:
        having = [one for one in members if one.can_engineer and skills & one.skills]
        return having, f"has {' or '.join(sorted(skills))}"
    if roles == {LEAD} and not skills:
        return [one for one in members if one.can_lead], "can lead"
    if roles == {ENGINEER}:
        return [one for one in members if one.can_engineer], "can serve as engineer"
    return members, "is on the roster then"


PLURAL = {"can lead": "can lead", "can serve as engineer": "can serve as engineers",
          "is on the roster then": "are on the roster then"}


def _who(able: Sequence[Candidate], phrase: str, reasons: dict[int, str]) -> str:
    """Those who could, and why they cannot."""
    if not able:
        return f"and nobody {phrase}"
    plural = PLURAL.get(phrase, phrase.replace("has ", "have ", 1))
    hindered = [one for one in able if one.id in reasons]
    away = "is away "
    if len(hindered) == len(able) and all(reasons[one.id].startswith(away) and " and is " not in reasons[one.id]
                                          for one in able):
        names = listed(f"{one.name} {reasons[one.id].removeprefix(away)}" for one in able)
        who = f"the only one who {phrase} is" if len(able) == 1 else f"the only {number(len(able))} who {plural} are"
        return f"and {who} away ({names})"
    who = f"only {able[0].name} {phrase}" if len(able) == 1 else f"only {number(len(able))} people {plural}"
    if not hindered:
        names = f" ({listed(one.name for one in able)})" if len(able) > 1 else ""
        return f"and {who}{names}"
    if len(able) == 1:
        return f"and {who}, who {reasons[able[0].id]}"
    return f"and {who}: {hindered_words(hindered, reasons)}"


def hindered_words(people: Iterable[Candidate], reasons: dict[int, str]) -> str:
    """Who cannot and why, those of one reason together."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in people:
        by_reason[reasons[one.id]].append(one.name)
    found = []
    for why, names in by_reason.items():
        verb, _, rest = why.partition(" ")
        if len(names) > 1:
            verb, rest = {"is": "are", "stands": "stand"}.get(verb, verb), rest.replace(" and is ", " and are ")
            rest = rest.replace(" and stands ", " and stand ")
        found.append(f"{listed(names, 'and ')} {verb} {rest}")
    return "; ".join(found)


def listed(names: Iterable[str], last: str = "") -> str:
    """Names with commas, the last after `last`; of a long list only how many more."""
    found = list(names)
    if len(found) > NAMED:
        return f"{', '.join(found[:NAMED])} and {len(found) - NAMED} more"
    if last and len(found) > 1:
        return f"{', '.join(found[:-1])} {last}{found[-1]}"
    return ", ".join(found)
