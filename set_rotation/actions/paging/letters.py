"""The attempts of a page: who is told what by which way, each with a delivery of its own in the outbox."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from integrations.outbox import actions as outbox
from integrations.outbox.actions import Letter
from people.models import Person
from set_rotation.actions.paging.base import PURPOSE, policy_of, timer_key
from set_rotation.choices import ContactKind, PageSource, Seat, Urgency
from set_rotation.models import Page, PageAttempt
from set_rotation.queries.page_links import link_token
from set_rotation.rules.contacts import ContactStep
from set_rotation.rules.page_words import Call, Said, say
from set_rotation.rules.paging import Rung
from set_rotation.rules.words import moment_words

SKIPPED, LATER = "skipped", "later"  # how the key of an attempt without a delivery ends


@dataclass(frozen=True)
class Reach:
    """Somebody is to be told by this step of theirs. `seat` None: the person themself, or `role` says why."""

    page: Page
    rung: Rung
    person: Person
    step: ContactStep
    due_at: datetime
    seat: Seat | None = None
    role: str = ""

    @property
    def key(self) -> str:
        """What makes it one attempt, however often it is begun."""
        what = self.step.method or self.step.kind.value
        told = f"told-{self.person.pk}" if self.role else self.person.pk
        return timer_key(self.page, self.rung.round, self.rung.step, told, self.step.minutes, what)


def base_key(page: Page, rung: Rung, person: int) -> str:
    """How the keys of all attempts of this step at this person begin."""
    return timer_key(page, rung.round, rung.step, person, "")


def put_off(page: Page, rung: Rung, seat: Seat | None, person: int | None, words: str, end: str, *, at: datetime,
            due_at: datetime) -> PageAttempt:
    """An attempt that sends nothing now, with the words why."""
    return PageAttempt(
        page=page, round=rung.round, step=rung.step, seat=seat.value if seat else "", person_id=person, at=at,
        due_at=due_at, words=words, key=timer_key(page, rung.round, rung.step, person or "nobody", end),
    )


def write_letters(reaches: Sequence[Reach], *, at: datetime) -> list[PageAttempt]:
    """Put the messages into the outbox and write their attempts, in the caller's transaction. A handful of queries,
    however many there are. What was written before is left alone."""
    there = set(PageAttempt.objects.filter(key__in=[reach.key for reach in reaches]).values_list("key", flat=True))
    new = list({reach.key: reach for reach in reaches if reach.key not in there}.values())
    letters = [_letter(reach, at) for reach in new]
    sent = outbox.enqueue_many(letters, at=at) if letters else {}
    return PageAttempt.objects.bulk_create(
        PageAttempt(
            page=reach.page, round=reach.rung.round, step=reach.rung.step, seat=reach.seat.value if reach.seat else "",
            person=reach.person, kind=reach.step.kind, method_id=reach.step.method, key=reach.key, at=at,
            due_at=reach.due_at, delivery=sent[letter.key], words=reach.role,
        )
        for reach, letter in zip(new, letters, strict=True)
    )


def _letter(reach: Reach, at: datetime) -> Letter:
    page, person, step = reach.page, reach.person, reach.step
    said = say(_call(reach, at))
    key = f"page-{page.pk}-{hashlib.sha256(reach.key.encode()).hexdigest()[:32]}"
    # A scope of its own: one that is stuck keeps no other waiting.
    topic, payload = _payload(step, person, said)
    return Letter(key=key, topic=topic, scope=key, title=f"Page {person.name}: {page.reason}", payload=payload,
                  path=reverse("set_rotation:page", args=[page.pk]), purpose=PURPOSE)


def _payload(step: ContactStep, person: Person, said: Said) -> tuple[str, dict[str, object]]:
    if step.kind == ContactKind.MATTERMOST:
        told = {"username": person.mattermost_name, "email": person.email, "message": said.chat}
        return "mattermost.direct", {**told}
    if step.kind == ContactKind.APPRISE and step.method is not None:
        return "notify.send", {"method": step.method, "title": said.subject, "body": said.short}
    return "mail.send", {"to": person.email, "subject": said.subject, "text": said.mail}


def _call(reach: Reach, at: datetime) -> Call:
    page, person, base = reach.page, reach.person, settings.PORTAL_BASE_URL
    policy = policy_of(page)
    seat = f"You are {reach.seat.label.lower()} now" if reach.seat else ""
    alone = "This tests how you are reached: acknowledge it" if page.test else "This page goes to you alone"
    turn = f"Round {reach.rung.round} of {policy.rounds}" if reach.rung.round > 1 else ""
    source = base + page.path if page.path.startswith("/") else page.path
    return Call(
        reason=page.reason, details=page.details, urgent=page.urgency == Urgency.URGENT, test=page.test,
        role=reach.role.rstrip(".") or seat or alone, turn="" if reach.role else turn,
        since=moment_words(page.at, person.zone), who=who_pages(page),
        link=base + reverse("set_rotation:page_link", args=[link_token(page_id=page.pk, person_id=person.pk, at=at)]),
        portal=base + reverse("set_rotation:page", args=[page.pk]), source=source,
    )


def who_pages(page: Page) -> str:
    """Who raised it, in words."""
    if page.by is not None:
        return page.by.name
    return page.from_whom or f"the portal ({PageSource(page.source).label.lower()})"
