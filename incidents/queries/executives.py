"""Who of us gets the executive's reading of an incident by themselves, without a list."""

from django.db.models import Q

from incidents.choices import Role, Severity
from incidents.models import Incident, IncidentRole
from incidents.queries.seen import whose
from incidents.queries.settings import bounds
from people.choices import Role as PersonRole
from people.models import Person

OUR_EXECUTIVES = "role:executive"  # the address of the target that stands for them: no channel, nor mail, is called so


def executives_of(incident: Incident) -> list[Person]:
    """Whoever has the executive's part now; of a Sev1 all executives too, where the settings say so, and of a private
    one those of its people alone. Two queries."""
    parts = IncidentRole.objects.filter(incident=incident, role=Role.EXECUTIVE, ends_at__isnull=True)
    asked = Q(pk__in=parts.values("person"))
    if incident.severity == Severity.SEV1 and bounds().executives:
        others = Q(pk__in=Person.objects.holding(PersonRole.EXECUTIVE).values("pk"))
        asked |= others & whose(incident) if incident.private else others
    return list(Person.objects.active().filter(asked).order_by("pk"))
