"""RESULTS.md: every figure with the machine it was measured on."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, Section
from bench.sizes import Size
from portal.supervisor.services import POSTGRES_MAJOR

RESULTS = Path(__file__).parent / "RESULTS.md"
VERDICT = {None: "", True: "met", False: "**missed**"}


def write(sections: list[Section], size: Size, seconds: float) -> None:
    """Replace the results by those of this run."""
    head = [
        "# How fast the portal is", "",
        f"Measured by `make bench SIZE={size.name}` on {datetime.now(UTC):%d %B %Y} in {seconds / 60:.0f} minutes: "
        f"{machine()}. How each floor is measured, and how much to make of a figure, stands in README.md.",
    ]
    parts = [line for section in sections for line in _table(section)]
    RESULTS.write_text("\n".join([*head, *parts]) + "\n")
    print(f"written to {RESULTS.name}")


def renew(sections: list[Section], size: Size) -> None:
    """Put these sections into the results beside the others, each with the day on which it was measured apart."""
    head, *parts = re.split(r"(?m)^(?=## )", RESULTS.read_text())
    kept = {part.splitlines()[0]: part.rstrip() for part in parts}
    for section in sections:
        lines = _table(section)[1:]
        lines[2] += f" Measured apart, size {size.name}, on {datetime.now(UTC):%d %B %Y}: {machine()}."
        kept[lines[0]] = "\n".join(lines)
    RESULTS.write_text("\n\n".join([head.rstrip(), *kept.values()]) + "\n")
    print(f"put into {RESULTS.name}")


def machine() -> str:
    """The machine in one line: what a reader needs to compare with another."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_model()}), {memory:.0f} GB of memory, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {POSTGRES_MAJOR} with its normal durability"
    )


def _model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def _table(section: Section) -> list[str]:
    return [
        "", f"## {section.title}", "", section.note, "", "| what | target | measured | against the floor | |",
        "| --- | --- | --- | --- | --- |", *(_row(figure) for figure in section.figures),
    ]


def _row(figure: Figure) -> str:
    return f"| {figure.what} | {figure.target} | {figure.measured} | {figure.ratio} | {VERDICT[figure.met]} |"
