"""What became of the newest update on its way to each target, and what of earlier ones somebody still has to mend."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import F, Q

from incidents.choices import NOT_IN_A_DRILL, NOT_SENT, ApprovalState, Reading, TargetKind
from incidents.models import Incident, UpdateDelivery
from incidents.queries.around import Around, around_of
from integrations.outbox.choices import ON_ITS_WAY, OPEN, STUCK, State
from integrations.outbox.models import Delivery
from integrations.outbox.queries import DOORS

SENT, MOVING, FAILED, WAITS, BACK, KEPT = "sent", "waiting", "failed", "asks", "back", "kept"
AWAY = timedelta(seconds=20)  # what waits longer than this, with a fault, says that a system is away
LONGEST_LIST = 30  # lines of what is still to be mended


@dataclass(frozen=True)
class Line:
    """A target, and what became of it there. `tone`: "sent", "waiting", "failed", "asks" (a second person reads it
    first), "back" (that one sent it back), or "kept" (a drill does not go there; a correction reads there as before).
    `row`: what Retry tries again, None where nothing can be."""

    label: str
    tone: str
    words: str
    reading: str
    at: datetime | None = None
    again_at: datetime | None = None
    url: str = ""
    row: int | None = None
    number: int = 0  # of the update


@dataclass(frozen=True)
class Away:
    """Another system is away: since when the oldest waits, how many wait, and why."""

    name: str
    since: datetime
    waiting: int
    words: str


@dataclass(frozen=True)
class ChannelLine:
    """The incident's channel needs something. `archived`: it can be restored."""

    name: str
    tone: str
    words: str
    archived: bool


@dataclass(frozen=True)
class Receipts:
    """What `incidents/updates/receipts.html` draws."""

    incident: Incident
    number: int
    version: int
    at: datetime | None
    lines: tuple[Line, ...]
    earlier: tuple[Line, ...]
    away: tuple[Away, ...]
    channel: ChannelLine | None

    @property
    def moving(self) -> bool:
        """Whether something is on its way, so that the page looks again."""
        return any(line.tone == MOVING for line in (*self.lines, *self.earlier)) or (
            self.channel is not None and self.channel.tone == MOVING
        )

    @property
    def failed(self) -> int:
        """How many need a person."""
        return sum(line.tone == FAILED for line in (*self.lines, *self.earlier))

    @property
    def sent(self) -> int:
        """To how many targets the newest update has come."""
        return sum(line.tone == SENT for line in self.lines)


def receipts_of(incident: Incident, *, at: datetime, around: Around | None = None) -> Receipts:
    """The newest update's receipts, and what is open of earlier ones. One query, another where what stands around the
    incident is not known yet."""
    # Counted in the database: the caller's row may be from before the update was published.
    newest = Q(version__of__number=F("version__of__incident__updates"), version__number=F("version__of__version"))
    still = Q(delivery__state__in=OPEN) | ~Q(fault="")
    rows = list(
        UpdateDelivery.objects.filter(newest | still, version__of__incident=incident)
        .select_related("version__of", "version__approval", "target", "delivery__after")
        .order_by("version__of__number", "target_id", "pk")
    )
    last = max([incident.updates, *(row.version.of.number for row in rows)])
    now = [row for row in rows if row.version.of.number == last and row.version.number == row.version.of.version]
    there = {row.pk for row in now}
    earlier = [line for row in rows if row.pk not in there and (line := _line(row)).tone in {FAILED, MOVING}]
    version = now[0].version if now else None
    return Receipts(
        incident=incident, number=last, version=version.number if version else 1,
        at=version.at if version else None, lines=tuple(_lines(now)), earlier=tuple(earlier[:LONGEST_LIST]),
        away=_away(rows, at), channel=_channel(incident, rows, around),
    )


def _lines(rows: Iterable[UpdateDelivery]) -> list[Line]:
    """A line for each target; of a list one for all its addresses, and one for each that failed."""
    found = []
    for _, group in groupby(rows, key=lambda row: row.target_id):
        members = list(group)
        if len(members) == 1:
            found.append(_line(members[0], whole=True))
            continue
        lines = [_line(row) for row in members]
        kept = [line for line in lines if line.tone == KEPT]
        lines = [line for line in lines if line.tone != KEPT]
        if kept:
            found.append(replace(kept[0], label=f"{members[0].target.label} ({len(kept)})"))
        sent = [line for line in lines if line.tone == SENT]
        told = next((line for tone in (BACK, WAITS, MOVING) for line in lines if line.tone == tone), None) or (
            sent[-1] if sent else None
        )
        if told is not None:
            words = told.words if told.tone != SENT else ""
            count = f"{len(sent)} of {len(lines)} sent" if sent and len(sent) < len(lines) else ""
            found.append(Line(f"{members[0].target.label} ({len(lines)})", told.tone,
                              ". ".join(filter(None, [count, words])), told.reading, told.at, told.again_at,
                              number=told.number))
        found += [line for line in lines if line.tone == FAILED]
    return found


def _line(row: UpdateDelivery, *, whole: bool = False) -> Line:
    target, delivery = row.target, row.delivery
    label = target.label if whole or not row.address else f"{row.address} ({target.label})"
    if target.kind == TargetKind.MAIL:
        label = f"Mail, {label}"
    reading, number = Reading(target.reading).label, row.version.of.number
    if row.told in NOT_SENT:
        words = "Drill: not sent." if row.told == NOT_IN_A_DRILL else "Unchanged, not sent again."
        return Line(label, KEPT, words, reading, number=number)
    approval = getattr(row.version, "approval", None)
    if row.waits and approval is not None and approval.state == ApprovalState.SENT_BACK:
        return Line(label, BACK, f"Sent back: {approval.reason}", reading, number=number)
    if row.waits:
        return Line(label, WAITS, "A second person reads it first", reading, number=number)
    if row.fault:
        return Line(label, FAILED, row.fault, reading, row=row.pk, number=number)
    if delivery is None:
        tone, words = (SENT, "") if row.done_at else (MOVING, "On its way")
        return Line(label, tone, words, reading, row.done_at, number=number)
    return _of_delivery(row, delivery, label, reading)


def _of_delivery(row: UpdateDelivery, delivery: Delivery, label: str, reading: str) -> Line:
    state, number = State(delivery.state), row.version.of.number
    if state == State.SENT:
        return Line(label, SENT, "", reading, delivery.sent_at, url=delivery.remote_url, number=number)
    if state in STUCK:
        words = f"{delivery.fault} Nothing is sent twice."
        return Line(label, FAILED, words, reading, row=row.pk, number=number)
    if state == State.DROPPED:
        return Line(label, FAILED, "It was taken back, and has not been sent.", reading, number=number)
    door = DOORS.get(delivery.door, delivery.door)
    if delivery.after is not None and delivery.after.state in OPEN:
        return Line(label, MOVING, "It waits for its channel to be there", reading, number=number)
    if delivery.fault:
        return Line(label, MOVING, f"It waits for {door}: {delivery.fault}", reading, again_at=delivery.due_at,
                    row=row.pk if state == State.WAITING else None, number=number)
    return Line(label, MOVING, f"On its way to {door}", reading, number=number)


def _away(rows: list[UpdateDelivery], at: datetime) -> tuple[Away, ...]:
    """The systems that keep updates waiting: one that said so, and has not been quick about it."""
    found: dict[str, list[Delivery]] = {}
    for row in rows:
        if row.delivery is not None and row.delivery.state in ON_ITS_WAY:
            found.setdefault(row.delivery.door, []).append(row.delivery)
    return tuple(
        Away(DOORS.get(door, door), min(one.created_at for one in held), len(held),
             next(one.fault for one in held if one.fault))
        for door, held in found.items()
        if any(one.fault for one in held) and at - min(one.created_at for one in held) >= AWAY
    )


def _lost(fault: str) -> bool:
    return "archived" in fault or "knows no channel" in fault


def _channel(incident: Incident, rows: list[UpdateDelivery], around: Around | None) -> ChannelLine | None:
    """What the incident's own channel needs; None where it is well, or there is none to be."""
    if not incident.channel:
        return None
    name = f"~{incident.channel}"
    last = (around or around_of(incident)).channel
    if last is not None and last.state in STUCK:
        return ChannelLine(name, FAILED, last.fault, "archived" in last.fault)
    if last is not None and last.state in ON_ITS_WAY and not incident.channel_id:
        words = f"It waits for Mattermost: {last.fault}" if last.fault else "It is being made"
        return ChannelLine(name, MOVING, words, archived=False)
    for row in rows:
        own = row.target.kind == TargetKind.CHANNEL and row.target.address == incident.channel
        if own and row.delivery and row.delivery.state == State.FAILED and _lost(row.delivery.fault):
            return ChannelLine(name, FAILED, row.delivery.fault, archived="archived" in row.delivery.fault)
    return None
