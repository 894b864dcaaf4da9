"""Where the updates of an incident go: those every incident has, and those that somebody adds. And its own channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from customers.models import Customer
from escalations.choices import TicketState
from escalations.models import Escalation
from incidents.actions.base import Refused, held, record
from incidents.actions.strangers import refuse_stranger
from incidents.choices import LIVE, Reading, TargetKind, What
from incidents.models import Incident, IncidentEvent, StakeholderList, Target
from incidents.queries.executives import OUR_EXECUTIVES, executives_of
from incidents.queries.merged import merged_with
from incidents.rules.targets import channel_name, read_address
from integrations.outbox import actions as outbox
from integrations.outbox.choices import OPEN, State
from integrations.outbox.models import Delivery
from people.models import Person

LINKED = (TargetKind.ESCALATION, TargetKind.JIRA)  # targets that nobody adds by hand
CHANNEL = "incident.channel"  # the purpose of what makes the incident's channel and keeps it right


@dataclass(frozen=True)
class Wanted:
    """A target that an incident has unless somebody took it off."""

    kind: TargetKind
    reading: Reading
    address: str
    label: str
    customer: Customer | None = None


@transaction.atomic
def default_targets(*, incident: Incident, at: datetime) -> list[Target]:
    """Give an incident the targets that follow from what it is: called at the declaring and after each change. One
    that somebody took off stays off; the thread and the ticket that are not its own any more are taken off. Returns
    those that are new; seven queries where nothing changes, and one for each thread."""
    if incident.state not in LIVE:
        return []
    if settings.ENV.mattermost.base_url and not incident.channel:
        _name_channel(incident)
    if not any(_compared(incident)):
        return []
    row = held(incident)  # two who look at once make them once
    missing, stale, back = _compared(row)
    for one in stale:
        Target.objects.filter(pk=one.pk).update(removed_at=at)
        record(What.CHANGED, incident=row, at=at, by=None, words=_unlinked(one))
    for one in back:
        Target.objects.filter(pk=one.pk).update(removed_at=None)
        record(What.CHANGED, incident=row, at=at, by=None, words=f"Updates go to {one.label} again")
    return Target.objects.bulk_create(
        Target(incident=row, kind=one.kind, reading=one.reading, address=one.address, label=one.label[:120],
               customer=one.customer, at=at) for one in missing
    )


def _compared(incident: Incident) -> tuple[list[Wanted], list[Target], list[Target]]:
    """The targets that are missing; those that follow from what is linked no more; and those of them that are linked
    again, unless somebody took them off."""
    wanted = {(one.kind.value, one.reading.value, one.address): one for one in _wanted(incident)}
    there = {one.place: one for one in Target.objects.filter(incident=incident)}
    missing = [one for key, one in wanted.items() if key not in there]
    linked = [(key, one) for key, one in there.items() if one.kind in LINKED]
    stale = [one for key, one in linked if key not in wanted and one.removed_at is None
             and not (incident.drill and one.reading == Reading.CUSTOMER)]
    off = [one for key, one in linked if key in wanted and one.removed_at is not None]
    return missing, stale, [one for one in off if _by_itself(one)]


def _unlinked(target: Target) -> str:
    return f"Updates go to {target.label} no longer: it is not linked any more"


def _by_itself(target: Target) -> bool:
    """Whether it was taken off with its link, and by nobody."""
    return target.removed_at is not None and IncidentEvent.objects.filter(
        incident=target.incident_id, what=What.CHANGED, at=target.removed_at, by=None, to_value=_unlinked(target),
    ).exists()


def _wanted(incident: Incident) -> list[Wanted]:
    own, team = incident.channel, settings.ENV.mattermost.set_channel
    found = []
    if own:
        found.append(Wanted(TargetKind.CHANNEL, Reading.INTERNAL, own, f"~{own}"))
    if settings.ENV.mattermost.base_url:
        found.append(Wanted(TargetKind.CHANNEL, Reading.INTERNAL, team, f"~{team}"))
    found += [
        Wanted(TargetKind.MAIL, Reading(one.reading), f"list:{one.pk}", one.name, one.customer)
        for one in lists_of(incident)
    ]
    if executives_of(incident):
        found.append(Wanted(TargetKind.MAIL, Reading.EXECUTIVE, OUR_EXECUTIVES, "Executives"))
    ticket = ticket_of(incident)
    if ticket:
        found.append(Wanted(TargetKind.JIRA, Reading.INTERNAL, str(ticket[0]), f"Comment on {ticket[1]}"))
    if not incident.drill:
        found.append(Wanted(TargetKind.STATUS_PAGE, Reading.CUSTOMER, "", "Customer's status page"))
        found += [Wanted(TargetKind.ESCALATION, Reading.CUSTOMER, str(one.pk), f"Thread of {one}", one.customer)
                  for one in _threads(incident)]
    return found


def _threads(incident: Incident) -> list[Escalation]:
    """The escalations in whose threads it is told: its own, and those of what was merged into it. A stranger's, linked
    by a slip, is told nothing. Two queries, one more for each merge and each thread."""
    linked = Q(pk=incident.escalation_id) | Q(incidents__in=merged_with(incident.pk) - {incident.pk})
    rows = Escalation.objects.filter(linked).select_related("customer").distinct().order_by("pk")
    return [row for row in rows if concerns(incident, row.customer_id)]


def concerns(incident: Incident, customer: int) -> bool:
    """Whether a customer may read of it: one of its own. Of our own server anybody may, who reported it or asked. One
    query."""
    customers = set(incident.customers.values_list("customer", flat=True))
    return not customers or customer in customers


def lists_of(incident: Incident) -> list[StakeholderList]:
    """The stakeholder lists that are told of an incident like this one. In a drill none that is for customers. One
    query."""
    concerned = Q(customer__isnull=True) | Q(customer__incidents__incident=incident)
    # A customer that was merged into another is the same one: lists of either are told.
    concerned |= Q(customer__merged__incidents__incident=incident) | Q(
        customer__merged_into__incidents__incident=incident)
    rows = StakeholderList.objects.filter(concerned, archived_at__isnull=True, severity__gte=incident.severity)
    if incident.drill:
        rows = rows.exclude(reading=Reading.CUSTOMER)
    return list(rows.select_related("customer").distinct().order_by("pk"))


def ticket_of(incident: Incident) -> tuple[int, str] | None:
    """The ticket that is commented: the incident's own, or that of its escalation, by id and key; None: there is
    none."""
    if incident.ticket is not None:
        return incident.ticket.pk, incident.ticket.key
    row = incident.escalation
    if row is not None and row.ticket is not None and row.ticket_state == TicketState.LINKED:
        return row.ticket.pk, row.ticket.key
    return None


@transaction.atomic
def add_target(
    *, incident: Incident, kind: TargetKind, reading: Reading, address: str, by: Person, at: datetime,
    customer: Customer | None = None,
) -> Target:
    """Send the updates to one more channel, mail list or mail address. `customer`: whose reading goes there, None: of
    the one by which updates are headed now, also when another one is later. Raises `Refused` for what is no address,
    for what is there already, and for a customer's reading of a drill."""
    row = held(incident)
    if row.drill and reading == Reading.CUSTOMER:
        raise Refused("This is a drill: nothing of it goes to a customer.")
    try:
        where, label = read_address(kind, address)
    except ValueError as error:
        raise Refused(str(error)) from None
    if where.startswith("list:"):
        found = StakeholderList.objects.filter(pk=int(where[5:]), archived_at__isnull=True).first()
        if found is None:
            raise Refused("That list is not there any more.")
        if reading == Reading.CUSTOMER and found.customer is not None and not concerns(row, found.customer.pk):
            raise Refused(f"{found.name} is for {found.customer.name}, whom it does not concern.")
        _refuse_reading(found, reading)
        label, customer = found.name, found.customer
    elif reading == Reading.CUSTOMER and customer is None:
        customer = Customer.objects.filter(incidents__incident=row).order_by("incidents__pk").first()
    if kind == TargetKind.MAIL and not where.startswith("list:"):
        refuse_stranger(email=where, reading=reading, customers={customer.pk} if customer else set())
    rows = Target.objects.filter(incident=row, kind=kind, reading=reading, address=where)
    if rows.filter(removed_at__isnull=True).exists():
        raise Refused(f"Updates go to {label} already.")
    made = Target.objects.create(incident=row, kind=kind, reading=reading, address=where, label=label[:120],
                                 customer=customer, at=at)
    record(What.CHANGED, incident=row, at=at, by=by, words=f"Updates go to {label} too ({reading.label.lower()})")
    return made


def _refuse_reading(found: StakeholderList, reading: Reading) -> None:
    """Whoever is on a list for a customer reads what is for customers."""
    if found.reading == Reading.CUSTOMER and reading != Reading.CUSTOMER:
        raise Refused(f"{found.name} gets the customer's reading: the {reading.label.lower()} reading is for us alone.")


@transaction.atomic
def follow_list(*, row: StakeholderList, by: Person, at: datetime) -> None:
    """A list is told of another customer, or reads something else: what incidents sent it before ends, and live ones
    send it what it gets now, where it fits. Those that are over too: their last update may be corrected, and they may
    be opened again."""
    was = Target.objects.filter(address=f"list:{row.pk}", removed_at__isnull=True, incident__state__in=LIVE)
    for target in was.select_related("incident").order_by("incident", "pk"):
        incident = held(target.incident)
        if target.reading == row.reading and (row.customer_id is None or concerns(incident, row.customer_id)):
            Target.objects.filter(pk=target.pk).update(customer=row.customer)
            continue
        Target.objects.filter(pk=target.pk).update(removed_at=at)
        record(What.CHANGED, incident=incident, at=at, by=by,
               words=f"Updates go to {target.label} no longer: the list is another one now")
        default_targets(incident=incident, at=at)
    past = Target.objects.filter(address=f"list:{row.pk}", removed_at__isnull=True).exclude(incident__state__in=LIVE)
    fits = past.filter(reading=row.reading)
    if row.customer_id is not None:
        fits = fits.filter(Q(incident__customers__customer=row.customer_id) | Q(incident__customers__isnull=True))
    kept = list(fits.values_list("pk", flat=True).distinct())
    past.exclude(pk__in=kept).update(removed_at=at)
    past.filter(pk__in=kept).update(customer=row.customer)


@transaction.atomic
def remove_target(*, target: Target, by: Person, at: datetime) -> bool:
    """Send no more updates there; what is on its way still arrives. False: it was off already."""
    row = held(target.incident)
    if not Target.objects.filter(pk=target.pk, removed_at__isnull=True).update(removed_at=at):
        return False
    record(What.CHANGED, incident=row, at=at, by=by, words=f"Updates go to {target.label} no longer")
    return True


@transaction.atomic
def restore_target(*, target: Target, by: Person, at: datetime) -> bool:
    """Send updates there again. False: they do already. Raises `Refused` where its customer was taken off meanwhile."""
    row, customer = held(target.incident), target.customer
    if target.address.startswith("list:"):  # whose it is by now
        found = StakeholderList.objects.select_related("customer").get(pk=int(target.address[5:]))
        _refuse_reading(found, Reading(target.reading))
        customer = found.customer
    if target.reading == Reading.CUSTOMER and customer is not None and not concerns(row, customer.pk):
        raise Refused(f"{target.label} is for {customer.name}, whom it does not concern any more.")
    there = {one.place for one in Target.objects.filter(incident=row, removed_at__isnull=True)}
    if target.place in there or not Target.objects.filter(pk=target.pk).update(removed_at=None, customer=customer):
        return False
    record(What.CHANGED, incident=row, at=at, by=by, words=f"Updates go to {target.label} again")
    return True


@transaction.atomic
def choose_targets(*, incident: Incident, ticked: Mapping[int, bool]) -> None:
    """Which targets are ticked for the next update, of those that were shown, by their ids: one that was added
    meanwhile stays as it is. What somebody ticks is no event of the timeline."""
    rows = Target.objects.filter(incident=incident, removed_at__isnull=True)
    for chosen in (True, False):
        ids = [pk for pk, on in ticked.items() if on is chosen]
        rows.filter(pk__in=ids).exclude(chosen=chosen).update(chosen=chosen)


def _name_channel(incident: Incident) -> None:
    slugs = [] if incident.private else list(incident.customers.values_list("customer__slug", flat=True)[:1])
    incident.channel = channel_name(incident.pk, slugs[0] if slugs else "", incident.at)
    Incident.objects.filter(pk=incident.pk, channel="").update(channel=incident.channel)


@transaction.atomic
def ask_for_channel(
    *, incident: Incident, look: str, at: datetime, restore: bool = False, by: Person | None = None
) -> Delivery | None:
    """Have the incident's channel made, or its header and members brought up to date. `look` stands for how it should
    be now: the same again asks for nothing, nor does anything while an earlier wish waits, for what is written is how
    it should be then. `restore`: an archived one is brought back. None: nothing was asked for."""
    if not incident.channel or not settings.ENV.mattermost.base_url:
        return None
    earlier = channel_deliveries(incident)  # two who ask at once count the same, and one key is one wish
    last = earlier[0] if earlier else None
    if last is not None and not restore:
        if last.state == State.WAITING or last.payload.get("look") == look:
            return None
        if last.state == State.FAILED:  # somebody has to mend it: another one would fail as well
            return None
    return outbox.enqueue(
        topic="mattermost.channel", scope=f"mattermost:incident:{incident.pk}", at=at, by=by, purpose=CHANNEL,
        title=f"{incident}: channel ~{incident.channel}", key=f"inc-channel-{incident.pk}-{len(earlier)}",
        path=reverse("incidents:incident", args=[incident.pk]),
        payload={"incident": incident.pk, "look": look, "restore": restore},
    )


def channel_deliveries(incident: Incident) -> list[Delivery]:
    """What was done for the incident's channel, the latest first. One query."""
    rows = Delivery.objects.filter(purpose=CHANNEL, key__startswith=f"inc-channel-{incident.pk}-")
    return list(rows.order_by("-id"))


def channel_wait(incident: Incident) -> Delivery | None:
    """What a post into the incident's channel has to wait for: the channel is not there yet. None: it is."""
    if incident.channel_id:
        return None
    return next((one for one in channel_deliveries(incident) if one.state in OPEN), None)

