"""A retrospective's page: what was measured, who took part, the drafts, the actions; and its editions as documents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from cadence.queries.facts import team_day
from customers.models import Contact
from incidents.choices import ActionState, RetroState, Role, State, Topic, What
from incidents.models import (
    Incident,
    IncidentCustomer,
    IncidentEvent,
    Promise,
    RetroAction,
    Retrospective,
    UpdateVersion,
)
from incidents.queries.measured import Measured, measured_of
from incidents.queries.merged import merged_with
from incidents.queries.naming import names_in as customers_names
from incidents.queries.public import released
from incidents.rules.outage import lasted_words
from incidents.rules.retrospective import (
    Facts,
    Moment,
    Told,
    draft_customer,
    draft_summary,
    long_length,
)
from incidents.rules.updates.names import names_in, without_names
from incidents.rules.updates.spelling import names_seen
from incidents.rules.words import length_words
from integrations.outbox.choices import State as Sending
from integrations.outbox.models import Delivery
from integrations.outbox.queries import Receipt, receipt
from people.models import Person

HOW_IT_WENT = (
    What.DECLARED, What.SEVERITY, What.STATUS, What.DECIDED, What.UPDATE, What.HOUR, What.PATCH, What.REOPENED,
)
OVER = (Sending.SENT, Sending.DROPPED)
SENT_FOR = "incident.retro"  # the purpose of the mails with which a customer's edition leaves


@dataclass(frozen=True)
class Part:
    """Somebody who took part, and their roles."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One of the three dates. `tone`: green done, red overdue, amber today; "" else."""

    label: str
    due: date
    done: bool
    tone: str


@dataclass(frozen=True)
class ActionLine:
    """An action as the page shows it. `receipt`: of the ticket that was asked for, while there is none; then of what
    tells it the day, until that is there."""

    action: RetroAction
    overdue: bool
    receipt: Receipt | None

    @property
    def tone(self) -> str:
        """Red where it is overdue, green where it is done."""
        return "red" if self.overdue else "green" if self.action.state == ActionState.DONE else ""


@dataclass(frozen=True)
class RetroPage:
    """See templates/incidents/after/retrospective.html. `names`: what stands in the customer's edition and should be
    looked at; `drafted`: the text is the timeline's own draft, nobody has written yet; `thread`: the edition may go
    into the escalation's thread."""

    incident: Incident
    retro: Retrospective
    customers: tuple[str, ...]
    steps: tuple[Step, ...]
    measured: Measured
    took_part: tuple[Part, ...]
    summary: str
    customer_text: str
    drafted: bool
    customer_drafted: bool
    names: tuple[str, ...]
    actions: tuple[ActionLine, ...]
    contacts: tuple[Contact, ...]
    thread: bool
    receipts: tuple[Receipt, ...]
    lacking: tuple[str, ...]

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """What was measured, in words."""
        told, row = self.measured, self.incident
        whole = lasted_words(row.breaks, row.began_at, row.resolved_at, long_length) if row.resolved_at else "–"
        return (
            ("Lasted", whole), ("Acknowledged after", long_length(told.to_acknowledge)),
            ("Identified after", long_length(told.to_identify)), ("Updates", str(told.updates)),
            ("Promised updates", told.punctuality),
        )

    @property
    def status_lines(self) -> tuple[tuple[str, str, int], ...]:
        """Each status, how long it was, and its share of the whole in percent."""
        whole = sum((one.length for one in self.measured.statuses), timedelta())
        return tuple((one.name, length_words(one.length), round(100 * (one.length / whole)))
                     for one in self.measured.statuses)


def told_of(incident: Incident) -> tuple[list[IncidentEvent], list[Promise]]:
    """The lines that tell how it went, oldest first, and the promises, also of what was merged into it. Three
    queries."""
    rows = IncidentEvent.objects.filter(incident=incident, removed_at__isnull=True)
    # Command that was handed over has somebody who had it before; who began with it is the declaring's.
    handed = rows.filter(what=What.ROLE, to_value__startswith=f"{Role.COMMANDER.label}: ").exclude(from_value="")
    shown = rows.filter(what__in=HOW_IT_WENT) | rows.filter(pinned=True) | handed
    promises = Promise.objects.filter(incident__in=merged_with(incident.pk))
    return list(shown.select_related("status").order_by("at", "pk")), list(promises)


def facts_of(incident: Incident, events: Sequence[IncidentEvent]) -> Facts:
    """What both drafts are made of. One query: the status of each update that customers were given to read."""
    end = incident.resolved_at
    lines = [one for one in events if end is None or one.at <= end]
    told: list[Told] = []
    theirs = incident.published.filter(Exists(UpdateVersion.objects.filter(released(), of=OuterRef("pk"))))
    for at, words in theirs.order_by("number").values_list("at", "status__words"):
        if words and (not told or told[-1].words != words):
            told.append(Told(at, words))
    return Facts(title=incident.title, zone=incident.zone, began_at=incident.began_at, resolved_at=end,
                 breaks=incident.breaks, known=incident.known,
                 moments=[Moment(one.at, one.to_value) for one in lines], told=told)


def took_part(incident: Incident) -> tuple[Part, ...]:
    """Everybody who had a role or did something while it was open, those with a role first. Two queries."""
    found: dict[str, list[str]] = {}
    for role, name in incident.roles.order_by("starts_at", "pk").values_list("role", "person__name"):
        roles = found.setdefault(name, [])
        if Role(role).label not in roles:
            roles.append(str(Role(role).label))
    lines = IncidentEvent.objects.filter(incident=incident).exclude(topic=Topic.AFTER).order_by("at", "pk")
    for name, spoken in lines.values_list("by__name", "by_name"):
        if name or spoken:
            found.setdefault(name or spoken, [])
    return tuple(Part(name, tuple(roles)) for name, roles in found.items())


def retro_page(incident: Incident, retro: Retrospective, *, lacking: Sequence[str], at: datetime) -> RetroPage:
    """The whole page, in at most twelve queries however long the incident was."""
    events, promises = told_of(incident)
    facts, part = facts_of(incident, events), took_part(incident)
    links = list(incident.customers.select_related("customer"))
    drafted, others = not retro.summary, _others(incident, links)
    return RetroPage(
        incident=incident, retro=retro, customers=tuple(one.customer.name for one in links),
        steps=steps_of(retro, team_day(at)), measured=measured_of(incident, events, promises, at), took_part=part,
        summary=draft_summary(facts) if drafted else retro.summary,
        customer_text=retro.customer_text or _customer_draft(facts, retro, [one.name for one in part], others),
        drafted=drafted, customer_drafted=not retro.customer_text,
        names=_names_in(retro.customer_text, others) if retro.customer_text else (),
        actions=action_lines(RetroAction.objects.filter(incident=incident), team_day(at)),
        contacts=tuple(Contact.objects.filter(customer__in=[one.customer_id for one in links], removed_at__isnull=True)
                       .exclude(email="").select_related("customer")),
        thread=thread_is_theirs(incident, {one.customer_id for one in links}),
        receipts=tuple(receipt(one) for one in sent_with(incident)), lacking=tuple(lacking),
    )


def thread_is_theirs(incident: Incident, customers: Collection[int]) -> bool:
    """Whether the escalation is of one of these customers, whom the incident concerns. Where it concerns none, our own
    server, whoever reported it reads of it."""
    row = incident.escalation
    return row is not None and (not customers or row.customer_id in customers)


def _others(incident: Incident, links: Sequence[IncidentCustomer]) -> tuple[str, ...]:
    """By all their names: whoever is not to be named in the customer's edition, which each of several gets. Three
    queries."""
    own = links[0].customer if len(links) == 1 else None
    return tuple(sorted(customers_names([incident.pk], own).others))


def _names_in(text: str, others: Sequence[str]) -> tuple[str, ...]:
    """First names of ours that stand in it, and those of other customers. One query."""
    ours = names_in(text, Person.objects.values_list("name", flat=True))
    return (*ours, *dict.fromkeys(one.name for one in names_seen(text, others)))


def action_lines(rows: QuerySet[RetroAction], today: date) -> tuple[ActionLine, ...]:
    """Actions as pages show them. One query."""
    return tuple(
        ActionLine(one, one.state == ActionState.OPEN and one.due_on is not None and one.due_on < today, _receipt(one))
        for one in rows.select_related("owner", "ticket", "delivery", "incident")
    )


def _receipt(one: RetroAction) -> Receipt | None:
    if one.delivery is None or (one.ticket_id and one.delivery.state in OVER):
        return None
    return receipt(one.delivery)


def _customer_draft(
    facts: Facts, retro: Retrospective, people: Sequence[str], others: Sequence[str]
) -> str:
    """A draft without our people's names, and without other customers'."""
    drawn = draft_customer(facts, cause=retro.root_cause, change=retro.change)
    return without_names(drawn, people, others)


def sent_with(incident: Incident) -> list[Delivery]:
    """What left with the customer's edition, the newest last. One query."""
    return list(Delivery.objects.filter(purpose=SENT_FOR, key__startswith=f"retro-{incident.pk}-").order_by("pk"))


def steps_of(retro: Retrospective, today: date) -> tuple[Step, ...]:
    """The three dates as they stand on a day of the team."""
    order = list(RetroState)
    state = order.index(RetroState(retro.state))
    told = (("Hold it", retro.hold_by, RetroState.HELD), ("Draft the summary", retro.draft_by, RetroState.DRAFTED),
            ("Send it to the customer", retro.send_by, RetroState.SENT))
    return tuple(
        Step(label, due, done, "green" if done else "red" if due < today else "amber" if due == today else "")
        for label, due, reached in told for done in (state >= order.index(reached),)
    )


def is_over(incident: Incident) -> bool:
    """Whether it has a retrospective to look at: it was resolved, and was not opened again."""
    return incident.state in (State.WATCHED, State.CONFIRMED, State.CLOSED)
