"""What coordinators edit, as everything else asks for it."""

from incidents.choices import Severity
from incidents.models import Cadence, IncidentSettings, IncidentStatus


def bounds() -> IncidentSettings:
    """The room's settings; the handbook's where no row is. One query."""
    return IncidentSettings.objects.first() or IncidentSettings()


def cadence(severity: Severity | int) -> Cadence:
    """How soon updates are promised for a severity. One query."""
    found = Cadence.objects.filter(severity=severity).first()
    return found or Cadence(severity=severity, first=15, then=30, longest=60)


def statuses() -> list[IncidentStatus]:
    """Those to choose from, in their order. One query."""
    return list(IncidentStatus.objects.filter(archived=False))
