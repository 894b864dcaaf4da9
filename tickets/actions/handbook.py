"""Reference data of this room, from `handbook/*.toml`; what somebody edited here is left alone."""

import tomllib
from pathlib import Path

from django.db import transaction

from tickets.models import LabelMark

MARKS = Path(__file__).resolve().parent.parent / "handbook" / "marks.toml"


def load_marks(path: Path = MARKS) -> int:
    """Load the labels that mark tickets, once per version of the file. Returns how many were written."""
    told = tomllib.loads(path.read_text())
    version = int(told["version"])
    with transaction.atomic():
        if LabelMark.objects.filter(shipped__gte=version).exists():
            return 0
        written = 0
        for mark in LabelMark.Mark.values:
            for label in told.get(mark, []):
                _, made = LabelMark.objects.get_or_create(label=label, defaults={"mark": mark, "shipped": version})
                written += made
        LabelMark.objects.filter(shipped__gt=0).update(shipped=version)
    return written
