"""What stands beside the form while somebody fills it, and their drafts. Constant numbers of queries."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from customers.models import Customer
from customers.queries.find import by_name, search
from customers.queries.page import Facts, facts_of
from customers.rules.hours import Office as Open
from customers.rules.hours import office
from escalations.choices import OPEN, ClockKind, FileState, Level
from escalations.models import ClockMatrix, Escalation, EscalationFile, IntakeDraft
from escalations.queries.clock_facts import office_of
from escalations.queries.seen import visible
from escalations.queries.similar import Found, similar
from escalations.rules.clocks.matrix import promised, promises_from_json
from escalations.rules.clocks.promises import Office, moment_after, total
from escalations.rules.drafts import name_of
from escalations.rules.intake import GROUPS, MEANINGS, Meaning, Missing, level_of, missing
from escalations.rules.typed import version_fault
from people.choices import Right
from people.models import Person
from set_rotation.choices import Seat
from set_rotation.queries.on_now import Seated, on_now

SHOWN = 3  # open escalations of the customer that are named
LISTED = 20  # drafts


@dataclass(frozen=True)
class DraftRow:
    """A form that somebody has begun."""

    key: uuid.UUID
    name: str
    updated_at: datetime


@dataclass(frozen=True)
class Promised:
    """A time that is promised: "2 h", and for the first reply until when, if it is raised now."""

    label: str
    words: str
    until: datetime | None = None


@dataclass(frozen=True)
class OpenHere:
    number: int
    title: str
    level: int


@dataclass(frozen=True)
class Context:
    """The customer beside the form. `open`: the first of their open escalations that the reader sees; `count`: of all
    of those."""

    facts: Facts
    office: Open
    open: tuple[OpenHere, ...]
    count: int


@dataclass(frozen=True)
class Step:
    """A group of the form: its number and how far it is: "done", "faulty" or ""."""

    name: str
    number: int
    state: str


@dataclass(frozen=True)
class Side:
    """Everything beside the form. `unknown`: a customer's name that nobody has heard of; `unsure`: one that is part of
    others' names. `version`: what is wrong with the server's version, where it is asked for."""

    missing: Missing
    steps: tuple[Step, ...]
    level: Level | None
    meaning: Meaning | None
    promises: tuple[Promised, ...]
    context: Context | None
    unknown: str
    unsure: str
    version: str
    found: Found
    lead: Seated | None


@dataclass(frozen=True)
class Reader:
    """For whom it is drawn."""

    person: Person
    rights: Collection[Right]
    at: datetime


def side(values: Mapping[str, object], reader: Reader, faulty: Collection[str] = ()) -> Side:
    """What stands beside these values: what is missing, what sounds alike, what the level means and promises, and who
    the customer is. `faulty`: fields that were refused."""
    asked, level = missing(values), level_of(values.get("level"))
    named = str(values.get("customer") or "")[:120]
    customer = by_name(named)
    place = office_of(customer, reader.at) if customer else None
    part = bool(named.strip() and customer is None and search(named, limit=1))
    return Side(
        missing=asked, steps=steps(asked, values, faulty, unsure=("customer",) if part else ()), level=level,
        meaning=MEANINGS[level] if level else None,
        promises=promises(customer.plan if customer else "", level, place, reader.at) if level else (),
        context=_context(customer, place, reader) if customer and place else None,
        unknown="" if customer or part else named.strip(), unsure=named.strip() if part else "",
        version=_version_said(asked, values), found=_found(values, reader), lead=lead_now(reader.at),
    )


def _version_said(asked: Missing, values: Mapping[str, object]) -> str:
    wanted = any(need.field == "server_version" for need in (*asked.required, *asked.wanted))
    return version_fault(str(values.get("server_version") or "")) if wanted else ""


def steps(
    asked: Missing, values: Mapping[str, object], faulty: Collection[str] = (), unsure: Collection[str] = ()
) -> tuple[Step, ...]:
    """How far each group is: done where all that must be there is, and something was said. `unsure`: fields that may
    not be what was meant."""
    return tuple(
        Step(name, number, "" if set(fields) & {*unsure} - {*faulty} else _state(fields, asked, values, faulty))
        for number, (name, fields) in enumerate(GROUPS.items(), start=1)
    )


def _state(fields: Collection[str], asked: Missing, values: Mapping[str, object], faulty: Collection[str]) -> str:
    if set(fields) & set(faulty):
        return "faulty"
    open_here = any(need.field in fields for need in asked.required)
    said = any(values.get(field) for field in fields if field not in {"source", "kind", "level"})
    return "done" if said and not open_here else ""


def _found(values: Mapping[str, object], reader: Reader) -> Found:
    words = " ".join(str(values.get(name) or "")[:300] for name in ("title", "happened"))
    return similar(words, person=reader.person, rights=reader.rights, at=reader.at) if len(words) > 3 else Found()


def promises(plan: str, level: Level, place: Office | None, at: datetime) -> tuple[Promised, ...]:
    """What is promised to a customer of this plan at this level, in words. One query."""
    matrix = ClockMatrix.objects.first()
    if matrix is None:
        return ()
    table = promises_from_json(matrix.promises)
    found = []
    for kind, label in ((ClockKind.FIRST_REPLY, "First reply"), (ClockKind.NEXT_REPLY, "Next replies"),
                        (ClockKind.UPDATE, "Updates")):
        promise = promised(table, kind, plan, level)
        if promise is None:
            continue
        words = f"{promise.amount} {promise.unit.label if promise.amount > 1 else promise.unit.label.removesuffix('s')}"
        first = kind == ClockKind.FIRST_REPLY
        until = moment_after(at, total(promise, place), promise.unit, place) if place and first else None
        found.append(Promised(label, f"in {words}" if first else f"every {words}", until))
    return tuple(found)


def _context(customer: Customer, place: Office, reader: Reader) -> Context:
    rows = visible(reader.person, reader.rights, reader.at).filter(customer=customer, status__in=OPEN)
    first = list(rows.order_by("level", "-at").values_list("pk", "title", "level")[:SHOWN])
    return Context(
        facts=facts_of(customer, Right.SEE_MONEY in reader.rights),
        office=office(place.hours, place.holidays, reader.at), open=tuple(OpenHere(*each) for each in first),
        count=rows.count() if len(first) == SHOWN else len(first),
    )


def lead_now(at: datetime) -> Seated | None:
    """Whom to ask who is not sure: who leads now (handbook: "when they are unsure who else to escalate to")."""
    return next((seat for seat in on_now(at).seats if seat.seat == Seat.LEAD), None)


def drafts_of(person: Person) -> tuple[DraftRow, ...]:
    """What this person has begun and not raised, the latest first. One query."""
    raised = Escalation.objects.filter(submission=OuterRef("key"))
    rows = _drafts(person).filter(~Exists(raised)).values_list("key", "values", "updated_at")[:LISTED]
    return tuple(DraftRow(key, name_of(values), updated_at) for key, values, updated_at in rows)


def draft_of(key: uuid.UUID, person: Person) -> IntakeDraft | None:
    """This person's draft, also one that was discarded. One query."""
    return IntakeDraft.objects.filter(key=key, person=person).first()


def _drafts(person: Person) -> QuerySet[IntakeDraft]:
    return IntakeDraft.objects.filter(person=person, discarded_at=None).order_by("-updated_at")


def files_of(key: uuid.UUID) -> int:
    """How many files lie beside a form. One query."""
    gone = (FileState.REFUSED, FileState.REMOVED)
    return EscalationFile.objects.filter(draft__key=key).exclude(state__in=gone).count()


def raised_as(key: uuid.UUID) -> Escalation | None:
    """The escalation that this form has become, if it has. One query."""
    return Escalation.objects.filter(submission=key).first()
