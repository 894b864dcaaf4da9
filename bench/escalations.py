"""The list of escalations by clock, the intake page, and what sounds like a text that is being typed."""

import random

from bench.board import WARM, Page
from bench.figures import Section, part, times_of
from bench.sizes import Size
from bench.stand import Stand

OPEN, ROWS = 5_000, 50
LIST = "/escalations/?tab=clock"


def measure(stand: Stand, size: Size) -> list[Section]:
    portal = stand.portal("escalations")
    tickets = size.mirrored[-1]
    mirrored = portal.run("rows", tickets * 2 // 3)
    portal.run("raise_many", OPEN)
    portal.start_web()
    listed, intake = portal.run("ask", LIST), portal.run("ask", "/escalations/new/")
    pages = [Page("plain page, 50 cards", portal, f"/bench/plain/{ROWS}/", signed_in=False),
             Page("list", portal, LIST), Page("figures", portal, "/escalations/figures/", every=20)]
    for turn in range(WARM + size.requests):
        for page in sorted(pages, key=lambda _: random.random()):
            took = page.ask() if turn % page.every == 0 else 0
            if turn >= WARM and took:
                page.seconds.append(took)
    plain, found, figures = pages
    alike = portal.run("sounds_alike", size.requests)
    section = Section(
        "Escalations",
        f"{OPEN:,} open escalations and {mirrored:,} tickets; p50 / p95 / p99 of {size.requests} requests each, one at "
        "a time in turns over kept connections. Floor: a plain page of fifty cards of the same process. What sounds "
        "alike is asked in a process of its own, the page around it left out.",
    )
    section.add("plain page, 50 cards", times_of(plain.seconds))
    section.add("first page by clock", times_of(found.seconds), target="p95 < 80 ms", met=found.p95 < 0.08,
                ratio=f"p50 {found.p50 / plain.p50:.1f} × plain")
    section.queries("its queries", listed, 10)
    section.queries("queries of the intake page", intake, 9)
    section.add("read off the index by clock", "yes" if "open_escalations_by_clock" in portal.run("by_clock") else "no",
                target="yes", met="open_escalations_by_clock" in portal.run("by_clock"))
    section.add("what sounds alike", times_of(alike), target="p95 < 60 ms", met=part(alike, 95) < 0.06)
    section.add(f"figures of {OPEN:,} in four weeks", times_of(figures.seconds))
    stand.forget(portal)
    return [section]
