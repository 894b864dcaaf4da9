"""Reference data of this room, from `handbook/*.toml`; what somebody edited here is left alone."""

import tomllib
from pathlib import Path

from django.db import transaction

from tickets.models import ApartResolution, BugType, LabelMark

MARKS = Path(__file__).resolve().parent.parent / "handbook" / "marks.toml"
WEEKLY = MARKS.with_name("weekly.toml")


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


def load_weekly(path: Path = WEEKLY) -> int:
    """Load which types are bugs and which resolutions stand apart, once per version. Returns how many were written."""
    told = tomllib.loads(path.read_text())
    version, written = int(told["version"]), 0
    with transaction.atomic():
        for model, names in ((BugType, told["bugs"]), (ApartResolution, told["apart"])):
            if model.objects.filter(shipped__gte=version).exists():
                continue
            for name in names:
                _, made = model.objects.get_or_create(name__iexact=name, defaults={"name": name, "shipped": version})
                written += made
            model.objects.filter(shipped__gt=0).update(shipped=version)
    return written
