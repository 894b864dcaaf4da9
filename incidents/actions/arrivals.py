"""What became of an update on its way: told on the timeline, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from incidents.actions.base import held, record
from incidents.choices import NOT_SENT, TargetKind, What
from incidents.models import UpdateDelivery, UpdateVersion
from integrations.outbox.choices import ON_ITS_WAY, STUCK, State
from integrations.outbox.models import Delivery
from integrations.outbox.queries import DOORS

WAITING = "waiting"  # what `told` says of one that another system keeps waiting
LATE = timedelta(minutes=2)  # from then on the line of what had to wait says how long it took


@transaction.atomic
def settle_delivery(*, delivery: Delivery, at: datetime) -> None:
    """A delivery of an update has changed its state: the timeline says what arrived, what waits for a system that is
    away, and what somebody has to mend."""
    row = UpdateDelivery.objects.filter(delivery=delivery).select_related("version__of__incident", "target").first()
    if row is None:
        return
    held(row.version.of.incident)
    row.refresh_from_db(fields=["told"])
    if delivery.state == State.SENT:
        UpdateDelivery.objects.filter(pk=row.pk, done_at__isnull=True).update(done_at=delivery.sent_at or at)
    elif delivery.state in STUCK and row.told != State.FAILED:
        note_failed(row=row, words=delivery.fault, at=at)
    elif delivery.state in ON_ITS_WAY and delivery.fault and not row.told:
        _tell_waiting(row, delivery, at)
    tell_arrived(version=row.version, at=at)


def note_failed(*, row: UpdateDelivery, words: str, at: datetime) -> None:
    """One did not arrive, and somebody has to look. In the caller's transaction."""
    UpdateDelivery.objects.filter(pk=row.pk).update(told=State.FAILED)
    update = row.version.of
    record(What.FAILED, incident=update.incident, at=at, by=None, update=update, tone="red", text=words,
           words=f"Update {update.number} did not arrive: {where(row)}", source=f"failed-{row.pk}")


def _tell_waiting(row: UpdateDelivery, delivery: Delivery, at: datetime) -> None:
    UpdateDelivery.objects.filter(pk=row.pk).update(told=WAITING)
    update, name = row.version.of, DOORS.get(delivery.door, delivery.door)
    record(What.FAILED, incident=update.incident, at=at, by=None, update=update, tone="amber", text=delivery.fault,
           words=f"{name} keeps update {update.number} waiting. It leaves once {name} is back",
           source=f"waits-{row.version_id}-{delivery.door}")


def tell_arrived(*, version: UpdateVersion, at: datetime) -> None:
    """One line for all that has arrived, once nothing more is on its way but what a system that is away keeps waiting,
    or a second person. In the caller's transaction, which holds the incident."""
    rows = list(UpdateDelivery.objects.filter(version=version, waits=False).select_related(
        "target", "delivery", "version__of__incident").order_by("pk"))
    if any(_under_way(row) for row in rows):
        return
    fresh = [row for row in rows if row.told != State.SENT and row.done_at is not None]
    if fresh:
        UpdateDelivery.objects.filter(pk__in=[row.pk for row in fresh]).update(told=State.SENT)
        _note_arrived(fresh, at)


def _under_way(row: UpdateDelivery) -> bool:
    if row.delivery is None:
        return row.done_at is None and not row.fault and row.told not in NOT_SENT
    return row.done_at is None and row.told != WAITING and row.delivery.state in ON_ITS_WAY


def _note_arrived(rows: Sequence[UpdateDelivery], at: datetime) -> None:
    update = rows[0].version.of
    took = max((one.delivery.sent_at - one.delivery.created_at for one in rows
                if one.delivery is not None and one.delivery.sent_at is not None), default=timedelta())
    waited = took >= LATE and any(one.told == WAITING for one in rows)
    late = f", {int(took.total_seconds() // 60)} min after it was sent" if waited else ""
    labels = dict.fromkeys(where(one, whole=True) for one in rows)
    what = "The correction of update" if rows[0].version.number > 1 else "Update"
    url = rows[0].delivery.remote_url if len(rows) == 1 and rows[0].delivery is not None else ""
    record(What.DELIVERED, incident=update.incident, at=at, by=None, update=update, url=url, tone="green",
           words=f"{what} {update.number} arrived: {', '.join(labels)}{late}", source=f"arrived-{rows[0].pk}")


def where(row: UpdateDelivery, *, whole: bool = False) -> str:
    """A target in words; of a list the one address, unless it is the `whole` list."""
    label = row.target.label
    if row.target.kind != TargetKind.MAIL:
        return label
    return f"mail to {label}" if whole or not row.address else f"mail to {row.address} ({label})"
