"""The mirror against the bare fetching of the same pages, and a run that has little to do."""

import json
from typing import Any

from bench.figures import Section, middle, part, spread
from bench.sizes import Size
from bench.stand import Portal, Stand
from integrations.sandbox.testing import Sandbox, run_sandbox

CHANGES, CHANGED, TODO = 5, 20, 60
DONE = 4  # changes that leave an issue done: most of what has gathered over the years is


def measure(stand: Stand, size: Size) -> list[Section]:
    return [_first_import(stand, size), _what_changed(stand, size)]


def _first_import(stand: Stand, size: Size) -> Section:
    section = Section(
        f"First import: {size.issues:,} issues with {CHANGES} changes each",
        f"Medians (lowest–highest) of {size.runs} runs, without delay of {size.runs * 3}, each into an empty database; "
        "floor and import take turns, each in a process of its own. Floor: the same requests, one after the other, "
        "JSON decoded, nothing else.",
    )
    with run_sandbox(issues=size.issues, changes=CHANGES) as sandbox:
        portal = stand.portal("mirror", jira=sandbox.jira_url)
        for _ in range(2):  # the sandbox encodes what it serves once, and PostgreSQL grows its files
            asked = _asked(sandbox, portal)
        path = stand.folder / "asked.json"
        path.write_text(json.dumps(asked))
        slow = _turns(sandbox, portal, str(path), size.runs, delay=250)
        fast = _turns(sandbox, portal, str(path), size.runs * 3, delay=0)
        stand.forget(portal)
    _tell(section, slow, fast, size)
    return section


def _asked(sandbox: Sandbox, portal: Portal) -> list[dict[str, Any]]:
    """What a first import asks, in order."""
    portal.run("empty")
    sandbox.reset_log()
    portal.run("sync", "full")
    return sandbox.requests()


def _turns(
    sandbox: Sandbox, portal: Portal, asked: str, runs: int, *, delay: int
) -> list[tuple[dict[str, float], dict[str, float]]]:
    found = []
    sandbox.control("delay", {"ms": delay})
    for _ in range(runs):
        floor = portal.run("floor", sandbox.jira_url, asked)
        portal.run("empty")
        found.append((floor, portal.run("sync", "full")))
    sandbox.control("delay", {"ms": 0})
    return found


def _tell(section: Section, slow: Any, fast: Any, size: Size) -> None:
    ratio = middle([run["wall"] / floor["wall"] for floor, run in slow])
    section.add(
        "each answer 250 ms late: the import", f"{spread([run['wall'] for _, run in slow])} s",
        target="≤ 1.5 × the fetching", met=ratio <= 1.5,
        ratio=f"{ratio:.2f} × fetching, {spread([floor['wall'] for floor, _ in slow])} s",
    )
    own = [(run["wall"] - floor["wall"]) / size.issues * 1000 for floor, run in fast]
    # A busy machine only ever adds: the quicker quarter of runs says best what the work itself takes.
    section.add(
        "own work an issue: (import − fetching, no delay) / issues",
        f"{spread(own)} ms, lower quartile {part(own, 25):.2f}",
        target="≤ 1 ms (lower quartile)", met=part(own, 25) <= 1,
        ratio=f"{middle([run['wall'] / floor['wall'] for floor, run in fast]):.2f} × fetching, "
        f"{spread([floor['wall'] for floor, _ in fast])} s",
    )
    cpu = [run["cpu"] / size.issues * 1000 for _, run in fast]
    bare = [floor["cpu"] / size.issues * 1000 for floor, _ in fast]
    section.add(
        "processor time of the importing process an issue", f"{spread(cpu)} ms",
        ratio=f"{middle(cpu) / middle(bare):.1f} × fetching's {middle(bare):.2f} ms",
    )
    rss = max(run["rss"] for _, run in slow + fast)
    section.add(
        "most memory of the importing process", f"{rss:.0f} MB", target="< 300 MB", met=rss < 300,
        ratio=f"fetching alone: {max(floor['rss'] for floor, _ in fast):.0f} MB",
    )
    _, last = fast[-1]
    section.add(
        "mirrored: issues / items of the change log / requests",
        f"{last['created']:,} / {last['changes']:,} / {last['requests']}",
    )


def _what_changed(stand: Stand, size: Size) -> Section:
    (small, large), turns = size.mirrored, max(size.runs * 3, 9)
    section = Section(
        f"A run after {CHANGED} changes, of {small:,} and of {large:,} mirrored tickets",
        f"Medians (lowest–highest) of {turns} runs each, taking turns; the same {CHANGED} issues change before "
        f"each run; {TODO} stand in To Do, the others are done. Own time: without what Jira took to answer.",
    )
    with run_sandbox(issues=small, changes=DONE) as few, run_sandbox(issues=large, changes=DONE) as many:
        peers = {small: (few, stand.portal("few", jira=few.jira_url)),
                 large: (many, stand.portal("many", jira=many.jira_url))}
        for sandbox, portal in peers.values():
            sandbox.bulk("set", jql="project = MM", limit=TODO, fields={"status": "To Do"})
            portal.run("sync", "full", timeout=7_200)
        found: dict[int, list[dict[str, float]]] = {small: [], large: []}
        for turn in range(turns + 1):
            for count, (sandbox, portal) in peers.items():
                run = _incremental(sandbox, portal, turn)
                if turn:
                    found[count].append(run)
        for _, portal in peers.values():
            stand.forget(portal)
    for count, runs in found.items():
        section.add(
            f"of {count:,}: requests / seen / changed",
            f"{runs[-1]['requests']:.0f} / {runs[-1]['seen']:.0f} / {runs[-1]['updated']:.0f}",
            target="a few requests", met=runs[-1]["requests"] <= 10,
        )
        section.add(
            f"of {count:,}: own time / with Jira's",
            f"{spread([run['own'] * 1000 for run in runs], 0)} / {spread([run['wall'] * 1000 for run in runs], 0)} ms",
        )
    grown = part([run["own"] for run in found[large]], 25) / part([run["own"] for run in found[small]], 25)
    same = found[large][-1]["requests"] == found[small][-1]["requests"]
    section.add(
        f"growth from {small:,} to {large:,}", f"{grown:.2f} × the time, {'the same' if same else 'OTHER'} requests",
        target="does not grow (≤ 1.2 ×, lower quartiles)", met=same and grown <= 1.2,
    )
    return section


def _incremental(sandbox: Sandbox, portal: Portal, turn: int) -> dict[str, float]:
    keys = [f"MM-{number}" for number in range(101, 101 + CHANGED)]
    sandbox.bulk("set", issues=keys, fields={"summary": f"Changed for the {turn}. time"})
    sandbox.reset_log()
    run: dict[str, float] = portal.run("sync", "incremental")
    jiras = sum(request["ms"] for request in sandbox.requests()) / 1000
    return {**run, "own": run["wall"] - jiras}
