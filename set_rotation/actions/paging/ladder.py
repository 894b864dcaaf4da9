"""The ladder at work: whoever is due is told, once, and the next step has its time.

A timer is only the bell. What is due stands on the page (`due_at`), is claimed under its row's lock, and moves on in
the same transaction as the attempts and their deliveries: a step is done once, whoever dies over it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q

from people.choices import Right, Role
from people.models import ActingRole, Person
from people.rules import RIGHTS
from portal.common.timers import set_timers
from set_rotation.actions.paging.base import CONTACT, STEP, page_event, pages_changed, policy_of, timer_key
from set_rotation.actions.paging.letters import LATER, SKIPPED, Reach, base_key, put_off, write_letters
from set_rotation.choices import PageState, PageWhat, Seat, Urgency
from set_rotation.models import Page, PageAttempt, PageEvent
from set_rotation.models.paging import PageQuerySet
from set_rotation.queries import holders
from set_rotation.queries.contacts import contacts_of
from set_rotation.rules.contacts import ContactStep
from set_rotation.rules.paging import Climbed, Rung, Taken, climb

log = structlog.get_logger(__name__)
TOGETHER = 250  # pages that one worker takes at once


def take_steps(*, page_id: int, at: datetime) -> int:
    """Do the step of this page if it is due, and of others that are due with it. Returns how many pages moved on.

    Where the others fail, this one is done alone, so that none keeps another waiting.
    """
    try:
        return _take(page_id, at, TOGETHER)
    except Exception:
        log.exception("steps not done together", page=page_id)
        return _take(page_id, at, 1)


@transaction.atomic
def _take(page_id: int, at: datetime, limit: int) -> int:
    pages = list(_due(at).filter(pk=page_id).select_for_update(of=("self",)))
    if limit > len(pages):
        # Others that somebody is at are passed over: only one's own page is waited for.
        others = _due(at).exclude(pk=page_id).order_by("due_at", "pk")
        pages += others.select_for_update(of=("self",), skip_locked=True)[: limit - len(pages)]
    if pages:
        do_steps(pages, at=at)
    return len(pages)


def _due(at: datetime) -> PageQuerySet:
    return Page.objects.filter(state=PageState.OPEN, due_at__lte=at).select_related("only_to", "by")


def do_steps(pages: Sequence[Page], *, at: datetime) -> None:
    """Do what is due of these pages, which the caller's transaction has locked."""
    seats = {seat: held.person for seat, held in holders(at).items() if held.person.is_active}
    reached = _reached(pages)
    climbed = {page.pk: _climb(page, seats, reached[page.pk], at) for page in pages}
    people = {person.pk: person for person in seats.values()}
    people |= {page.only_to.pk: page.only_to for page in pages if page.only_to}
    _tell(pages, climbed, people, at)
    _move(pages, climbed, at)
    alarmed = [page for page in pages if not page.test and (climbed[page.pk].nobody or climbed[page.pk].due_at is None)]
    if alarmed:
        tell_coordinators(alarmed, {page.pk: Rung(page.round, page.step) for page in alarmed}, at=at)
    pages_changed(page.pk for page in pages)


def _climb(page: Page, seats: Mapping[Seat, Person], reached: Mapping[int, Seat | None], at: datetime) -> Climbed:
    held = {seat: person.pk for seat, person in seats.items()}
    only = page.only_to_id if page.only_to and page.only_to.is_active else None
    return climb(policy_of(page), Rung(page.round, page.step), holders=held, only_to=only, reached=reached, at=at)


def _reached(pages: Sequence[Page]) -> Mapping[int, dict[int, Seat | None]]:
    """Whom the present round of each page has paged, by which seat. One query."""
    now = {page.pk: page for page in pages}
    found: defaultdict[int, dict[int, Seat | None]] = defaultdict(dict)
    rows = PageAttempt.objects.filter(page__in=now, person__isnull=False).values_list(
        "page_id", "round", "person_id", "seat", "key"
    )
    for page_id, number, person, seat, key in rows:
        page = now[page_id]
        if number == page.round and key.startswith(timer_key(page, "")) and not key.endswith(SKIPPED) and seat:
            found[page_id][person or 0] = Seat(seat)
    return found


def _tell(pages: Sequence[Page], climbed: Mapping[int, Climbed], people: Mapping[int, Person], at: datetime) -> None:
    """Write the attempts of the steps that were taken, and set the timers of the people's later rules."""
    # A test page comes by every way that somebody has: it is to prove them all.
    kinds = {(Urgency(page.urgency), page.test) for page in pages}
    contacts = {kind: contacts_of(people.keys(), kind[0], every=kind[1]) for kind in kinds}
    reaches: list[Reach] = []
    rows: list[PageAttempt] = []
    later: dict[str, datetime] = {}
    for page in pages:
        due_at = page.due_at or at
        for taken in climbed[page.pk].taken:
            if taken.words or taken.person is None:
                rows.append(put_off(page, taken.rung, taken.seat, taken.person, taken.words, SKIPPED, at=at,
                                    due_at=due_at))
                continue
            steps = contacts[Urgency(page.urgency), page.test][taken.person]
            reaches += _now(page, taken, people[taken.person], steps, due_at)
            later |= _later(page, taken, steps, at)
            if steps[0].minutes > 0:
                words = f"Told first after {steps[0].minutes} min, by their own rules."
                rows.append(put_off(page, taken.rung, taken.seat, taken.person, words, LATER, at=at, due_at=due_at))
    PageAttempt.objects.bulk_create(rows)
    write_letters(reaches, at=at)
    set_timers(kind=CONTACT, due=later)


def _now(page: Page, taken: Taken, person: Person, steps: Collection[ContactStep], due_at: datetime) -> list[Reach]:
    return [Reach(page, taken.rung, person, step, due_at, taken.seat) for step in steps if step.minutes == 0]


def _later(page: Page, taken: Taken, steps: Collection[ContactStep], at: datetime) -> dict[str, datetime]:
    minutes = {step.minutes for step in steps if step.minutes > 0}
    policy, rung = policy_of(page), taken.rung
    return {timer_key(page, rung.round, rung.step, taken.person, count): at + policy.minutes(count)
            for count in minutes}


def _move(pages: Sequence[Page], climbed: Mapping[int, Climbed], at: datetime) -> None:
    """Put each page on its next rung; one whose ladder is exhausted was answered by nobody."""
    due: dict[str, datetime] = {}
    events: list[PageEvent] = []
    for page in pages:
        done = climbed[page.pk]
        page.round, page.step, page.due_at = done.rung.round, done.rung.step, done.due_at
        if done.due_at is None:
            page.state = PageState.UNANSWERED
            events.append(page_event(page, PageWhat.UNANSWERED, at=at, from_value=PageState.OPEN))
        else:
            due[timer_key(page)] = done.due_at
    Page.objects.bulk_update(pages, ["round", "step", "due_at", "state"])
    PageEvent.objects.bulk_create(events)
    set_timers(kind=STEP, due=due)


def tell_coordinators(pages: Sequence[Page], rungs: Mapping[int, Rung], *, at: datetime) -> None:
    """Tell everybody who plans rotations that nobody answers, at once and by each of their ways."""
    people = planners(at)
    contacts = contacts_of([person.pk for person in people], Urgency.URGENT)
    first = {one: [step for step in steps if step.minutes == steps[0].minutes] for one, steps in contacts.items()}
    write_letters([
        Reach(page, rungs[page.pk], person, step, at, role=_alarm(page))
        for page in pages for person in people for step in first[person.pk]
    ], at=at)


def _alarm(page: Page) -> str:
    if page.state == PageState.UNANSWERED:
        return "Nobody answered, and the ladder is at its end: you plan the rotations."
    return "Nobody is on duty who could be paged: you plan the rotations."


def planners(at: datetime) -> list[Person]:
    """Everybody here who may plan rotations, for good or as the lead of now. One query."""
    roles = [role.value for role in Role if Right.PLAN_ROTATIONS in RIGHTS[role]]
    acting = ActingRole.objects.filter(role__in=roles, starts_at__lte=at, ends_at__gt=at).values("person")
    found = Person.objects.joined().filter(Q(groups__name__in=roles) | Q(pk__in=acting))
    return list(found.distinct().order_by("pk"))


@transaction.atomic
def contact_later(*, page_id: int, token: str, rung: Rung, person_id: int, minutes: int, at: datetime) -> bool:
    """Use a person's later rules of this many minutes, unless the page was answered meanwhile: it goes on even when the
    ladder has moved on to others. Returns whether anything was sent."""
    waits = [PageState.OPEN, PageState.UNANSWERED]
    found = Page.objects.filter(pk=page_id, token=token, state__in=waits).select_related("only_to", "by")
    page = found.select_for_update(of=("self",)).first()
    person = Person.objects.active().filter(pk=person_id).first()
    if page is None or person is None:
        return False
    first = PageAttempt.objects.filter(key__startswith=base_key(page, rung, person_id)).order_by("at", "pk").first()
    began, seat = (first.at, Seat(first.seat) if first.seat else None) if first else (at, None)
    due_at = began + policy_of(page).minutes(minutes) if first else at
    steps = contacts_of([person_id], Urgency(page.urgency))[person_id]
    sent = write_letters([Reach(page, rung, person, step, due_at, seat) for step in steps if step.minutes == minutes],
                         at=at)
    pages_changed([page.pk])
    return bool(sent)
