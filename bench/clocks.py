"""The job that looks at clocks each second, over 10,000 open ones: while nothing is due, and when all are at once."""

from bench.figures import Section, middle, spread, times_of
from bench.sizes import Size
from bench.stand import Stand

CLOCKS, RUNS = 10_000, 3
NEAR, MISSED = 2, 3  # escalations.choices.ClockStage


def measure(stand: Stand, size: Size) -> list[Section]:
    portal = stand.portal("clocks")
    portal.run("rotations")
    portal.run("fill_clocks", CLOCKS)
    section = Section(
        "Clocks of escalations",
        f"{CLOCKS:,} open escalations of a hundred customers in five zones, a third by business time; the job as the "
        "tick calls it, in one process, until the last clock has entered its stage, its event is written and the "
        "message to each person is in the outbox. The floor: as many rows claimed by a bare update, a thousand a "
        "statement, and one written for each.",
    )
    looks = portal.run("look")
    section.add("a look while nothing is due", times_of(looks), target="p50 < 5 ms", met=middle(looks) < 0.005)
    section.add("the look for other plans, once a minute", f"{float(portal.run('follow')) * 1000:.0f} ms")
    for stage, words in ((NEAR, "near"), (MISSED, "missed")):
        found = [portal.run("ring", stage) for _ in range(RUNS)]
        took, bare = [each["took"] for each in found], [portal.run("write_bare", CLOCKS) for _ in range(RUNS)]
        wrong = sum(abs(each["rung"] - CLOCKS) + abs(each["events"] - CLOCKS) for each in found)
        section.add(f"{CLOCKS:,} become {words} at once", f"{spread(took)} s", target="< 2 s", met=middle(took) < 2,
                    ratio=f"{middle(took) / middle(bare):.1f} × bare rows")
        section.add(f"clocks that became {words} twice or not at all", str(wrong), target="0", met=wrong == 0)
    stand.forget(portal)
    return [section]
