"""From a request to a proposal, or to why there is none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from set_rotation.rules.planning import checks, words
from set_rotation.rules.planning.counting import too_few
from set_rotation.rules.planning.shapes import SEATS, Chosen, Collision, Proposal, Request, Spread, Unmet
from set_rotation.solver.collisions import collide
from set_rotation.solver.greedy import Turns
from set_rotation.solver.model import Measure, build
from set_rotation.solver.stages import POLISH, SETTLE, WHOLE, Cancelled, Search, Settled, settle

Progress = Callable[[float, str], None]
RULES = 4  # so many measures are promises
FIRST = 6  # so many measures are wanted at their best; the others are polish
QUESTIONS = 4  # wishes that are asked why they are not met, and seats that are asked for a proof
ASK = 0.5  # deterministic seconds for each such question


@dataclass
class Course:
    """A search, what it settled so far, and whom to tell."""

    search: Search
    progress: Progress
    settled: dict[str, Settled]

    @property
    def measures(self) -> list[Measure]:
        """The measures of the model, in the order in which they matter."""
        return self.search.model.measures


def plan(
    request: Request, *, progress: Progress = lambda _part, _words: None, cancelled: Cancelled = lambda: False
) -> Proposal | Collision:
    """The best plan for a request, or the smallest set of requirements that collide.

    The same request gives the same answer on every machine with the same release of the solver: it runs on one worker,
    with a fixed seed and the solver's own clock. `progress` hears a part (0 to 1) and words; `cancelled` is asked four
    times a second. Raises `Stopped` once it says yes.
    """
    progress(0.01, "Counting places and people")
    short = too_few(request)
    if short is not None:
        return short
    progress(0.02, "Taking turns")
    hint = Turns(request).fill()
    progress(0.05, "Writing the rules down")
    course = Course(Search(build(request), hint, cancelled), progress, {})
    if any(not row and request.place(spot).fixed is None for spot, row in course.search.model.takes.items()):
        return _collision(request, progress, cancelled)
    if not _whole(course) and not _but_turns_and_wishes(course) and not _step_by_step(course):
        return _collision(request, progress, cancelled)
    [polish] = course.measures[FIRST:]
    progress(0.6, f"Improving: {polish.words}")
    course.settled[polish.name] = settle(course.search, polish, POLISH * len(request.spots()), proves=False)
    return _proposal(course)


def _collision(request: Request, progress: Progress, cancelled: Cancelled) -> Collision:
    progress(0.6, "Looking for what collides")
    return collide(request, cancelled)


def _whole(course: Course) -> bool:
    """Try for a plan in which nothing has to give. If there is one, all measures that matter are at their best."""
    course.progress(0.1, "Looking for a plan that keeps every rule and wish")
    wanted = course.measures[:FIRST]
    answer = course.search.solve(WHOLE, also=[term for measure in wanted for term in measure.terms])
    if not answer.found:
        return False
    _keep(course, wanted)
    return True


def _but_turns_and_wishes(course: Course) -> bool:
    """Try for a plan in which only these give, as little as can be: the usual case where somebody wishes too much."""
    course.progress(0.2, "Looking for a plan that keeps every rule and most wishes")
    rules, softer = course.measures[:RULES], course.measures[RULES:FIRST]
    if not course.search.solve(WHOLE, also=[term for measure in rules for term in measure.terms]).found:
        return False
    _keep(course, rules)
    for measure in softer:
        course.settled[measure.name] = settle(course.search, measure, SETTLE, proves=False)
    return True


def _keep(course: Course, measures: Iterable[Measure]) -> None:
    """Nothing of these gives from now on."""
    for measure in measures:
        for term in measure.terms:
            course.search.model.cp.add(term <= 0)
        course.settled[measure.name] = Settled(measure.name, 0, 0)


def _step_by_step(course: Course) -> bool:
    """Something has to give: as little as possible of what matters most, then of the next. Whether a plan exists."""
    course.progress(0.25, "Something has to give: looking for the least")
    if not course.search.solve(WHOLE * 2).found:
        return False
    for number, measure in enumerate(course.measures[:FIRST]):
        course.progress(0.3 + 0.05 * number, f"Settling: {measure.words}")
        course.settled[measure.name] = settle(course.search, measure, SETTLE, proves=True)
    return True


def _proposal(course: Course) -> Proposal:
    request, chosen = course.search.model.request, course.search.best
    course.progress(0.8, "Measuring how even it is")
    spreads = tuple(_spreads(course))
    course.progress(0.9, "Asking why wishes are not met")
    unmet = tuple(_unmet(course))
    course.progress(1.0, "Done")
    return Proposal(
        chosen=dict(chosen), why=words.explain(request, chosen), unmet=unmet, gives=words.gives(request, chosen),
        spreads=spreads, optimal=all(course.settled[measure.name].optimal for measure in course.measures[:FIRST]),
        used=round(course.search.used, 2),
    )


def _spreads(course: Course) -> list[Spread]:
    """How even each seat is in each group; where it is not within one shift, the solver is asked what could be."""
    model, found, questions = course.search.model, list[Spread](), QUESTIONS
    for number, cohort in enumerate(model.cohorts):
        for seat in SEATS:
            least, most = checks.spread(model.request, course.search.best, cohort, seat)
            bound = 0
            if most - least > 1:
                bound = _bound(course, number, seat, most - least, asks=questions > 0)
                questions -= 1
            if most > 0:
                found.append(Spread(cohort.name, len(cohort.people), seat, least, most, bound, cohort.same))
    return found


def _bound(course: Course, number: int, seat: str, spread: int, *, asks: bool) -> int:
    """The least spread of a seat in a group that is proven; 1 where nothing more is."""
    settled, weight = course.settled["spread"], 4 if course.search.model.cohorts[number].same else 1
    if settled.optimal and settled.value == weight * (spread - 1):
        return spread  # all that had to give is here, and it was proven that no less can
    if not asks:
        return 1
    answer = course.search.solve(ASK, course.search.model.excess[number, seat], keep=False, proves=True)
    return answer.bound + 1 if answer.found and answer.bound > 0 else 1


def _unmet(course: Course) -> list[Unmet]:
    request, found = course.search.model.request, list[Unmet]()
    asked = 0
    for number, wish in enumerate(request.wishes):
        missed = checks.misses(wish, course.search.best)
        if missed:
            asked += 1
            why = _why(course, number) if asked <= QUESTIONS else ""
            found += [Unmet(wish, r, why) for r in missed]
    return found


def _why(course: Course, number: int) -> str:
    """What it would cost to meet a wish: the first of the settled measures that would have to be given up for it.

    The wish is asked of a model in which only what matters more is kept, more and more of it.
    """
    request = course.search.model.request
    fresh = build(request)
    wanted = [term for (wish, _), term in fresh.missed.items() if wish == number]
    if not wanted:
        return words.NOBODY_THERE
    search = Search(fresh, course.search.best, course.search.cancelled)
    for name, measure in [("places", None), *((measure.name, measure) for measure in fresh.measures[:FIRST])]:
        if measure is not None:
            settled = course.settled[measure.name]
            if not measure.terms or settled.value < 0:
                continue
            fresh.cp.add(measure.total() <= settled.value)
        answer = search.solve(ASK, also=wanted, proves=True)
        if not answer.found:
            return words.cost(name, proven=answer.impossible)
    return _instead(request, course.search.best, search.best)


def _instead(request: Request, chosen: Chosen, other: Chosen) -> str:
    """A plan that is as good meets the wish: then another wish was met in its place."""
    names = {one.id: one.name for one in request.candidates}
    worse = [wish for wish in request.wishes if len(checks.misses(wish, other)) > len(checks.misses(wish, chosen))]
    return words.instead(names.get(worse[0].person, "") if worse else "")
