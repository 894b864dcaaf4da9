"""What works in the background, as `make run` starts it: three workers and beat."""

import sys
from collections.abc import Mapping
from pathlib import Path

from portal import env as environment
from portal.supervisor.processes import Child, start

CELERY = (sys.executable, "-m", "celery", "-A", "portal.celery")
WORKER = ("worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
# Four at once: two that wait for a system that hangs must not keep a mail. The tick is done in its worker's own
# process: it takes less than a second, and waits for nobody.
JOBS = (
    ("worker", (*WORKER, "--concurrency", "4", "-Q", "celery")),
    ("clock", (*WORKER, "--pool", "solo", "-Q", "clock", "-n", "clock@%h")),
    ("beat", ("beat", "--loglevel", "INFO", "--pidfile=")),
    ("slow", (*WORKER, "--concurrency", "2", "-Q", "slow", "-n", "slow@%h")),
)


def start_jobs(values: Mapping[str, str], logs: Path) -> list[Child]:
    """Start all of them with these variables; each writes its log into that folder."""
    return [
        start(name, [*CELERY, *arguments], log=logs / f"{name}.log", environ={**values, "PORTAL_PROCESS": name},
              cwd=environment.ROOT)
        for name, arguments in JOBS
    ]
