"""All that stands on an escalation's own page, for one reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from escalations.choices import OPEN, Level, Status
from escalations.models import Affected, Escalation, Follower
from escalations.queries.thread import Thread, thread_of, writing
from escalations.queries.ways import places_of
from escalations.rules import markdown
from escalations.rules.states import MOVES
from escalations.rules.tones import level_tone, status_tone
from escalations.rules.typed import began_words
from escalations.rules.ways import Place
from people.models import Person
from people.rules import initials


@dataclass(frozen=True)
class Named:
    """Somebody who has to do with it. `part`: owner, reporter, CSM…"""

    name: str
    initials: str
    part: str
    id: int | None = None


@dataclass(frozen=True)
class Fact:
    """Something that was asked, as it was said. `long`: text of its own lines."""

    label: str
    value: str
    long: bool = False


@dataclass(frozen=True)
class Page:
    """See templates/escalations/thread/escalation.html."""

    status: str
    status_tone: str
    level: str
    level_tone: str
    support: tuple[str, ...]
    thread: Thread
    asked: SafeString
    asked_by: str
    facts: tuple[Fact, ...]
    people: tuple[Named, ...]
    follows: bool
    affected: tuple[Affected, ...]
    places: tuple[Place, ...]
    moves: tuple[tuple[str, str], ...]
    workaround: SafeString | str
    release: str
    open: bool
    mine: bool
    may_write: bool
    merged: tuple[Escalation, ...]
    writing: tuple[str, ...]


def page_of(
    row: Escalation, person: Person, *, notes: bool, may_write: bool, everything: bool, at: datetime
) -> Page:
    """The page as this person reads it, in a constant number of queries. `notes`: internal parts too."""
    followers = list(Follower.objects.filter(escalation=row).select_related("person").order_by("person__name"))
    affected = tuple(row.affected.select_related("customer", "reporter")) if notes else ()
    return Page(
        status=Status(row.status).label, status_tone=status_tone(row.status), level=Level(row.level).label,
        level_tone=level_tone(row.level), support=tuple(_support(row)),
        thread=thread_of(row, person, notes=notes, everything=everything), asked=markdown.html(row.happened),
        asked_by=initials(row.reporter_name),
        facts=tuple(_facts(row)), people=tuple(_people(row, followers)),
        follows=any(one.person_id == person.pk for one in followers), affected=affected,
        places=places_of(row) if notes else (), moves=_moves(row) if notes else (),
        workaround=markdown.html(row.workaround) if row.workaround else "", release=release_of(row),
        open=row.status in OPEN, mine=row.reporter_id == person.pk, may_write=may_write and not row.merged_into_id,
        merged=tuple(row.merged.order_by("pk")) if notes else (), writing=writing(row, person, at, notes=notes),
    )


def release_of(row: Escalation) -> str:
    """The expected release and its day: "10.5, 16 December 2026"; "" where nobody knows."""
    day = f"{row.expected_on.day} {row.expected_on:%B %Y}" if row.expected_on else ""
    return ", ".join(filter(None, [row.expected_release, day]))


def _support(row: Escalation) -> Iterator[str]:
    if row.customer.plan:
        yield row.customer.get_plan_display()
    if row.customer.seats:
        yield f"{row.customer.seats:,} seats"
    if row.support_ticket:
        yield f"support ticket {row.support_ticket}"


def _moves(row: Escalation) -> tuple[tuple[str, str], ...]:
    found = MOVES[Status(row.status)] if not row.merged_into_id else frozenset()
    return tuple((status.value, status.label) for status in Status if status in found)


def _people(row: Escalation, followers: list[Follower]) -> Iterator[Named]:
    if row.owner:
        yield _named(row.owner, "owner")
    if row.reporter:
        yield _named(row.reporter, "reporter")
    else:
        yield Named(row.reporter_name, initials(row.reporter_name), "reporter")
    if row.customer.csm:
        yield _named(row.customer.csm, "CSM")
    if row.customer.tam:
        yield _named(row.customer.tam, "TAM")
    for one in followers:
        yield _named(one.person, "follows")


def _named(person: Person, part: str) -> Named:
    return Named(person.name, person.initials, part, person.pk)


def _facts(row: Escalation) -> Iterator[Fact]:
    yield Fact("Kind", row.get_kind_display())
    if row.category:
        yield Fact("Category", row.get_category_display())
    if row.area:
        yield Fact("Area", row.area.name)
    yield Fact("Source", row.get_source_display())
    where = " on ".join(filter(None, [row.get_deployment_display(), row.get_cloud_display() if row.cloud else ""]))
    database = " ".join(filter(None, [row.get_database_display(), row.database_version]))
    for label, value in (
        ("Version", row.server_version), ("Mobile", row.mobile_version), ("Deployment", where), ("Database", database),
        ("Hosting", row.hosting), ("People affected", row.affected_people),
        ("Began", began_words(localtime(row.began_at) if row.began_at else None, row.began_on)),
        ("Customers asking", str(row.asking) if row.asking else ""),
    ):
        if value:
            yield Fact(label, value)
    for label, value in (
        ("Expected", row.expected), ("Steps", row.steps), ("Tried", row.tried), ("Logs", row.logs),
    ):
        if value:
            yield Fact(label, value, long=True)
