"""A version of an update leaves: one row for each target, one effect a row. The customer's reading waits for a second
person."""

import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.urls import reverse

from incidents.actions.letters import Letter, correction_of, failed_before, letter, text_of
from incidents.actions.subscribing import mail_subscribers
from incidents.actions.targets import channel_wait
from incidents.choices import NOT_IN_A_DRILL, NOT_SENT, READ, UNCHANGED, Reading, TargetKind
from incidents.models import Approval, Incident, Stakeholder, Target, UpdateDelivery, UpdateVersion
from incidents.queries.executives import OUR_EXECUTIVES, executives_of
from incidents.queries.seen import whose
from integrations.outbox import actions as outbox
from integrations.outbox.choices import ON_ITS_WAY
from integrations.outbox.choices import State as Way
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common import jobs
from portal.common.timers import set_timer

PURPOSE = "incident.update"  # of the deliveries by which updates leave
COMES = (*ON_ITS_WAY, Way.SENT)
THREAD = "incident.thread"  # the timer by which an update comes into an escalation's thread; its key is the row's id


@transaction.atomic
def send(*, version: UpdateVersion, targets: Iterable[Target], at: datetime) -> list[UpdateDelivery]:
    """Put a version on its way to each of these targets; again it is the same. What customers get waits until
    `release`, unless a second person has read it already. A drill stays among those who take part: it reaches its own
    channel and the mail boxes of its people, and of every other target it is kept that nothing was sent. Returns the
    new rows.

    A correction overtakes what of the version before is still waiting for its reader, and leaves only to whom it reads
    otherwise: of the others it is kept that it was not sent again.
    """
    incident = version.of.incident
    _overtake(version)
    there, alike = _there(version), dict[tuple[int, int], bool]()
    free = Approval.objects.filter(version=version, state__in=READ).exists()
    made, told = [], set[tuple[str, str]]()
    for target in sorted(targets, key=lambda one: one.address == OUR_EXECUTIVES):
        customers = target.reading == Reading.CUSTOMER
        if target.incident_id != incident.pk:
            continue
        addresses = addresses_of(target, incident=incident)
        if incident.drill:
            addresses = [one for one in addresses if _of_drill(target, one, incident)]
            made += [] if addresses else _kept_in(version, target)
        for address in addresses:
            place = (target.reading, (address or target.address).lower())
            if target.address == OUR_EXECUTIVES and place in told:
                continue  # a list of theirs brings it to them
            told.add(place)
            before = there.get((target.pk, address.lower()))
            if before is not None and (target.pk, before.pk) not in alike:  # a list of hundreds reads one text
                alike[target.pk, before.pk] = _reads_as(version, before, target)
            same = before is not None and alike[target.pk, before.pk]
            row, new = UpdateDelivery.objects.get_or_create(
                version=version, target=target, address=address,
                defaults={"waits": customers and not free and not same, "told": UNCHANGED if same else ""},
            )
            made += [row] if new else []
            if same:
                _drop_failed(version, row, at)
    _leave(version, [row for row in made if not row.waits and row.told not in NOT_SENT], at)
    return made


def _there(version: UpdateVersion) -> dict[tuple[int, str], UpdateVersion]:
    """Which earlier version was the last that came to each target and address, or is on its way there. Where nobody
    knows whether one came, none is. One query, none for the first version."""
    if version.number == 1:
        return {}
    found = dict[tuple[int, str], UpdateVersion]()
    rows = UpdateDelivery.objects.filter(version__of=version.of, version__number__lt=version.number)
    for row in rows.select_related("delivery", "target", "version__of__incident").order_by("version__number"):
        place, left = (row.target_id, row.address.lower()), row.delivery
        threads = left is None and row.target.kind == TargetKind.ESCALATION and not (row.waits or row.fault)
        if row.done_at is not None or (left is not None and left.state in COMES) or (
                threads and row.told not in NOT_SENT):
            found[place] = row.version
        elif left is not None and (left.state == Way.ASKING or left.unanswered_at is not None):
            found.pop(place, None)
    return found


def _reads_as(version: UpdateVersion, before: UpdateVersion, target: Target) -> bool:
    """Whether whoever reads at this target reads what they read before. At the customer's page several may."""
    if target.kind == TargetKind.STATUS_PAGE:
        return version.customer == before.customer
    return text_of(version, target) == text_of(before, target)


def _of_drill(target: Target, address: str, incident: Incident) -> bool:
    """Whether a drill reaches this: its own channel, or one of its people."""
    if target.reading == Reading.CUSTOMER:
        return False
    if target.kind == TargetKind.CHANNEL:
        return target.address == incident.channel
    return target.kind == TargetKind.MAIL and Person.objects.active().filter(
        whose(incident), email__iexact=address or target.address).exists()


def _kept_in(version: UpdateVersion, target: Target) -> list[UpdateDelivery]:
    """That a drill does not reach a target is kept, for its receipt."""
    row, new = UpdateDelivery.objects.get_or_create(
        version=version, target=target, address="", defaults={"told": NOT_IN_A_DRILL},
    )
    return [row] if new else []


@transaction.atomic
def release(*, version: UpdateVersion, at: datetime) -> list[UpdateDelivery]:
    """The second person has read what customers get, or somebody went without one: it leaves. A version that a newer
    one has overtaken stays, and nothing leaves to a target that was taken off meanwhile. Returns the rows that left."""
    if UpdateVersion.objects.filter(of=version.of_id, number__gt=version.number).exists():
        return []
    UpdateDelivery.objects.filter(version=version, waits=True, target__removed_at__isnull=False).delete()
    rows = list(UpdateDelivery.objects.select_for_update(of=("self",)).select_related("target").filter(
        version=version, waits=True))
    UpdateDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(waits=False)
    for row in rows:
        row.waits = False
    _leave(version, rows, at)
    return rows


def addresses_of(target: Target, *, incident: Incident) -> list[str]:
    """Whom a target stands for: the people of a mail list, each once; our executives as they are at this moment:
    whoever is handed that part gets it from then on. One query for a list, two for executives, none otherwise."""
    if target.address == OUR_EXECUTIVES:
        return [one.email for one in executives_of(incident)]
    if not target.address.startswith("list:"):
        return [""]
    members = Stakeholder.objects.filter(list=int(target.address[5:]), list__archived_at__isnull=True)
    found = [
        one.person.email if one.person else one.email
        for one in members.select_related("person") if one.person is None or one.person.is_active
    ]
    return list({address.lower(): address for address in found}.values())


def _overtake(version: UpdateVersion) -> None:
    """What of earlier versions waits for its reader, or could not be put on its way, is not tried any more."""
    before = UpdateDelivery.objects.filter(version__of=version.of, version__number__lt=version.number)
    before.filter(waits=True).delete()
    before.filter(delivery__isnull=True, done_at__isnull=True).exclude(fault="").delete()


def _leave(version: UpdateVersion, rows: Sequence[UpdateDelivery], at: datetime) -> None:
    for row in rows:
        if row.target.kind == TargetKind.STATUS_PAGE:
            UpdateDelivery.objects.filter(pk=row.pk).update(done_at=at, told=Way.SENT)
            mail_subscribers(version, at)
        elif row.target.kind == TargetKind.ESCALATION:
            set_timer(kind=THREAD, key=str(row.pk), due_at=at)
        else:
            row.delivery = _enqueue(version, row, at)
            row.save(update_fields=["delivery"])
    if rows:
        transaction.on_commit(partial(jobs.queue, jobs.TICK, expires=2))


def _enqueue(version: UpdateVersion, row: UpdateDelivery, at: datetime) -> Delivery:
    incident, target = version.of.incident, row.target
    told = _letter(version, row, at)
    return outbox.enqueue(
        topic=told.topic, scope=scope_of(incident, target, row.address),
        payload=told.payload, at=at, by=version.by, purpose=PURPOSE, key=f"inc-update-{row.pk}",
        title=f"{incident}: update {version.of.number} to {row.address or target.label}",
        path=reverse("incidents:incident", args=[incident.pk]),
        after=channel_wait(incident) if target.kind == TargetKind.CHANNEL and target.address == incident.channel
        else None,
    )


def _letter(version: UpdateVersion, row: UpdateDelivery, at: datetime) -> Letter:
    """What leaves: the text as a new post or mail; a correction of a post that is there, or on its way, edits it."""
    _drop_failed(version, row, at)
    before = correction_of(version, row)
    if before is not None and (before.state == Way.DROPPED or (
            before.state == Way.FAILED and before.unanswered_at is None)):
        before = None
    return letter(version, row, edits=before.key if before is not None else "")


def _drop_failed(version: UpdateVersion, row: UpdateDelivery, at: datetime) -> None:
    for one in failed_before(version, row):
        with contextlib.suppress(outbox.NotOpen):  # somebody tries it again at this moment: it goes first
            outbox.drop(delivery=one, by=None, at=at, words="a correction goes in its place")


def scope_of(incident: Incident, target: Target, address: str = "") -> str:
    """Whatever goes to one target leaves in its order, and waits for nothing else."""
    if target.kind == TargetKind.JIRA:
        return f"jira:issue:{target.address}"
    where = hashlib.sha256((address or target.address).lower().encode()).hexdigest()[:20]
    return f"incident:{incident.pk}:{target.kind}:{where}"

