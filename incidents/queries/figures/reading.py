"""What the figures of incidents count, as the tables hold it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from cadence.queries.facts import team_zone
from customers.models import Customer
from escalations.rules.figures import Span
from incidents.choices import State
from incidents.models import Incident, IncidentCustomer, IncidentEvent, Promise
from incidents.queries.measured import WITH_STATUS, down, entered, passed
from incidents.queries.merged import ended_in
from incidents.queries.seen import visible
from incidents.rules.figures import Fact, in_time
from incidents.rules.retrospective import Change, Entered, changes_of, time_in
from people.choices import Right
from people.models import Person

DAY = timedelta(days=1)


def facts(person: Person, rights: Collection[Right], span: Span, at: datetime) -> list[Fact]:
    """The real incidents that were declared in these days and that the reader sees; merged ones count in the one they
    were merged into. Five queries."""
    zone = ZoneInfo(team_zone())
    start = datetime.combine(span.first, time(), zone)
    rows: QuerySet[Incident] = visible(person, rights).filter(
        drill=False, at__gte=start, at__lt=datetime.combine(span.until + DAY, time(), zone),
    ).exclude(state=State.MERGED).select_related("status").order_by("at", "pk")
    found = list(rows)
    numbers = [one.pk for one in found]
    customers, kept, changes = _customers(numbers), _promises(numbers, at), _changes(numbers)
    return [
        Fact(
            id=one.pk, day=one.at.astimezone(zone).date(), severity=one.severity, cause=one.cause,
            customers=tuple(customers[one.pk]), acknowledge=passed(one.called_at or one.at, one.acknowledged_at),
            identify=down(one, one.identified_at), resolve=down(one, one.resolved_at),
            kept=kept[one.pk][0], late=kept[one.pk][1], statuses=_statuses(one, changes[one.pk]),
        ) for one in found
    ]


def customer_asked(slug: str) -> tuple[str, str] | None:
    """Slug and name of the customer that an address names: of the one that remains, where it was merged. None where
    there is none. One query."""
    rows = Customer.objects.filter(slug=slug)
    return rows.values_list(Coalesce("merged_into__slug", "slug"), Coalesce("merged_into__name", "name")).first()


def _statuses(row: Incident, changes: Sequence[Change]) -> dict[str, timedelta]:
    if row.resolved_at is None:
        return {}
    told = time_in(changes, first=row.status.name, since=row.at, until=row.resolved_at)
    return {one.name: one.length for one in told}


def _customers(numbers: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = IncidentCustomer.objects.filter(incident__in=numbers).order_by("pk")
    slug = Coalesce("customer__merged_into__slug", "customer__slug")
    name = Coalesce("customer__merged_into__name", "customer__name")
    for number, *one in rows.values_list("incident_id", slug, name):
        if tuple(one) not in found[number]:  # two that were merged are one
            found[number].append((one[0], one[1]))
    return found


def _promises(numbers: Collection[int], at: datetime) -> dict[int, tuple[int, int]]:
    """How many were kept and late. What an incident promised before it was merged counts for the one it went into: a
    merge makes nobody punctual. Two queries."""
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    into = ended_in(numbers)
    rows = Promise.objects.filter(incident__in={*numbers, *into}).order_by("pk")
    for pk, state, due_at in rows.values_list("incident_id", "state", "due_at"):
        number = into.get(pk, pk)
        (kept, late), good = found[number], in_time(state, due_at, at)
        found[number] = (kept + (good is True), late + (good is False))
    return found


def _changes(numbers: Sequence[int]) -> Mapping[int, list[Change]]:
    found: dict[int, list[Entered]] = defaultdict(list)
    rows = IncidentEvent.objects.filter(incident__in=numbers, what__in=WITH_STATUS).order_by("at", "pk")
    told = rows.values_list("incident_id", "what", "at", "from_value", "to_value", "status__name")
    for number, what, at, old, words, name in told:
        found[number].append(entered(what, at, old, words, name))
    return {number: changes_of(found[number]) for number in numbers}
