"""The promise of the next update, as an incident's page shows it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from incidents.choices import LIVE, READ, PromiseState, Ring, Severity
from incidents.models import Cadence, Incident, Promise, UpdateVersion
from incidents.queries.around import Around
from incidents.queries.heard import heard
from incidents.queries.settings import bounds, cadence, statuses
from incidents.rules.promises import NEAR, OFFSETS, digits, length_words, moment_in, ring_times, rings_left


@dataclass(frozen=True)
class Due:
    """When the next update is due; drawn once for everybody who looks. `due_at` None: none is promised. `live`: whether
    anybody works on the incident at all. `words`: the moment in the incident's zone, "12:45 pm ET"."""

    incident: int
    live: bool
    stops: bool  # the status needs no next update
    due_at: datetime | None = None
    words: str = ""
    seconds: float = 0  # until it is due, below 0 after
    near_at: datetime | None = None
    snoozed_until: datetime | None = None  # its reminders are held back
    snooze_reason: str = ""
    asked: int = 0  # how often somebody asked for it
    head: str = ""  # what the tab says after the countdown

    @property
    def overdue(self) -> bool:
        """Whether its time has passed."""
        return self.due_at is not None and self.seconds <= 0

    @property
    def tone(self) -> str:
        """Red: overdue; amber: within ten minutes; grey: nothing is promised that should be; blue else."""
        if self.due_at is None:
            return "grey" if self.stops else "amber"
        if self.overdue:
            return "red"
        return "amber" if self.seconds <= NEAR.total_seconds() else "blue"

    @property
    def digits(self) -> str:
        """What the countdown shows: "41:12"."""
        return digits(self.seconds)

    @property
    def word(self) -> str:
        """What stands behind the digits."""
        return "overdue" if self.overdue else "left"


def due_of(incident: Incident, *, at: datetime, around: Around | None = None) -> Due:
    """The open promise of an incident, for its head and its foot. One query, none with what stands around it."""
    found = around.promise if around else Promise.objects.filter(incident=incident, state=PromiseState.OPEN).first()
    live, stops = incident.state in LIVE, incident.status.stops
    head = f"{Severity(incident.severity).label} · {incident.title}"
    if found is None:
        return Due(incident.pk, live, stops, head=head)
    snoozed = found.snoozed_until if found.snoozed_until and found.snoozed_until > at else None
    return Due(
        incident.pk, live, stops, found.due_at, moment_in(found.due_at, incident.zone, at),
        (found.due_at - at).total_seconds(), found.due_at - NEAR,
        snoozed, found.snooze_reason if snoozed else "", found.asked,
        head,
    )


SAYS = Cast(KT("values__facts__next_at"), DateTimeField())  # of a version: for when it promises the next


def got() -> QuerySet[UpdateVersion]:
    """Versions whose customer's text has left."""
    return UpdateVersion.objects.filter(approval__state__in=READ)


def told() -> Q:
    """Promises that customers know of: a text that they have got names that time, or a later one that was brought
    forward; it is owed for another incident that was merged, whose customers were told; or no update made it, and it
    stood on their pages alone."""
    read = got().filter(of=OuterRef("update"))
    elsewhere = Q(update__isnull=False) & ~Q(update__incident=F("incident"))
    named = read.annotate(says=SAYS).filter(says__gte=OuterRef("due_at"))
    return Q(update=None) | Q(Exists(named)) | elsewhere & Q(Exists(read))


def awaited(theirs: Q | None = None) -> Q:
    """Promises that a customer waits for: they know of it, and it is open, or what was sent for it has not come to
    them. `theirs`: of those, which were sent since the incident concerns them."""
    waits = Q(state=PromiseState.OPEN) | Q(state=PromiseState.SENT) & (theirs or Q())
    return waits & Q(incident__state__in=LIVE) & told()


def awaited_at(incident: Incident, theirs: Q | None = None) -> datetime | None:
    """When a customer of an incident expects the next update: the oldest that they still wait for (`awaited`). One
    query."""
    rows = Promise.objects.filter(awaited(theirs), incident=incident).order_by("pk")
    return rows.values_list("due_at", flat=True).first()


def somebody_due(at: datetime) -> bool:
    """Whether a promise rings. One look into an index."""
    return Promise.objects.filter(state=PromiseState.OPEN, ring_at__lte=at).exists()


@dataclass(frozen=True)
class RingLine:
    """A reminder of the open promise: when it rings, or rang, and who hears it. `passed`: left out, for its time lay
    before the promise, or a later one rang for it."""

    ring: Ring
    at: datetime
    rang_at: datetime | None
    passed: bool
    whom: str


@dataclass(frozen=True)
class Kept:
    """A promise that is over: for when it was, how it ended, and what was said of it."""

    row: Promise
    words: str
    ended: str
    tone: str
    icon: str
    said: str


@dataclass(frozen=True)
class PromisePage:
    """The page of an incident's promises: what is due and who hears of it, and all that was promised."""

    due: Due
    promise: Promise | None
    rings: tuple[RingLine, ...]
    before: tuple[Kept, ...]
    cadence: Cadence
    snooze_most: int  # minutes, 0: there is nothing to snooze
    stopping: tuple[str, ...]  # the statuses under which updates may stop


def promise_page(incident: Incident, *, at: datetime) -> PromisePage:
    """What an incident has promised, newest first. Eleven queries at most."""
    rows = list(incident.promises.select_related("by", "update", "kept_by").order_by("-at", "-pk")[:100])
    promise = next((row for row in rows if row.state == PromiseState.OPEN), None)
    most = 0 if promise is None or at >= promise.due_at else min(
        bounds().snooze, max(int((promise.due_at - at).total_seconds() // 60), 1))
    return PromisePage(
        due_of(incident, at=at), promise, _rings(promise, at),
        tuple(_kept(row, incident.zone, at) for row in rows if row is not promise),
        cadence(incident.severity), most, tuple(row.name for row in statuses() if row.stops),
    )


def _rings(promise: Promise | None, at: datetime) -> tuple[RingLine, ...]:
    if promise is None:
        return ()
    told = heard(at, [promise.incident_id])
    times = ring_times(due_at=promise.due_at, made_at=promise.at, snoozed_until=promise.snoozed_until)
    left = rings_left(times, promise.rings, at)
    rang = {Ring(ring): datetime.fromisoformat(when) for ring, when in promise.rings.items()}
    return tuple(
        RingLine(ring, left.get(ring, promise.due_at + offset), rang.get(ring), ring not in rang and ring not in left,
                 ", ".join(one.name for one in told.of(promise.incident_id, [ring])))
        for ring, offset in OFFSETS.items()
    )


TONES = {PromiseState.KEPT: ("green", "done"), PromiseState.LATE: ("red", "clock"),
         PromiseState.SENT: ("amber", "clock")}


def _kept(row: Promise, zone: str, at: datetime) -> Kept:
    tone, icon = TONES.get(PromiseState(row.state), ("", "close"))
    by = f", update {row.kept_by.number}" if row.kept_by else ""
    late = f"{length_words((row.ended_at - row.due_at).total_seconds())} late" if row.ended_at else "late"
    if row.state == PromiseState.LATE:
        ended = late if row.kept_by else f"broken: no update came, {late} it was given up"
    else:
        ended = PromiseState(row.state).label.lower()
    said = [row.reason, f"snoozed: {row.snooze_reason}" if row.snooze_reason else "",
            f"asked for {row.asked} time{'' if row.asked == 1 else 's'}" if row.asked else ""]
    return Kept(row, moment_in(row.due_at, zone, at), f"{ended}{by}", tone, icon, "; ".join(filter(None, said)))
