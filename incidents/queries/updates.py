"""Published updates: what one is made of, and what each of its readers gets."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from customers.models import Customer, CustomerAlias
from incidents.choices import Kind, Reading
from incidents.models import Incident, IncidentStatus, UpdateVersion
from incidents.queries.naming import names_in
from incidents.rules.public import without_others
from incidents.rules.updates.form import Entry, Facts, render
from people.models import Person


def our_names() -> tuple[str, ...]:
    """The full names of our people, which customers do not read, of those too who have left. One query."""
    return tuple(Person.objects.values_list("name", flat=True))


def called(customer: Customer) -> str:
    """What a customer is called: one that was merged into another by that one's name."""
    return (customer.merged_into or customer).name


def names_of(customer: Customer) -> tuple[str, ...]:
    """All that a customer is or was called, the name of now first. One query, two for one that was merged."""
    stays = customer.merged_into or customer
    aliases = CustomerAlias.objects.filter(customer=stays).values_list("name", flat=True)
    return tuple(dict.fromkeys((stays.name, customer.name, *aliases)))


def customers_of(incident: Incident) -> tuple[str, ...]:
    """Whose production is down, the one that updates are headed by first. One query."""
    name = Coalesce("customer__merged_into__name", "customer__name")
    found = tuple(dict.fromkeys(incident.customers.order_by("pk").values_list(name, flat=True)))
    return found or (("Community server",) if incident.kind == Kind.COMMUNITY else ())


def facts_of(incident: Incident, *, status: str, at: datetime, next_at: datetime | None) -> Facts:
    """What an update of this incident says beside what was written. Two queries."""
    return Facts(
        customers=customers_of(incident), severity=incident.severity, status=status, at=at, zone=incident.zone,
        began_at=incident.began_at, next_at=next_at, people=our_names(),
    )


def facts_again(version: UpdateVersion, *, status: IncidentStatus, next_at: datetime | None) -> Facts:
    """What a correction of this version says beside what was written: what was so in its hour, whatever became of the
    incident since, with this status and promise. Headed by a customer who was taken off since, it was wrong: it is
    headed by those of now. Two queries, three for such a one."""
    facts, incident = Facts.of(version.values["facts"], our_names()), version.of.incident
    called_so = Q(name__in=facts.customers[:1]) | Q(aliases__name__in=facts.customers[:1])
    wrong = Customer.objects.filter(called_so, merged_into=None).exclude(incidents__incident=incident)
    return replace(facts, customers=customers_of(incident) if wrong.exists() else facts.customers, next_at=next_at,
                   status=facts.status if status.pk == version.of.status_id else status.name)


def text_for(version: UpdateVersion, reading: Reading, *, customer: Customer | None = None) -> str:
    """What a reader of a version gets. `customer`: for one of several customers, headed by its own name; None for the
    one that updates are headed by. A customer's reading names no other whom the incident concerns or concerned. At most
    eight queries for a customer's, else none."""
    if reading != Reading.CUSTOMER:
        return version.reading(reading)
    incident = version.of.incident
    whose = customer or Customer.objects.filter(incidents__incident=incident).order_by("incidents__pk").first()
    text = version.reading(reading) if whose is None else _headed(version, whose)
    return without_others(text, names_in([incident.pk], whose))


def customers_texts(incident: Incident, entry: Entry, facts: Facts) -> list[tuple[str, str]]:
    """What each of its customers would get of an entry, by their names, the one that updates are headed by first; of
    our own server what anybody gets. Four queries, seven more for each further customer."""
    theirs: dict[str, Customer] = {}
    for link in incident.customers.select_related("customer__merged_into").order_by("pk"):
        theirs.setdefault(called(link.customer), link.customer)
    if not theirs:
        text = render(entry, facts, Reading.CUSTOMER)
        return [("", without_others(text, names_in([incident.pk], None)))]
    found = []
    for name, customer in theirs.items():
        mine = facts if facts.customers[:1] == (name,) else facts.headed_by(*names_of(customer))
        text = render(entry, mine, Reading.CUSTOMER)
        found.append((name, without_others(text, names_in([incident.pk], customer))))
    return found


def _headed(version: UpdateVersion, customer: Customer) -> str:
    """The customer's reading, headed by this one's name."""
    kept = version.values.get("facts")
    if not kept or kept["customers"][:1] == [customer.name]:
        return version.reading(Reading.CUSTOMER)
    names = names_of(customer)
    if kept["customers"][:1] and kept["customers"][0] in names:  # it was called so when it was published
        return version.reading(Reading.CUSTOMER)
    return render(Entry.of(version.values), Facts.of(kept, our_names()).headed_by(*names), Reading.CUSTOMER)


def thread_of(incident: Incident) -> str:
    """Where the full details are: the incident's channel, or its page in the portal while there is none."""
    return incident.channel_url or settings.PORTAL_BASE_URL + reverse("incidents:incident", args=[incident.pk])
