"""The planner of rotations, in a process of its own: `python -m bench.planning 26 60` ends with a line of JSON.

The roster: five teams, one in five can lead, a quarter of the people away for two rotations, three wishes, commitments.
"""

import json
import random
import subprocess
import sys
import time

from bench.figures import Section
from bench.sizes import Size
from bench.stand import Stand
from portal import env as environment

ROSTERS = (("26 rotations × 60 people", 26, 60, 10.0), ("7 rotations × 30 people, a quarter", 7, 30, 0.0))
RUNS = 3


def measure(stand: Stand, size: Size) -> list[Section]:
    """Plan each roster three times. The time is the processor's: the solver has one worker, and no wall clock."""
    section = Section(
        "Planning rotations",
        f"Each roster planned {RUNS} times by a process of its own, with its start; seconds of the processor, median. "
        "Beside it the same roster filled by taking turns in plain Python: a plan without a solver, which keeps no "
        "promise.",
    )
    for words, rotations, people, limit in ROSTERS:
        runs = [_run(rotations, people) for _ in range(RUNS)]
        took = sorted(run["cpu"] for run in runs)[RUNS // 2]
        turns = sorted(run["turns"] for run in runs)[RUNS // 2]
        section.add(words, f"{took:.1f} s", target=f"< {limit:.0f} s" if limit else "",
                    ratio=f"{took / turns:.0f} × taking turns ({turns * 1000:.0f} ms)",
                    met=took < limit if limit else None)
        apart = max(run["apart"] for run in runs)
        section.add(f"{words}: most minus least loaded, the worst seat among equals", f"{apart:.0f} shifts",
                    target="≤ 1", met=apart <= 1)
        section.add(f"{words}: the same proposal each time", "yes" if len({run["mark"] for run in runs}) == 1 else "no",
                    target="yes", met=len({run["mark"] for run in runs}) == 1)
    return [section]


def _run(rotations: int, people: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.planning", str(rotations), str(people)], cwd=environment.ROOT,
        capture_output=True, text=True, check=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _plan(rotations: int, people: int) -> dict[str, float]:
    begun = time.process_time()
    # Only this process has the solver; the bench is started without it.
    from set_rotation.rules.planning import checks  # noqa: PLC0415
    from set_rotation.rules.planning.shapes import AVOID, SEATS, Collision, Commitment, Request, Wish  # noqa: PLC0415
    from set_rotation.rules.planning.shares import cohorts  # noqa: PLC0415
    from set_rotation.solver import plan  # noqa: PLC0415
    from set_rotation.solver.greedy import Turns  # noqa: PLC0415
    from set_rotation.tests import rosters  # noqa: PLC0415

    chance = random.Random(60)
    members = []
    for number in range(1, people + 1):
        leave = chance.randrange(rotations - 1) if chance.random() < 0.25 else None
        away = {leave: "on leave", leave + 1: "on leave"} if leave is not None else {}
        members.append(rosters.person(number, rotations, leads=number % 5 == 0, away=away,
                                      team=f"Team {number // 5 % 5}"))
    request = Request(
        rosters.rotations(rotations), tuple(members), tuple(Commitment(f"Team {team}", 4, 1, 5) for team in range(5)),
        tuple(Wish(number, AVOID, (number,)) for number in (1, 2, 3)),
    )
    found = plan(request)
    took, begun = time.process_time() - begun, time.process_time()
    Turns(request).fill()
    turns = time.process_time() - begun
    if isinstance(found, Collision):
        raise SystemExit(found.words)
    if any(fault.hard for fault in checks.faults(request, found.chosen)):
        raise SystemExit("the proposal breaks a rule")
    ends = [checks.spread(request, found.chosen, cohort, seat)
            for cohort in cohorts(request) if cohort.same for seat in SEATS]
    mark = sum((1 + index) * who for index, (_, who) in enumerate(sorted(found.chosen.items())))
    return {"cpu": took, "turns": turns, "apart": max(most - least for least, most in ends), "mark": mark}


if __name__ == "__main__":
    print(json.dumps(_plan(int(sys.argv[1]), int(sys.argv[2]))))
