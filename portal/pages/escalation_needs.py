"""What the home page says of escalations: promises that are near or missed, what is nobody's, replies owed, and
answers that wait for whoever raised one."""

from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from escalations.choices import ClockKind, ClockStage, ClockState, FileState, Level, OwedState, Status
from escalations.models import Clock, Escalation, EscalationFile, OwedReply
from escalations.models.escalation import EscalationQuerySet
from escalations.queries.addresses import path_of
from escalations.queries.seen import visible
from escalations.rules.clocks.words import length_words
from people.choices import Right
from people.models import Person
from portal.common.templatetags.parts import duration_text
from portal.pages.needs import NAMED, Need
from set_rotation.queries.on_now import on_now

SOON = timedelta(hours=1)  # a promise that is due within it is told though its clock is not near yet


def escalation_needs(person: Person, rights: Collection[Right], at: datetime) -> tuple[Need, ...]:
    """The rows for one reader. Seven queries at most."""
    found: list[Need] = []
    seen = visible(person, rights, at)
    if Right.WORK_ESCALATIONS in rights:
        duty = any(seat.person == person.pk for seat in on_now(at).seats)
        near = list(_near(person, seen, at, duty=duty))
        found += [_promise(clock, at) for clock in near]
        if duty:
            found += _nobodys(seen, [clock.escalation_id for clock in near], at)
        found += [*_new(seen), *_owed(person, seen, everybody=duty or Right.LEAD_ESCALATIONS in rights)]
    if Right.LEAD_ESCALATIONS in rights:
        found += _missed(person, seen, at)
    if Right.RAISE_ESCALATIONS in rights:
        found += [*_asked(person, seen), *_held(person, seen)]
    return tuple(sorted(found, key=lambda need: need.tone != "red"))


def _near(person: Person, seen: EscalationQuerySet, at: datetime, *, duty: bool) -> "QuerySet[Clock]":
    """The promises that the reader keeps, which are near or missed: of their own, and on duty of what is nobody's."""
    theirs = Q(owner=person) | Q(owner__isnull=True) if duty else Q(owner=person)
    running = Clock.objects.filter(escalation__in=seen.open().filter(theirs), state=ClockState.RUNNING)
    near = running.filter(Q(stage__gte=ClockStage.NEAR) | Q(due_at__lte=at + SOON))
    return near.select_related("escalation__customer").order_by("due_at", "pk")[:NAMED]


def _promise(clock: Clock, at: datetime) -> Need:
    row = clock.escalation
    due = clock.due_at or at
    late, length = due <= at, duration_text(abs((due - at).total_seconds()))
    when = f"missed by {length}" if late else f"in {length}"
    return Need("red" if late else "amber", "clock", f"{ClockKind(clock.kind).label} {when}", path_of(row.pk),
                when=length, at=due if late else None, label="Reply", primary=late,
                detail=f"L{row.level} · {row.customer.name} · {row.title}")


def _nobodys(seen: EscalationQuerySet, told: list[int], at: datetime) -> list[Need]:
    """What is open, not new, and nobody's, for who is on duty: those with the soonest promise first. What waits for the
    reporter is not in their hands, and what was `told` by its promise is not said again."""
    clock = Clock.objects.filter(escalation=OuterRef("pk"), state=ClockState.RUNNING).order_by("due_at", "pk")
    open_ones = seen.open().filter(owner__isnull=True).exclude(status__in=[Status.NEW, Status.REPORTER])
    rows = list(open_ones.exclude(pk__in=told).annotate(clock=Subquery(clock.values("kind")[:1])).order_by(
        "next_due_at", "level", "pk").values_list("pk", "level", "customer__name", "title", "clock", "next_due_at")[
        : NAMED + 1])
    if not rows:
        return []
    pk, level, customer, title, kind, due = rows[0]
    if len(rows) == 1:
        words = f"{_left(kind, due, at)} · L{level} · {customer} · {title}"
        title = f"E-{pk} has no owner"
        return [Need("blue", "escalation", title, path_of(pk), when="today", detail=words, label="Look")]
    query = urlencode({"tab": "team", "owner": "nobody"})
    names = ", ".join(f"E-{pk} ({_left(kind, due, at).lower()})" for pk, _, _, _, kind, due in rows[:NAMED])
    return [Need("blue", "escalation", f"{_many(len(rows))} open escalations have no owner",
                 f"{reverse('escalations:list')}?{query}", when="today", detail=names, label="Look")]


def _left(kind: str | None, due: datetime | None, at: datetime) -> str:
    if kind is None or due is None:
        return "No clock runs"
    length = length_words(abs((due - at).total_seconds()))
    return f"{ClockKind(kind).label} {'missed by' if due <= at else 'in'} {length}"


def _new(seen: EscalationQuerySet) -> list[Need]:
    rows = list(seen.filter(status=Status.NEW, owner__isnull=True).order_by("level", "at").values_list(
        "pk", "level", "customer__name")[: NAMED + 1])
    if not rows:
        return []
    urgent = rows[0][1] == Level.L1
    query = urlencode({"tab": "team", "status": Status.NEW, "owner": "nobody"})
    one = len(rows) == 1
    title = "A new escalation has no owner" if one else f"{_many(len(rows))} new escalations have no owner"
    names = ", ".join(f"L{level} {customer}" for _, level, customer in rows[:NAMED])
    url = path_of(rows[0][0]) if one else f"{reverse('escalations:list')}?{query}"
    return [Need("red" if urgent else "blue", "escalation", title, url, when="now" if urgent else "today", detail=names,
                 label="Look", primary=urgent)]


def _many(count: int) -> str:
    return f"More than {NAMED}" if count > NAMED else str(count)


def _owed(person: Person, seen: EscalationQuerySet, *, everybody: bool) -> list[Need]:
    # Of a merged one they are told with the other: the queue leaves them out too.
    waiting = OwedReply.objects.filter(state=OwedState.WAITING, escalation__in=seen.filter(merged_into=None))
    if not everybody:
        waiting = waiting.filter(escalation__owner=person)
    counts = waiting.aggregate(replies=Count("pk"), escalations=Count("escalation", distinct=True))
    if not counts["replies"]:
        return []
    one = counts["replies"] == 1
    title = "A customer is to be told of a fix" if one else f"{counts['replies']} customers are to be told of fixes"
    return [Need("blue", "send", title, reverse("escalations:owed"), when="today", label="Tell them",
                 detail="The replies are prefilled; each is read over and sent.")]


def _missed(person: Person, seen: EscalationQuerySet, at: datetime) -> list[Need]:
    """What others have missed: the lead's own stand by themselves."""
    late = seen.open().filter(next_due_at__lt=at).exclude(owner=person).count()
    if not late:
        return []
    title = "An escalation has a missed promise" if late == 1 else f"{late} escalations have missed promises"
    return [Need("red", "clock", title, f"{reverse('escalations:list')}?tab=clock&missed=1", when="now", label="Look",
                 detail="Give them to somebody who can answer now.")]


def _asked(person: Person, seen: EscalationQuerySet) -> list[Need]:
    rows: QuerySet[Escalation] = seen.filter(status=Status.REPORTER, reporter=person).select_related("customer")
    return [Need("amber", "chat", f"{row} waits for your answer", path_of(row.pk), at=row.status_since, label="Answer",
                 detail=f"{row.customer.name} · {row.title}") for row in rows.order_by("level", "status_since")[:NAMED]]


def _held(person: Person, seen: EscalationQuerySet) -> list[Need]:
    """Files that the reader sent and nobody reads: what was found in them is masked first."""
    rows = EscalationFile.objects.filter(by=person, state=FileState.HELD, escalation__in=seen.open())
    return [Need("amber", "shield", f"{row.name} is held: {'mask it' if row.found else 'look at it'}",
                 f"{path_of(row.escalation_id or 0)}#file-{row.pk}", at=row.checked_at,
                 label="Mask it" if row.found else "Look", detail=f"{row.escalation}: nobody reads it before that.")
            for row in rows.select_related("escalation").order_by("at", "pk")[:NAMED]]
