"""An incident becomes less urgent, or more: lists that are told of the urgent alone are told that it is not any more,
and that is the last they hear of it; once it is as urgent again, updates go to them again. And a list is told of other
severities from now on."""

import hashlib
from collections.abc import Sequence
from copy import copy
from datetime import datetime

from django.conf import settings

from incidents.actions.base import held, record
from incidents.actions.letters import names_of
from incidents.actions.sending import addresses_of, scope_of
from incidents.actions.targets import lists_of
from incidents.choices import LIVE, Reading, Severity, TargetKind, What
from incidents.models import Incident, IncidentEvent, StakeholderList, Target, UpdateDelivery
from incidents.queries.addresses import path_of
from incidents.queries.executives import OUR_EXECUTIVES, executives_of
from integrations.outbox import actions as outbox
from people.models import Person

LEFT = "list-left-"  # how the source of the line begins that says it; the target's id follows


def follow_severity(*, incident: Incident, old: Severity, event: IncidentEvent, by: Person, at: datetime) -> None:
    """The severity of a held incident was another one until now, as this line of the timeline says. In the caller's
    transaction."""
    if incident.severity < old:
        _come_back(incident, f"{event.pk}", f"it is a {Severity(incident.severity).label} now", at)
        return
    leaving = _leaving(incident, old)
    for target, own in leaving:
        Target.objects.filter(pk=target.pk).update(removed_at=at)
        record(What.CHANGED, incident=incident, at=at, by=None, source=f"{LEFT}{target.pk}-{event.pk}",
               words=f"Updates go to {target.label} no longer: it is told of {_of(own)} alone")
    _tell(incident, old, event, leaving, by, at)


def follow_list_severity(*, row: StakeholderList, old: Severity, at: datetime) -> None:
    """A list was told of other severities until now. What is open, and not urgent enough any more, sends it nothing
    from now on; what was left for that alone, and is urgent enough, sends it updates again. Nobody is written to:
    whoever changed the list knows who is on it. In the caller's transaction."""
    own = Target.objects.filter(address=f"list:{row.pk}", incident__state__in=LIVE)
    for incident in Incident.objects.filter(pk__in=own.values("incident")).order_by("pk"):
        found, key = held(incident), f"list-{at.timestamp():.6f}"
        if row.severity < found.severity <= old:  # one that somebody added though it was not for such ones stays
            for target in own.filter(incident=found, removed_at=None):
                Target.objects.filter(pk=target.pk).update(removed_at=at)
                record(What.CHANGED, incident=found, at=at, by=None, source=f"{LEFT}{target.pk}-{key}",
                       words=f"Updates go to {target.label} no longer: it is told of {_of(row)} alone")
        elif old < found.severity <= row.severity:
            _come_back(found, key, f"it is told of {_of(row)} now", at)


def _leaving(row: Incident, old: Severity) -> list[tuple[Target, StakeholderList]]:
    """The targets of lists that were told of it as it was, and are for what is more urgent than it is now. One that
    somebody added though it is not for such incidents was none of them, and stays."""
    lists = {f"list:{one.pk}": one for one in
             StakeholderList.objects.filter(severity__gte=old, severity__lt=row.severity, archived_at__isnull=True)}
    found = Target.objects.filter(incident=row, kind=TargetKind.MAIL, address__in=lists, removed_at__isnull=True)
    return [(one, lists[one.address]) for one in found.select_related("customer").order_by("pk")]


def _of(row: StakeholderList) -> str:
    """Of which severities a list is told, in words."""
    return " and ".join(one.label for one in Severity if one <= row.severity)


def _tell(
    row: Incident, old: Severity, event: IncidentEvent, leaving: Sequence[tuple[Target, StakeholderList]], by: Person,
    at: datetime,
) -> None:
    """Whoever was told of it before hears that it is less urgent, each address once, unless it is told on by another
    way. Executives who were told since it was a Sev1 hear it too."""
    rest = Target.objects.filter(incident=row, kind=TargetKind.MAIL, removed_at__isnull=True).select_related("customer")
    done = {(address or one.address).lower() for one in rest for address in addresses_of(one, incident=row)}
    gone = [(target, f"This list is told of {_of(own)} alone", addresses_of(target, incident=row))
            for target, own in leaving]
    before = copy(row)
    before.severity = old
    each = f"Executives are told of each {Severity.SEV1.label}"
    gone += [(target, each, [one.email for one in executives_of(before)])
             for target in rest.filter(address=OUR_EXECUTIVES)]
    heard, letters = _heard([target for target, _, _ in gone]), []
    for target, why, addresses in gone:
        names = names_of(row, target)
        for address in addresses:
            if address.lower() not in done and (target.pk, address.lower()) in heard:
                done.add(address.lower())
                letters.append(_letter(row, old, event, target, address, why, names))
    outbox.enqueue_many(letters, at=at, by=by)


def _heard(targets: Sequence[Target]) -> set[tuple[int, str]]:
    """Which addresses of these were sent something. One query."""
    rows = UpdateDelivery.objects.filter(target__in=targets, delivery__isnull=False)
    return {(target, address.lower()) for target, address in rows.values_list("target", "address").distinct()}


def _letter(
    row: Incident, old: Severity, event: IncidentEvent, target: Target, address: str, why: str, names: str
) -> outbox.Letter:
    """The last one, behind whatever is on its way to there. Nothing that anybody typed stands in it, so that nobody has
    to read it before customers do."""
    now = Severity(row.severity).label
    drill = "Drill: " if row.drill else ""
    text = (f"{drill}{names}: what was a {old.label} is a {now} now.\n\n{why}, so no more mail about this one comes "
            "from here, unless it becomes as urgent again.\n")
    if target.reading != Reading.CUSTOMER:
        text += f"\n-- \n{settings.PORTAL_BASE_URL}{path_of(row.pk)}\n"
    whom = hashlib.sha256(address.lower().encode()).hexdigest()[:16]
    return outbox.Letter(
        topic="mail.send", scope=scope_of(row, target, address), key=f"inc-less-{event.pk}-{whom}",
        title=f"{row}: {address} is told that it is a {now}", path=path_of(row.pk), purpose="incident",
        payload={"to": address, "subject": f"{drill}{now} {names}: no {old.label} any more"[:200], "text": text},
    )


def _come_back(row: Incident, key: str, why: str, at: datetime) -> None:
    """Lists that are for it again, and were left for its severity alone. Those that it never had, or that are for other
    readers by now, follow by themselves (`default_targets`); what somebody put in their place stays."""
    lists = {f"list:{one.pk}": one for one in lists_of(row)}
    rows = list(Target.objects.filter(incident=row, address__in=lists).order_by("pk"))
    there = {one.place for one in rows if one.removed_at is None}
    for one in {one.place: one for one in rows}.values():  # the newest of each
        now = lists[one.address]
        left = IncidentEvent.objects.filter(incident=row, source__startswith=f"{LEFT}{one.pk}-")
        fits = one.reading == now.reading and one.place not in there
        if not fits or one.removed_at not in left.values_list("at", flat=True):
            continue
        Target.objects.filter(pk=one.pk).update(removed_at=None, customer=now.customer)
        record(What.CHANGED, incident=row, at=at, by=None, source=f"list-again-{one.pk}-{key}",
               words=f"Updates go to {one.label} again: {why}")
