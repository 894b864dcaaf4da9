"""What became of an incident's channel, and when it is read."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from incidents.actions.base import held, record
from incidents.actions.steps import settle
from incidents.choices import LIVE, StepState, What
from incidents.models import Incident, IncidentStep
from integrations.outbox.choices import ON_ITS_WAY, STUCK, State
from integrations.outbox.models import Delivery

UNKNOWN, STILL = "Not in Mattermost", "Taken off, but still in the channel"
STEP = "channel"  # the key of the playbook's step that it is there


@transaction.atomic
def settle_channel(*, delivery: Delivery, at: datetime) -> None:
    """The channel is there, or waits for Mattermost, or cannot be made: the timeline says so once."""
    incident = Incident.objects.filter(pk=int(delivery.payload["incident"])).first()
    if incident is None:
        return
    row, name = held(incident), f"~{incident.channel}"
    if delivery.state == State.SENT:
        _is_there(row, delivery, at)
    elif delivery.state in STUCK:
        record(What.CHANNEL, incident=row, at=at, by=None, tone="red", text=delivery.fault,
               words=f"The channel {name} is not as it should be", source=f"channel-failed-{delivery.pk}")
    elif delivery.state in ON_ITS_WAY and delivery.fault and not row.channel_id:
        record(What.CHANNEL, incident=row, at=at, by=None, tone="amber", text=delivery.fault,
               words=f"The channel {name} is made once Mattermost is back, and then gets every update in order",
               source=f"channel-waits-{delivery.pk}")


def _is_there(row: Incident, delivery: Delivery, at: datetime) -> None:
    if row.channel_id != delivery.remote_id:
        made = bool(delivery.remote_id)
        row.channel_id, row.channel_url, row.chat_seen_at = delivery.remote_id, delivery.remote_url[:300], None
        row.chat_look_at = at if made and row.state in LIVE else None
        row.save(update_fields=["channel_id", "channel_url", "chat_seen_at", "chat_look_at"])
        record(What.CHANNEL, incident=row, at=at, by=None, url=row.channel_url, source=f"channel-{delivery.remote_id}",
               words=f"The channel ~{row.channel} is there")
        if made and row.state in LIVE:
            _tick(row, at)
    elif row.channel_id and delivery.payload.get("restore"):
        record(What.CHANNEL, incident=row, at=at, by=delivery.by, url=row.channel_url, tone="green",
               words=f"~{row.channel} was restored", source=f"channel-restored-{delivery.pk}")
    note = delivery.events.order_by("-id").values_list("to_value", flat=True).first() or ""
    if note:
        told = hashlib.sha256(note.encode()).hexdigest()[:12]
        words = "Somebody is still in the channel" if STILL in note else "Somebody could not be added to the channel"
        record(What.CHANNEL, incident=row, at=at, by=None, tone="amber", text=f"{note}. See to it in Mattermost.",
               words=words, source=f"channel-members-{told}")


def _tick(row: Incident, at: datetime) -> None:
    """The playbook's step that asks for the channel is done, unless somebody has settled it. Where they open it again,
    it stays open."""
    step = IncidentStep.objects.filter(incident=row, key=STEP, state=StepState.OPEN).first()
    if step is not None:
        settle(step, StepState.DONE, by=None, at=at)
        record(What.STEP, incident=row, at=at, by=None, step=step, tone="green", words=f"Done: {step.title}")


def look_while_live(*, incident: Incident, at: datetime) -> None:
    """The channel is read while somebody works on the incident, and no longer. Two statements."""
    Incident.objects.filter(Q(state__in=LIVE) & ~Q(channel_id=""), pk=incident.pk, chat_look_at__isnull=True).update(
        chat_look_at=at)
    Incident.objects.filter(pk=incident.pk, chat_look_at__isnull=False).exclude(state__in=LIVE).update(
        chat_look_at=None)
