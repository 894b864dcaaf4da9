"""1,000 pages whose step is due in the same second: two workers claim them and put the messages into the outbox."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.figures import Section, middle, spread
from bench.sizes import Size
from bench.stand import Portal, Stand

PAGES, WORKERS, RUNS = 1_000, 2, 3


def measure(stand: Stand, size: Size) -> list[Section]:
    portal = stand.portal("paging")
    portal.run("rotations")
    section = Section(
        "Pages that are due together",
        f"{PAGES:,} pages whose next step is due in the same second, {WORKERS} processes that tick as workers do: from "
        "their common start until the last page has moved on, its attempt is written and its message is in the outbox. "
        "The floor, in turns: the same processes claim as many rows by a bare conditional update and write one row for "
        "each, a transaction apiece.",
    )
    took, floor, twice = [], [], 0
    for run in range(RUNS):
        portal.run("raise_pages", PAGES, run)
        took.append(_both(portal, "climb"))
        found = portal.run("climbed")
        twice += found["attempts"] - PAGES + found["deliveries"] - PAGES + abs(found["pages"] - PAGES)
        portal.run("lay_floor", PAGES)
        floor.append(_both(portal, "claim_bare"))
    section.add(
        f"{PAGES:,} due steps claimed by {WORKERS} workers", f"{spread(took)} s", target="< 5 s", met=middle(took) < 5,
        ratio=f"{middle(took) / middle(floor):.1f} × bare claims",
    )
    section.add("steps done twice or not at all", str(twice), target="0", met=twice == 0)
    stand.forget(portal)
    return [section]


def _both(portal: Portal, step: str) -> float:
    """Run a step in two processes that begin together; seconds until the later one is through."""
    meet = secrets.token_hex(4)
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting = [pool.submit(portal.run, step, meet, one, WORKERS) for one in range(WORKERS)]
        found: list[Any] = [each.result() for each in waiting]
    return max(float(each["ended"]) for each in found) - min(float(each["began"]) for each in found)
