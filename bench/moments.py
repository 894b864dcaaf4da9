"""Rows and work for `bench.promises` in a running portal, in a process with Django: see `bench.steps`.

Workers and beat run beside it, and ring by themselves; here promises are made and what became of them is read.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from django.conf import settings

from bench.promised import all_due
from customers.models import Customer
from incidents.actions.declaring import Declared, declare
from incidents.choices import PromiseState, Ring, Role, Severity, What
from incidents.models import IncidentEvent, Promise
from integrations.mattermost.client import MARKER
from integrations.outbox.choices import ON_ITS_WAY, State
from integrations.outbox.models import Delivery
from integrations.sandbox.people import load_people
from people.models import Person
from portal.common import clock
from portal.common.models import Timer
from portal.common.timers import set_timer
from set_rotation.models import NoticeChoice

SOON, PATIENCE = 5.0, 120.0  # seconds until the first is due, and after the last until all has arrived
BEFORE = (Ring.TEN_BEFORE, Ring.FIVE_BEFORE)


def await_tick() -> float:
    """Wait until the tick comes: it tries a timer that nobody knows, and says so. How many seconds that took."""
    set_timer(kind="bench", key="first", due_at=clock.now())
    took = _until(Timer.objects.filter(kind="bench").exclude(fault="").exists, PATIENCE)
    Timer.objects.filter(kind="bench").delete()
    return took


def fall_due(count: str, seconds: str) -> dict[str, Any]:
    """So many promises that are due one after the other over so many seconds, each told to two people in Mattermost.

    `rung`: seconds from the moment that was promised until the tick rang, by the line of the timeline; `there`: until
    the message stood in Mattermost, by that one's clock. `reminders`, `posts`: how many there are over here and there.
    """
    number = int(count)
    people, customer = _people(), Customer.objects.create(slug="bench", name="Bench Ltd", created_at=clock.now())
    declared = [_declared(place, people, customer) for place in range(number)]
    on_its_way = Delivery.objects.filter(state__in=ON_ITS_WAY)
    _until(lambda: not on_its_way.exists(), PATIENCE)  # their channels are made
    first, apart = clock.now() + timedelta(seconds=SOON), timedelta(seconds=float(seconds) / number)
    due = {pk: first + apart * place for place, pk in enumerate(declared)}
    rung = {ring: (first - timedelta(minutes=1)).isoformat() for ring in BEFORE}
    for pk, when in due.items():
        before = when - timedelta(minutes=11)
        Promise.objects.filter(incident=pk).update(due_at=when, at=before, ring_at=when, rings=rung)
    sent = Delivery.objects.filter(topic="mattermost.direct", key__startswith="ring-", state=State.SENT)
    _until(lambda: sent.count() >= 2 * number, SOON + float(seconds) + PATIENCE)
    events = list(IncidentEvent.objects.filter(what=What.REMINDED))
    of_promise = dict(Promise.objects.values_list("pk", "due_at"))
    Promise.objects.update(state=PromiseState.STOPPED, ended_at=clock.now(), ring_at=None)
    posts = _posted(sent.values_list("remote_id", flat=True))
    return {"rung": [(event.written_at - due[event.incident_id]).total_seconds() for event in events],
            "there": [(posted - of_promise[int(key.split("-")[1])]).total_seconds() for key, posted in posts],
            "reminders": len(events), "posts": len(posts)}


def ring_all_running(ring: str, messages: str) -> dict[str, Any]:
    """All open promises ring this one in the same second: seconds from then until the last message is in the outbox.
    What is on its way by then is dropped: thousands of mails say nothing of reminders."""
    letter, line = Delivery.objects.latest("pk").pk, IncidentEvent.objects.latest("pk").pk
    at = all_due(Ring(ring), at=clock.now() + timedelta(seconds=SOON))
    told = Delivery.objects.filter(key__startswith="ring-", pk__gt=letter)
    # A promise and its messages are written together; counting these each time would take a processor from who rings.
    waits = Promise.objects.filter(state=PromiseState.OPEN, ring_at__lte=at)
    _until(lambda: not waits.exists(), SOON + PATIENCE)
    took = (clock.now() - at).total_seconds()
    if told.count() < int(messages):
        raise SystemExit(f"{told.count()} messages instead of {messages}")
    Promise.objects.filter(state=PromiseState.OPEN).update(ring_at=clock.now() + timedelta(days=1))
    Delivery.objects.filter(state=State.WAITING).update(state=State.DROPPED)
    events = IncidentEvent.objects.filter(what=What.REMINDED, pk__gt=line)
    return {"took": took, "early": told.filter(created_at__lt=at).count(), "messages": told.count(),
            "events": events.count()}


def _declared(place: int, people: Sequence[Person], customer: Customer) -> int:
    """A Sev3 by the room's own verb: what else becomes of it is done too."""
    roles = {role: people[(place + each) % len(people)] for each, role in enumerate((Role.COMMANDER, Role.DEPUTY))}
    told = Declared(severity=Severity.SEV3, title=f"Outage {place}", submission=uuid.uuid4(), customers=(customer,),
                    roles=roles)
    return int(declare(told=told, by=people[place % len(people)], at=clock.now())[0].pk)


def _people() -> list[Person]:
    """Those whom the sandbox's Mattermost knows, told there alone."""
    made = Person.objects.bulk_create(
        Person(email=one.email, name=one.name, zone=one.zone, mattermost_name=one.username) for one in load_people()
    )
    NoticeChoice.objects.bulk_create(NoticeChoice(person=person, mail=False) for person in made)
    return made


def _posted(posts: Iterable[str]) -> list[tuple[str, datetime]]:
    """All reminders in the channels in which these posts stand: their keys, and when Mattermost has them from."""
    chat, found = settings.ENV.mattermost, list[tuple[str, datetime]]()
    signed = {"Authorization": f"Bearer {chat.bot_token}"}
    with httpx.Client(base_url=f"{chat.base_url}/api/v4", headers=signed, trust_env=False) as client:
        channels = {client.get(f"/posts/{post}").raise_for_status().json()["channel_id"] for post in posts}
        for channel in channels:
            told = client.get(f"/channels/{channel}/posts", params={"per_page": 200}).raise_for_status().json()
            for post in told["posts"].values():
                if (key := str(post["props"].get(MARKER, ""))).startswith("ring-"):
                    found.append((key, datetime.fromtimestamp(post["create_at"] / 1000, tz=UTC)))
    return found


def _until(true: Callable[[], bool], within: float) -> float:
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > within:
            raise SystemExit(f"what was waited for did not come within {within:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


STEPS: dict[str, Callable[..., Any]] = {step.__name__: step for step in (await_tick, fall_due, ring_all_running)}
