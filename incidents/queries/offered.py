"""What coordinators have set for an update: the statuses to choose from, and how soon the next one is due."""

from dataclasses import dataclass

from django.db.models import Subquery
from django.db.models.functions import JSONObject

from incidents.choices import Severity
from incidents.models import Cadence, IncidentStatus
from incidents.queries.settings import cadence


@dataclass(frozen=True)
class Offered:
    """`statuses`: those that are used, in their order. `cadence`: of the severity that was asked for."""

    statuses: tuple[IncidentStatus, ...]
    cadence: Cadence


def offered_for(severity: Severity | int) -> Offered:
    """Both for an incident of this severity. One query; another where nobody has set one of them."""
    paced = Cadence.objects.filter(severity=severity).values(
        told=JSONObject(first="first", then="then", longest="longest"))
    rows = list(IncidentStatus.objects.filter(archived=False).annotate(paced=Subquery(paced)))
    found = rows[0].paced if rows else None
    return Offered(tuple(rows), Cadence(severity=severity, **found) if found else cadence(severity))
