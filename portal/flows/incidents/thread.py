"""An update comes into the thread of its escalation, as a reply of whoever wrote it."""

from datetime import datetime

from django.db import transaction

from escalations.actions.base import Refused
from escalations.models import Escalation
from escalations.queries.ways import places_of
from escalations.rules.markdown import LONGEST
from incidents.actions.arrivals import note_failed, tell_arrived
from incidents.actions.base import held
from incidents.actions.letters import text_of
from incidents.choices import TargetKind
from incidents.models import UpdateDelivery
from incidents.rules.targets import clipped
from portal.flows.escalations.sending import Reply, reply


def thread_due(key: str, at: datetime) -> None:
    """An update is to come into the thread of an escalation; the key is the row's id."""
    row = UpdateDelivery.objects.select_related("version__of__incident", "version__by", "target__customer").filter(
        pk=int(key), waits=False, done_at__isnull=True, target__kind=TargetKind.ESCALATION,
        version__of__incident__drill=False).first()
    if row is None:
        return
    try:
        into_thread(row=row, at=at)
    except Refused as refused:
        with transaction.atomic():
            held(row.version.of.incident)
            UpdateDelivery.objects.filter(pk=row.pk).update(fault=str(refused)[:300])
            note_failed(row=row, words=str(refused), at=at)


@transaction.atomic
def into_thread(*, row: UpdateDelivery, at: datetime) -> None:
    """Say an update's customer reading in the escalation's thread, as a reply of whoever wrote it, by the ways by which
    replies leave; once. Raises `Refused` where the thread takes none."""
    version, incident = row.version, held(row.version.of.incident)
    by = version.by or incident.declared_by
    escalation = Escalation.objects.filter(pk=int(row.target.address)).first()
    if escalation is None or by is None:
        raise Refused(f"{row.target.label} is gone." if escalation is None else "Nobody is left who wrote it.")
    before = f"This corrects update {version.of.number}.\n\n" if version.number > 1 else ""
    text = clipped(before + text_of(version, row.target), LONGEST, "")
    ways = tuple(place.way for place in places_of(escalation) if place.usual)
    message = reply(escalation=escalation, at=at, by=by,
                    given=Reply(text=text, key=f"incident-update-{row.pk}", ways=ways))
    sent = message.deliveries.select_related("delivery").first()
    UpdateDelivery.objects.filter(pk=row.pk).update(
        done_at=at, fault="", delivery=sent.delivery if sent else None)
    tell_arrived(version=version, at=at)
