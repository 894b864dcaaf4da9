"""Decisions in words: what was decided today, and what Jira made of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from integrations.outbox.choices import ON_ITS_WAY, State
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.choices import TriageVerb
from tickets.models import TicketWrite, TriageDecision
from tickets.models.triage import TriageDecisionQuerySet
from tickets.queries.addresses import ticket_url
from tickets.rules.triage import KINDS

ICONS = {
    TriageVerb.ROUTE: "right", TriageVerb.TAKE: "check", TriageVerb.FEATURE: "plus", TriageVerb.INFO: "chat",
    TriageVerb.DUPLICATE: "copy", TriageVerb.CLOSE: "close",
}
SHOWN = 50


@dataclass(frozen=True)
class DecisionLine:
    """A decision as a line. `state`: waiting, sent, failed, asks or back; `words` say what Jira made of it, if it is
    not simply there."""

    pk: int
    key: str
    url: str
    summary: str
    verb: str
    icon: str
    to: str
    said: str
    by: str
    at: datetime
    state: str
    words: str
    can_undo: bool
    can_retry: bool
    mine: bool


def with_writes(decisions: TriageDecisionQuerySet) -> TriageDecisionQuerySet:
    """What `line` reads, in two queries."""
    writes = TicketWrite.objects.select_related("delivery").order_by("id")
    return decisions.select_related("ticket", "by").defer("ticket__words").prefetch_related(Prefetch("writes", writes))


def decided(decisions: TriageDecisionQuerySet, reader: Person) -> tuple[DecisionLine, ...]:
    """At most 50 of these decisions as lines, the latest first."""
    return tuple(line(decision, reader) for decision in with_writes(decisions)[:SHOWN])


def decision_of(ticket_id: int, reader: Person) -> DecisionLine | None:
    """The latest decision of a ticket that was not taken back."""
    found = with_writes(TriageDecision.objects.taken().filter(ticket_id=ticket_id)).first()
    return line(found, reader) if found else None


def line(decision: TriageDecision, reader: Person) -> DecisionLine:
    """A decision with its ticket and writes, read before."""
    deliveries = [write.delivery for write in decision.writes.all()]
    state, words = _state(decision, deliveries)
    verb = TriageVerb(decision.verb)
    standing = decision.undone_at is None and decision.over_at is None
    return DecisionLine(
        pk=decision.pk, key=decision.ticket.key, url=ticket_url(decision.ticket.key), summary=decision.ticket.summary,
        verb=verb, icon=ICONS[verb], to=to_words(verb, decision.to), said=said(decision),
        by=decision.by.name if decision.by else "Somebody", at=decision.at, state=state, words=words,
        can_undo=standing and all(_may_drop(delivery) for delivery in deliveries),
        can_retry=standing and any(delivery.state == State.FAILED for delivery in deliveries),
        mine=decision.by_id == reader.pk,
    )


def to_words(verb: TriageVerb, to: str) -> str:
    """Where a bug went, short: "Channels", "SET", "Duplicate of MM-7", "Won't Do"."""
    match verb:
        case TriageVerb.FEATURE:
            return KINDS.get(to, to) or "Feature request"
        case TriageVerb.INFO:
            return "Needs info"
        case TriageVerb.DUPLICATE:
            return f"Duplicate of {to}"
        case TriageVerb.CLOSE:
            return f"Closed, {to}"
    return to


def said(decision: TriageDecision) -> str:
    """A decision as a sentence without its end: "Ines Okafor sent MM-12 to Channels"."""
    who, key = decision.by.name if decision.by else "Somebody", decision.ticket.key
    verb, to = TriageVerb(decision.verb), decision.to
    words = {
        TriageVerb.ROUTE: f"sent {key} to {to}", TriageVerb.TAKE: f"took {key} for SET",
        TriageVerb.FEATURE: f"made {key} a {KINDS.get(to, 'feature request').lower()}",
        TriageVerb.INFO: f"asked for more information on {key}",
        TriageVerb.DUPLICATE: f"closed {key} as a duplicate of {to}", TriageVerb.CLOSE: f"closed {key}: {to}",
    }
    return f"{who} {words[verb]}"


def _state(decision: TriageDecision, deliveries: Sequence[Delivery]) -> tuple[str, str]:
    if decision.undone_at is not None:
        return "back", "taken back"
    failed = [delivery.fault for delivery in deliveries if delivery.state == State.FAILED]
    if failed:
        return "failed", f"Jira refused: {' '.join(dict.fromkeys(failed))}"
    asking = [delivery.fault for delivery in deliveries if delivery.state == State.ASKING]
    if asking:
        return "asks", next(filter(None, asking), "") or "Jira needs an answer first."
    if any(delivery.state in ON_ITS_WAY for delivery in deliveries):
        waits = next((delivery.fault for delivery in deliveries if delivery.fault), "")
        return "waiting", f"Waiting for Jira: {waits}" if waits else "on its way to Jira"
    if deliveries and any(delivery.state == State.DROPPED for delivery in deliveries):
        return "back", "dropped before it reached Jira"
    return "sent", ""


def _may_drop(delivery: Delivery) -> bool:
    """Whether a write has surely not left."""
    return delivery.state in {State.WAITING, State.ASKING, State.FAILED} and delivery.unanswered_at is None


def concerns_triage(ticket_ids: Iterable[int]) -> bool:
    """Whether one of these tickets has a decision that holds, so that open pages of triage have to look again."""
    return TriageDecision.objects.standing().filter(ticket_id__in=list(ticket_ids)).exists()
