"""An incident that many look at: a new update on every open page, and the first page of a long timeline, with updates,
receipts, evidence and roles as an outage of hours has them."""

import json
import random
import subprocess
import sys
import time

from bench.board import WARM, Page
from bench.figures import Section, part, times_of
from bench.live import memory
from bench.sizes import Size
from bench.stand import Portal, Stand
from portal import env as environment

LINES, TOLD, UPDATES, ROWS = 2_000, 8, 8, 50
PATIENCE = 150  # viewers for each second after which whoever was told nothing counts as lost


def measure(stand: Stand, size: Size) -> list[Section]:
    portal = stand.portal("timeline")
    portal.start_web()
    number = int(portal.run("declare_one", LINES, TOLD))
    sections = [_first_page(portal, number, size)]
    sections += [_viewers(portal, number, count) for count in size.boards]
    stand.forget(portal)
    return sections


def _first_page(portal: Portal, number: int, size: Size) -> Section:
    here = f"/incidents/I-{number}/"
    asked, alone = portal.run("ask", here), portal.run("ask_timeline", here)
    pages = [Page("plain page, 50 cards", portal, f"/bench/plain/{ROWS}/", signed_in=False),
             Page("incident", portal, here), Page("older lines", portal, f"{here}?topic=notes", every=4)]
    for turn in range(WARM + size.requests):
        for page in sorted(pages, key=lambda _: random.random()):
            took = page.ask() if turn % page.every == 0 else 0
            if turn >= WARM and took:
                page.seconds.append(took)
    plain, whole, filtered = pages
    section = Section(
        f"An incident with a timeline of {LINES:,} lines",
        "The whole page: head with every role held, playbook with evidence, the newest lines, the composer with a "
        f"draft, and the receipts of {TOLD} updates to each reading's target. p50 / p95 / p99 of {size.requests} "
        "requests, one at a time in turns over kept connections. Floor: a plain page of fifty cards of the same "
        "process.",
    )
    section.add("plain page, 50 cards", times_of(plain.seconds))
    section.add("the incident's page", times_of(whole.seconds), target="p95 < 120 ms", met=whole.p95 < 0.12,
                ratio=f"p50 {whole.p50 / plain.p50:.1f} × plain")
    section.add("the same, filtered by a topic", times_of(filtered.seconds), target="p95 < 120 ms",
                met=filtered.p95 < 0.12)
    section.queries("queries of the whole page", asked, 12)
    section.add("queries of its timeline, asked for alone", str(alone))
    return section


def _viewers(portal: Portal, number: int, count: int) -> Section:
    before = memory(portal.web.process.pid)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.crowd", str(portal.port), portal.cookie, str(count),
         f"/incidents/I-{number}/live/"],
        cwd=environment.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert process.stdin is not None and process.stdout is not None
        if process.stdout.readline().strip() != f"open {count}":
            raise RuntimeError(f"{count} viewers could not be opened")
        time.sleep(1)
        held = memory(portal.web.process.pid)
        made: dict[str, float] = portal.run("publish_updates", number, UPDATES)
        time.sleep(max(2, count / PATIENCE))
        process.stdin.write("\n")
        process.stdin.flush()
        seen: dict[str, list[float]] = json.loads(process.stdout.readline().removeprefix("done "))
    finally:
        process.kill()
        process.wait()
    # One moment for each viewer (`bench.crowd`), however often an event says it: one who is deaf is one too few.
    took = [at - made[said] for said in made for at in seen.get(said, [])]
    wanted = count * UPDATES
    section = Section(
        f"{count:,} viewers of one incident on one web process",
        f"{UPDATES} updates, published one after the other in another process: from the moment before the update is "
        "published until its line has come to a viewer; the slowest counts too. The viewers are real connections, read "
        "by another process on the same cores.",
    )
    section.add("viewers told", f"{len(took):,} of {wanted:,}", target="all", met=len(took) == wanted)
    section.add("p50 / p95 / p99", times_of(took), target="p99 < 1 s" if count <= 1_000 else "",
                met=part(took, 99) < 1 if count <= 1_000 else None, ratio=f"slowest {max(took) * 1000:.0f} ms")
    section.add("memory of the web process before / with them", f"{before:.0f} / {held:.0f} MB",
                ratio=f"{(held - before) * 1000 / count:.0f} KB a viewer")
    return section
