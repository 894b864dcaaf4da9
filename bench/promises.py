"""The job that looks at promised updates each second, over 10,000 open incidents: while nothing is due, and when the
update of every one is."""

from bench.figures import Section, middle, spread, times_of
from bench.sizes import Size
from bench.stand import Stand

PROMISES, RUNS = 10_000, 3
# incidents.choices.Ring, and how many hear each: the commander; when it is due, the deputy too.
RINGS = (("ten_before", "10 minutes before", 1), ("due", "due", 2))


def measure(stand: Stand, size: Size) -> list[Section]:
    portal = stand.portal("promises")
    portal.run("fill_promises", PROMISES)
    section = Section(
        "Promised updates",
        f"{PROMISES:,} open incidents in five zones, led by a thousand people; the job as the tick calls it, in one "
        "process, until the last reminder stands on its timeline and the message to each person is in the outbox. The "
        "floor: as many rows claimed by a bare update, a thousand a statement, and one written for each.",
    )
    looks, found = portal.run("look_at_promises"), portal.run("find_promises")
    section.add("a look while nothing is due", times_of(looks), target="p50 < 5 ms", met=middle(looks) < 0.005)
    section.add(f"{PROMISES:,} that are due are found", times_of(found), target="< 50 ms", met=middle(found) < 0.05)
    for ring, words, heard in RINGS:
        runs = [portal.run("ring_all_promises", ring) for _ in range(RUNS)]
        took, bare = [each["took"] for each in runs], [portal.run("write_bare", PROMISES) for _ in range(RUNS)]
        wrong = sum(abs(each["rung"] - PROMISES) + abs(each["events"] - PROMISES) + each["again"]
                    + abs(each["messages"] - heard * PROMISES) for each in runs)
        section.add(f"{PROMISES:,} ring at once, {words}: {heard * PROMISES:,} messages", f"{spread(took)} s",
                    target="< 5 s", met=middle(took) < 5, ratio=f"{middle(took) / middle(bare):.1f} × bare rows")
        section.add(f"reminders that rang twice or not at all, {words}", str(wrong), target="0", met=wrong == 0)
    stand.forget(portal)
    return [section]
