"""Evidence as the pages list it."""

from collections.abc import Iterable
from dataclasses import dataclass

from escalations.queries.files import FileLine, line_of
from incidents.models import Evidence, Incident, IncidentStep
from incidents.rules.evidence import PICTURES
from people.models import Person


@dataclass(frozen=True)
class EvidenceLine:
    """A piece of evidence; `file` None: a link or words."""

    row: Evidence
    file: FileLine | None

    @property
    def picture(self) -> bool:
        """Whether it can be looked at in place."""
        return self.file is not None and self.file.may_download and self.file.kind in PICTURES


@dataclass(frozen=True)
class EvidencePage:
    """What hangs on an incident, or on one step of it: the pinned first. `waiting`: a file is being looked through."""

    incident: Incident
    step: IncidentStep | None
    lines: tuple[EvidenceLine, ...]
    works: bool

    @property
    def waiting(self) -> bool:
        return any(line.file is not None and line.file.waiting for line in self.lines)


def evidence_of(incident: Incident, person: Person, *, works: bool, step: IncidentStep | None = None) -> EvidencePage:
    """The evidence of an incident, or of a step. One query."""
    rows = Evidence.objects.filter(incident=incident, removed_at=None).select_related("file", "by", "step")
    found = rows.filter(step=step) if step else rows
    return EvidencePage(incident, step, _lines(found, person, works=works), works)


def evidence_at(incident: Incident, pk: int) -> Evidence | None:
    """One piece, taken off or not. One query."""
    return Evidence.objects.select_related("file", "step", "incident").filter(incident=incident, pk=pk).first()


def _lines(rows: Iterable[Evidence], person: Person, *, works: bool) -> tuple[EvidenceLine, ...]:
    return tuple(
        EvidenceLine(row, line_of(row.file, person, works=works) if row.file is not None else None) for row in rows
    )
