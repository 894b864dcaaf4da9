"""Watching over what runs: who ends by itself is started again a few times; after that all of it stops together."""

import time
from collections import defaultdict
from typing import NoReturn

from portal.supervisor import services
from portal.supervisor.processes import Child

# The broker holds nothing that is missed: timers and deliveries lie in the database. It stands before those who use it,
# and is there again first.
RESTARTED = {"valkey", "web", "worker", "clock", "slow", "beat"}
# PostgreSQL holds data. Where it ends by itself, it has a reason that a second start meets again; killed it has none.
KILLED = {"postgres"}
TIMES, WITHIN = 5, 600.0  # so many ends in so many seconds are no accident
PAUSE = 2.0  # seconds before a later start, so that a fault at the start does not spin; the first waits a tenth
LOOK = 0.2
INSTALLER = "installer"  # brings what the planner needs, and is done


def watch(children: list[Child]) -> NoReturn:
    """Look after the children until one ends for good, which raises `ServiceFault` with its last words."""
    ends: dict[str, list[float]] = defaultdict(list)
    while True:
        _installed(children)
        for place, child in enumerate(children):
            if not child.alive():
                children[place] = _again(child, ends[child.name])
        time.sleep(LOOK)


def _installed(children: list[Child]) -> None:
    """The installer has ended: no child to look after any more. A failure is said, and stops nothing but plans."""
    for child in [child for child in children if child.name == INSTALLER and not child.alive()]:
        children.remove(child)
        if child.process.returncode:
            print(f"What the planner of rotations needs could not be installed: plans wait. {child.log} says why; "
                  "start again to try again.", flush=True)


def _again(child: Child, ends: list[float]) -> Child:
    now = time.monotonic()
    ends[:] = [end for end in ends if end > now - WITHIN] + [now]
    how = f"{child.name} ended by itself (exit code {child.process.returncode})"
    lasting = child.name in RESTARTED or (child.name in KILLED and child.process.returncode < 0)
    if child.again is None or not lasting or len(ends) > TIMES:
        often = f", {len(ends)} times within {WITHIN / 60:.0f} minutes" if len(ends) > 1 else ""
        raise services.ServiceFault(
            f"{how}{often}; its last words ({child.log}):\n{child.last_words()}\n\n"
            "Everything else is stopped too. Start again with: make run"
        )
    print(f"{how}; it is started again. Its log: {child.log}", flush=True)
    time.sleep(PAUSE if len(ends) > 1 else PAUSE / 10)
    return child.again()
