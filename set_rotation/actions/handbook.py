"""Reference data of this room, from `handbook/*.toml`; what somebody edited here is left alone."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from portal.common.models import Shipped
from set_rotation.models import PagePolicy, Pattern, Schedule

HANDBOOK = Path(__file__).resolve().parent.parent / "handbook"


@transaction.atomic
def load_rotations(folder: Path = HANDBOOK) -> int:
    """Load patterns and paging policies, and the schedule where there is none yet. Returns how many rows it wrote."""
    told = read_handbook(folder / "patterns.toml")
    written = sum(
        write_shipped(Pattern.objects.filter(key=key).first() or Pattern(key=key), fields, int(told["version"]))
        for key, fields in told["patterns"].items()
    )
    if not Schedule.objects.exists():
        fields = dict(told["schedule"])
        Schedule.objects.create(id=1, pattern=Pattern.objects.get(key=fields.pop("pattern")), **fields)
        written += 1
    return written + load_policies(folder)


def load_policies(folder: Path) -> int:
    """Load the paging policies. Returns how many rows were written."""
    told = read_handbook(folder / "policies.toml")
    return sum(
        write_shipped(PagePolicy.objects.filter(urgency=urgency).first() or PagePolicy(urgency=urgency), fields,
                      int(told["version"]))
        for urgency, fields in told["policies"].items()
    )


def read_handbook(path: Path) -> dict[str, Any]:
    """A file of the handbook."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_shipped(row: Shipped, fields: Mapping[str, Any], version: int) -> int:
    """Write a shipped row once per version, unless it was edited here. Returns how many rows were written: 0 or 1."""
    if row.edited or row.shipped >= version:
        return 0
    for name, value in {**fields, "shipped": version}.items():
        setattr(row, name, value)
    row.save()
    return 1
