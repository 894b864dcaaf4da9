"""Reminders of promised updates: the job that looks each second, over 10,000 open incidents, and the running portal
whose reminders fall due while it works."""

from bench.figures import Section, middle, part, spread, times_of
from bench.sizes import Size
from bench.stand import Portal, Stand
from integrations.sandbox.testing import run_sandbox

PROMISES, RUNS = 10_000, 3
ONE_BY_ONE, SECONDS = 120, 60  # promises that are due one after the other, over so long
# incidents.choices.Ring, and how many hear each: the commander; when it is due, the deputy too.
RINGS = (("ten_before", "10 minutes before", 1), ("due", "due", 2))


def measure(stand: Stand, size: Size) -> list[Section]:
    return [_the_job(stand), _running(stand)]


def _the_job(stand: Stand) -> Section:
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
    section.add(f"of {PROMISES:,} that are due a look's are found and claimed", times_of(found), target="< 50 ms",
                met=middle(found) < 0.05)
    for ring, words, heard in RINGS:
        runs = [portal.run("ring_all_promises", ring) for _ in range(RUNS)]
        took, bare = [each["took"] for each in runs], [portal.run("write_bare", PROMISES) for _ in range(RUNS)]
        wrong = sum(abs(each["rung"] - PROMISES) + abs(each["events"] - PROMISES) + each["again"]
                    + abs(each["messages"] - heard * PROMISES) for each in runs)
        section.add(f"{PROMISES:,} ring at once, {words}: {heard * PROMISES:,} messages", f"{spread(took)} s",
                    target="< 5 s", met=middle(took) < 5, ratio=f"{middle(took) / middle(bare):.1f} × bare rows")
        section.add(f"reminders that rang twice or not at all, {words}", str(wrong), target="0", met=wrong == 0)
    stand.forget(portal)
    return section


def _running(stand: Stand) -> Section:
    section = Section(
        "Reminders of a running portal",
        f"Workers and beat as `make run` starts them, and the sandbox's Mattermost. {ONE_BY_ONE} promises fall due one "
        f"after the other over {SECONDS} s, at any part of a second, each told to two people. Seconds after the moment "
        "that was promised: until the tick rings it (the line of the timeline), and until the message stands in "
        f"Mattermost, by its own clock. Then {PROMISES:,} in the same second, until the last message is in the outbox; "
        "the floor is that of the job alone.",
    )
    with run_sandbox() as sandbox:
        portal = stand.portal("moments", chat=sandbox.mattermost_url)
        portal.start_jobs()
        portal.run("await_tick")
        _one_by_one(portal, section)
        _at_once(portal, section)
        stand.forget(portal)
    return section


def _one_by_one(portal: Portal, section: Section) -> None:
    found = portal.run("fall_due", ONE_BY_ONE, SECONDS)
    rung, there = found["rung"], found["there"]
    section.add("rung after the moment that was promised, p50 / p95 / p99", times_of(rung), target="p99 < 5 s",
                met=part(rung, 99) < 5, ratio=f"latest {max(rung):.2f} s")
    section.add("in Mattermost after that moment, p50 / p95 / p99", times_of(there), target="p99 < 5 s",
                met=part(there, 99) < 5, ratio=f"latest {max(there):.2f} s")
    early = sum(each < 0 for each in rung)
    twice = abs(found["reminders"] - ONE_BY_ONE) + abs(found["posts"] - 2 * ONE_BY_ONE)
    section.add("rung too early / twice or not at all", f"{early} / {twice}", target="0 / 0", met=early == twice == 0)


def _at_once(portal: Portal, section: Section) -> None:
    portal.run("fill_promises", PROMISES)
    for ring, words, heard in RINGS:
        found = portal.run("ring_all_running", ring, heard * PROMISES)
        bare = middle([portal.run("write_bare", PROMISES) for _ in range(RUNS)])
        section.add(f"{PROMISES:,} in the same second, {words}: {heard * PROMISES:,} messages",
                    f"{found['took']:.2f} s", target="< 5 s", met=found["took"] < 5,
                    ratio=f"{found['took'] / bare:.1f} × bare rows")
        wrong = found["early"] + abs(found["events"] - PROMISES) + abs(found["messages"] - heard * PROMISES)
        section.add(f"too early, twice or not at all, {words}", str(wrong), target="0", met=wrong == 0)
