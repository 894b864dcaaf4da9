"""The numbers of the weekly update, of any week of many years, against reading the raw changes of the same week."""

from bench.figures import Section, middle, part, times_of
from bench.sizes import Size
from bench.stand import Stand


def measure(stand: Stand, size: Size) -> list[Section]:
    large = size.mirrored[1]
    small = large // 5
    found, filled = {}, {}
    for count in (small, large):
        portal = stand.portal(f"weeks_{count}")
        filled[count] = portal.run("weeks", count, timeout=7_200)
        found[count] = portal.run("week")
        stand.forget(portal)
    section = Section(
        f"Weekly numbers over {large:,} tickets and {filled[large]['changes']:,.0f} changes",
        "Of 60 weeks anywhere in those years, one after the other, in the process that asks; the reading of the week's "
        "raw changes in turns with them is the floor. 20,000 tickets a year, whatever the size.",
    )
    week, floor = found[large]["week"], found[large]["floor"]
    section.add(
        "resolved, submitted and backlog of a week: p50 / p95 / p99", times_of(week), target="< 50 ms (p95)",
        met=part(week, 95) < 0.05, ratio=f"p50 {part(week, 50) / part(floor, 50):.1f} × reading the week's changes, "
        f"which hold {middle(found[large]['rows']):.0f} resolved bugs",
    )
    grown = part(week, 25) / part(found[small]["week"], 25)
    section.add(
        f"growth from {small:,} to {large:,} tickets", f"{grown:.2f} × the time (lower quartiles)",
        target="the cost follows the window (≤ 1.5 ×)", met=grown <= 1.5,
    )
    section.add("who was in progress at a moment of those years: p50 / p95 / p99", times_of(found[large]["doing"]))
    charts = found[large]["charts"]
    section.add("all charts of 26 weeks: p50 / p95 / p99", times_of(charts), target="< 300 ms (p95)",
                met=part(charts, 95) < 0.3)
    section.add(
        "once, for all of it: replaying every log / counting every day",
        f"{filled[large]['replay']:.0f} s / {filled[large]['count']:.1f} s, {filled[large]['rows']:,.0f} counts",
    )
    return [section]
