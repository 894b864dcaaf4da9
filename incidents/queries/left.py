"""What of an incident has left the portal, and stays where it is when the incident becomes private."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from incidents.choices import TargetKind
from incidents.models import Incident, UpdateDelivery
from incidents.queries.addresses import path_of
from incidents.queries.hidden import pages_known_by
from incidents.queries.links import links_of
from incidents.queries.retrospective import SENT_FOR
from incidents.rules.hiding import keys_of
from integrations.outbox.choices import ON_ITS_WAY, STUCK, State
from integrations.outbox.models import Delivery

GONE = (State.SENT, State.SENDING, State.UNKNOWN)  # it is there, or may be
KINDS = {TargetKind.CHANNEL: "post", TargetKind.MAIL: "mail", TargetKind.JIRA: "comment",
         TargetKind.ESCALATION: "message"}
TOPICS = {"mattermost": "Messages in Mattermost", "mail": "Mails to people", "jira": "Tickets in Jira"}


@dataclass(frozen=True)
class Left:
    """Where something of it is, and what. `stays_open`: it goes on telling until somebody ends it."""

    where: str
    what: str
    stays_open: bool = False


def left_of(incident: Incident, at: datetime) -> tuple[Left, ...]:
    """Everything that has left, by where it is; customers' pages first, for they stay open. With what was merged into
    it, which becomes private with it. Some seven queries for each of them."""
    found = list(_of(incident, at))
    for one in _merged(incident):
        found += [Left(f"{one}: {each.where}", each.what, each.stays_open) for each in _of(one, at)]
    return tuple(found)


def _of(row: Incident, at: datetime) -> Iterable[Left]:
    return (*_pages(row, at), *_channel(row), *_updates(row), *_others(row), *_waiting(row))


def _merged(incident: Incident) -> list[Incident]:
    """All public ones that were merged into it, also by way of others."""
    found, level = list[Incident](), [incident.pk]
    while level:
        rows = list(Incident.objects.filter(merged_into__in=level, private=False).order_by("pk"))
        found += rows
        level = [one.pk for one in rows]
    return found


def _pages(incident: Incident, at: datetime) -> Iterable[Left]:
    for one in links_of(incident, at):
        if one.holds:
            read = f"opened {_many(one.seen, 'time')}, {_many(one.followers, 'reader')} by mail"
            yield Left(f"Private page of {one.name} ({one.hint}…)", f"{read}: it stays open until it is revoked", True)


def _channel(incident: Incident) -> Iterable[Left]:
    if incident.channel_id:
        yield Left(f"~{incident.channel}", "its own channel becomes private; whoever is in it stays in it", True)


def _updates(incident: Incident) -> Iterable[Left]:
    """By target, the updates that are there; of a list or several people each mail counts."""
    there = Q(delivery__state__in=GONE) | Q(delivery__isnull=True, done_at__isnull=False, fault="")
    rows = UpdateDelivery.objects.filter(there, target__incident=incident, waits=False).exclude(
        target__kind=TargetKind.STATUS_PAGE).order_by("target")
    counts = Counter(rows.values_list("target", "target__kind", "target__label"))
    for (_, kind, label), number in counts.items():
        yield Left(label, f"{_many(number, KINDS[TargetKind(kind)])} with updates")


def _others(incident: Incident) -> Iterable[Left]:
    rows = _deliveries(incident).filter(state__in=GONE, update_delivery__isnull=True).exclude(
        topic="mattermost.channel")
    counts = Counter(_called(*one) for one in rows.values_list("topic", "purpose", "key", "path"))
    for where, number in sorted(counts.items()):
        yield Left(where, str(number))


def _called(topic: str, purpose: str, key: str, path: str) -> str:
    if path.startswith("/pages/"):
        return f"Messages of page {path.split('/')[2]}"
    if key.startswith("inc-follow"):
        return "Mails to readers of customers' pages"
    if purpose == SENT_FOR:
        return "Mails with the customer's edition of the retrospective"
    return TOPICS.get(topic.partition(".")[0], "Messages by other ways")


def _waiting(incident: Incident) -> Iterable[Left]:
    rows = _deliveries(incident)
    if number := rows.filter(state__in=ON_ITS_WAY).exclude(state__in=GONE).count():
        yield Left("On its way", f"{_many(number, 'message')}: will still leave, unless dropped in the outbox", True)
    if number := rows.filter(state__in=STUCK).count():
        yield Left("In the outbox", f"{_many(number, 'message')}: will leave once tried again there", True)
    if number := UpdateDelivery.objects.filter(target__incident=incident, waits=True, done_at__isnull=True).count():
        yield Left("For a second person", f"{_many(number, 'update')}: will leave once approved", True)


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _deliveries(incident: Incident) -> QuerySet[Delivery]:
    pages = {*pages_known_by(keys_of(incident.pk, incident.submission)), incident.page_id} - {None}
    own = Q(path__startswith=path_of(incident.pk))
    return Delivery.objects.filter(own | Q(path__in=[f"/pages/{one}/" for one in pages]))
