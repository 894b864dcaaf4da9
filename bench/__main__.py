"""`python -m bench --size s|m|l [--only mirror board live drag start weekly rota paging planning clocks …]`."""

import argparse
import signal
import sys
import time
from collections.abc import Callable

from bench import (
    board,
    clocks,
    drag,
    escalations,
    live,
    mirror,
    paging,
    planning,
    promises,
    report,
    rota,
    start,
    timeline,
    weekly,
)
from bench.figures import Section
from bench.sizes import SIZES, Size
from bench.stand import Stand

PARTS: dict[str, Callable[[Stand, Size], list[Section]]] = {
    "mirror": mirror.measure, "board": board.measure, "live": live.measure, "drag": drag.measure,
    "start": start.measure, "weekly": weekly.measure, "rota": rota.measure, "paging": paging.measure,
    "planning": planning.measure, "clocks": clocks.measure, "escalations": escalations.measure,
    "promises": promises.measure,
    "timeline": timeline.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), default="s")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS))
    parser.add_argument("--keep", action="store_true", help="put the parts of --only into RESULTS.md too")
    told = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # leaving the stand is what cleans it up
    size, sections, begun = SIZES[told.size], list[Section](), time.monotonic()
    with Stand() as stand:
        for name in told.only:
            print(f"{name} ...", flush=True)
            sections += PARTS[name](stand, size)
    seconds = time.monotonic() - begun
    print(f"{seconds:.0f} s")
    if told.only == list(PARTS):
        report.write(sections, size, seconds)
    elif told.keep:
        report.renew(sections, size)


if __name__ == "__main__":
    main()
