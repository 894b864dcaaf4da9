"""The composer of an incident's next update, and of a correction: what was typed, how it will read, what it changes."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import F
from django.urls import reverse

from escalations.rules.markdown import html
from incidents.choices import LIVE, Reading, Role, State
from incidents.models import (
    Cadence,
    Incident,
    IncidentRole,
    IncidentStep,
    Update,
    UpdateDraft,
    UpdateVersion,
)
from incidents.queries.choosing import helpers
from incidents.queries.composer import Beside, Composer, Next, Shown
from incidents.queries.offered import Offered, offered_for
from incidents.queries.targets import Place, targets_of
from incidents.queries.updates import customers_texts, facts_again, facts_of, thread_of
from incidents.rules.promises import promise_fault
from incidents.rules.updates.bodies import tidy
from incidents.rules.updates.difference import difference
from incidents.rules.updates.form import Entry, Facts, leaving, render, too_long
from incidents.rules.updates.names import names_in
from incidents.rules.updates.promised import Unreadable, shown, usual
from incidents.rules.updates.times import stamp_ahead, zone_word
from incidents.rules.updates.typed import Typed, carried
from people.models import Person

BESIDE = timedelta(minutes=10)  # who typed since then writes too
# Whom a writer asks first, of those who have a part.
READERS = (Role.DEPUTY, Role.COMMANDER, Role.COMMUNICATIONS, Role.CUSTOMER_CONTACT, Role.SCRIBE, Role.EXECUTIVE)


def composer_of(
    incident: Incident, *, person: Person, at: datetime, given: Typed | None = None, reply: str = "",
    whole: bool = False, offered: Offered | None = None, replies: Mapping[str, IncidentStep] | None = None,
) -> Composer:
    """The composer of the next update. Without `given` it holds the draft that this person has begun, else the last
    update as a start; `reply`: the step of the playbook that it answers. Two queries, another each where `offered` or
    the steps that are `replies` are not known yet; with `whole` thirteen more at most, and seven for each further
    customer."""
    last, drafts = _last(incident), _drafts(incident)
    mine = next((row for row in drafts if row.person_id == person.pk), None)
    typed = given or _begun(mine, last)
    typed = typed if not reply else replace(typed, reply=tidy(reply))
    # Nobody promises the next of what is over; of what is watched without a promise only who says so.
    rests = incident.state == State.WATCHED and incident.next_update_at is None and given is None and mine is None
    typed = replace(typed, stop=True) if rests or incident.state not in LIVE else typed
    number = last.of.number if last else 0
    known = typed.seen if given is not None else mine.seen if mine else number
    step = _step(incident, typed.reply) if replies is None else replies.get(typed.reply)
    newer = mine if mine and given and not mine.goes_on(key=given.key, stamp=given.stamp) else None
    made = _composer(incident, typed, at, last=last, step=step, offered=offered, drawn=Composer(
        incident=incident, number=number + 1, typed=typed, status=incident.status, statuses=(), zone="",
        next=Next("", ""), key=typed.key or uuid.uuid4().hex, seen=number if known is None else known, latest=number,
        thread="", last=last,
        missed=last if last and known is not None and (known < number or typed.missed == number) else None,
        saved_at=mine.updated_at if mine else None, stamp=typed.stamp if newer else mine.stamp if mine else "",
        elsewhere=_draft(incident, newer, at) if newer else None,
        beside=tuple(_draft(incident, one, at) for one in drafts if one.person_id != person.pk),
    ))
    return _whole(made, person, at) if whole else made


def correction_of(
    update: Update, *, person: Person, at: datetime, given: Typed | None = None
) -> Composer:
    """The composer that corrects an update; `update` comes with its incident. Twelve queries at most."""
    incident = update.incident
    version = UpdateVersion.objects.select_related("of__by", "by").get(of=update, number=update.version)
    newest = update.number == incident.updates and incident.state in LIVE
    typed = given or Typed.of({**version.values, "next": "", "targets": None, "reason": ""})
    drawn = Composer(
        incident=incident, number=update.number, typed=typed, status=update.status, statuses=(), zone="",
        next=Next("", ""), key=typed.key or uuid.uuid4().hex, thread="", last=version,
        seen=update.version if typed.seen is None else typed.seen, latest=update.version,
        missed=version if typed.seen is not None and (
            typed.seen < update.version or typed.missed == update.version) else None,
        corrects=update, newest=newest, step=_step(incident, typed.reply),
    )
    return _whole(_composer(incident, typed, at, last=version, step=drawn.step, drawn=drawn), person, at)


def _composer(
    incident: Incident, typed: Typed, at: datetime, *, last: UpdateVersion | None, step: IncidentStep | None,
    drawn: Composer, offered: Offered | None = None,
) -> Composer:
    offered = offered or offered_for(incident.severity)
    known = offered.statuses
    chosen = next((one for one in known if one.slug == typed.status), drawn.status)
    return replace(
        drawn, status=chosen, statuses=known if chosen in known else (chosen, *known), step=step,
        zone=zone_word(at, incident.zone), thread=thread_of(incident),
        next=_next(incident, typed, at, drawn.corrects, offered.cadence),
    )


def _whole(drawn: Composer, person: Person, at: datetime) -> Composer:
    """With how it will read and where it goes."""
    incident, typed = drawn.incident, drawn.typed
    next_at = None if typed.stop else drawn.next.at
    if drawn.corrects and drawn.last:
        facts = facts_again(drawn.last, status=drawn.status, next_at=next_at)
    else:
        facts = facts_of(incident, status=drawn.status.name, at=at, next_at=next_at)
    facts = replace(facts, unsaid=next_at is None and not typed.stop and drawn.newest)
    entry = typed.entry if typed.entry.thread else replace(typed.entry, thread=drawn.thread)
    places = _places(drawn)
    before = Entry.of(drawn.last.values) if drawn.last else Entry()
    people, held = _readers(incident, person, at)
    asked = next((one for one in people if str(one.pk) == typed.approver), None)
    return replace(
        drawn, whole=True, places=places, readings=_readings(drawn, entry, facts, places),
        people=tuple(people),
        changed=difference(before, replace(typed.entry, thread=typed.entry.thread or before.thread)),
        asked=asked or (held[0] if held and typed.approver != "anybody" else None),
    )


def _readings(composer: Composer, entry: Entry, facts: Facts, places: Iterable[Place]) -> tuple[Shown, ...]:
    incident, drawn = composer.incident, []
    before = composer.last if composer.corrects else None
    for reading in Reading:
        texts = [("", render(entry, facts, reading))] if reading != Reading.CUSTOMER else customers_texts(
            incident, entry, facts)
        (first, text), *rest = ((name, leaving(said, drill=incident.drill)) for name, said in texts)
        theirs = reading == Reading.CUSTOMER and not entry.with_names
        drawn.append(Shown(
            reading, html(text), max(map(too_long, (text, *(said for _, said in rest)))),
            tuple(one.name for one in places if one.reading == reading and one.chosen),
            names_in(text, facts.people) if theirs else (), first if rest else "",
            tuple((name, html(said)) for name, said in rest),
            before is not None and before.reading(reading) == render(entry, facts, reading),
        ))
    return tuple(drawn)


def _places(drawn: Composer) -> tuple[Place, ...]:
    """Where it goes; a correction goes to whatever its update went to."""
    if drawn.corrects is None:
        stood = drawn.typed.stood
        places = targets_of(drawn.incident, drawn.typed.targets)
        return tuple(replace(one, stood=stood.get(one.id, one.chosen)) for one in places)
    went = set(drawn.corrects.versions.values_list("deliveries__target", flat=True))
    return tuple(replace(one, chosen=True) for one in targets_of(drawn.incident) if one.id in went)


def _readers(incident: Incident, person: Person, at: datetime) -> tuple[list[Person], list[Person]]:
    """Whom this person can ask to read the customer's text, and those of them who have a part, the likeliest first."""
    people = [one for one in helpers(incident, at) if one.pk != person.pk]
    parts = {row.person_id: list(READERS).index(Role(row.role)) for row in
             IncidentRole.objects.filter(incident=incident, ends_at=None)}
    return people, sorted((one for one in people if one.pk in parts), key=lambda one: parts[one.pk])


def _next(incident: Incident, typed: Typed, at: datetime, corrects: Update | None, bounds: Cadence) -> Next:
    zone = incident.zone
    if corrects is not None:
        due = corrects.next_at
        words = shown(due, at=at, zone=zone) if due else ""
    else:
        kept = None if typed.next else typed.next_at(at=at, zone=zone, within=bounds.then)
        due = kept or usual(at, bounds.then)
        words = shown(due, at=at, zone=zone)
    if typed.next:
        try:
            due = typed.next_at(at=at, zone=zone, within=bounds.then)
        except Unreadable as refused:
            return Next(typed.next, words, fault=str(refused), longest=bounds.longest)
    if due is None:
        return Next("", words, longest=bounds.longest)
    unchanged = corrects is not None and due == corrects.next_at
    late = not unchanged and due - at > timedelta(minutes=bounds.longest)
    fault = "" if unchanged else promise_fault(due_at=due, at=at, longest=bounds.longest, reason="said below")
    return Next(typed.next or words, words, said=stamp_ahead(due, zone, now=at), fault=fault, late=late,
                longest=bounds.longest, at=due)


def _last(incident: Incident) -> UpdateVersion | None:
    """The newest version of the last update. One query."""
    return UpdateVersion.objects.filter(of__incident=incident, number=F("of__version")).select_related(
        "of__by", "by").order_by("-of__number").first()


def _drafts(incident: Incident) -> Sequence[UpdateDraft]:
    return list(UpdateDraft.objects.filter(incident=incident).select_related("person").order_by("-updated_at"))


def _begun(mine: UpdateDraft | None, last: UpdateVersion | None) -> Typed:
    if mine is not None:
        return Typed.of(mine.values)
    return carried(last.values) if last else Typed()


def _draft(incident: Incident, row: UpdateDraft, at: datetime) -> Beside:
    return Beside(row.person.name, row.updated_at, reverse("incidents:draft", args=[incident.pk, row.person_id]),
                  now=at - row.updated_at < BESIDE)


def _step(incident: Incident, key: str) -> IncidentStep | None:
    if not key:
        return None
    return IncidentStep.objects.select_related("stage").filter(incident=incident, key=key, kind="reply").first()
