"""An incident of nine hours: every reminder at its minute, none twice, though whoever rings them is killed with -9
again and again, and a clock jumps ahead for a moment. Time is passed in."""

import multiprocessing
import os
import random
import signal
import time
import uuid
from collections.abc import Callable
from ctypes import c_long
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from incidents.actions.roles import hand_over
from incidents.actions.snoozing import snooze
from incidents.actions.updates import Given, publish
from incidents.choices import PromiseState, Ring, Role, What
from incidents.models import Incident, IncidentEvent, Promise
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.promises import ring_promises
from set_rotation.choices import Seat
from set_rotation.models import Duty

MINUTE = timedelta(minutes=1)
NIGHT = factories.NIGHT  # 3:04 am
SEED = 1104


@dataclass(frozen=True)
class Sent:
    """An update that went out at a minute, and for when it promised the next; None: no next one."""

    at: int
    next: int | None
    reason: str = ""
    status: str = "identified"


# The first is promised for minute 15. In time, four minutes late after a snooze, twelve late, sixty-five late, then a
# bridge that closes overnight; the commander hands over after two hours and forty minutes.
UPDATES = (
    Sent(13, 45), Sent(44, 75), Sent(79, 105), Sent(104, 135), Sent(147, 177), Sent(175, 205), Sent(200, 235),
    Sent(300, 480, reason="bridge closed overnight"), Sent(479, 510), Sent(505, 540),
    Sent(538, None, status="monitoring"),
)
SNOOZED, HANDED_OVER, JUMP, AHEAD, END = 66, 160, 350, 200, 640
COMMANDER, NEXT, DEPUTY, LEAD, EXECUTIVE = "commander", "next", "deputy", "lead", "executive"
TEN, FIVE, DUE, LATE, HOUR = Ring
EXPECTED = [
    (5, TEN, {COMMANDER}), (10, FIVE, {COMMANDER}), (35, TEN, {COMMANDER}), (40, FIVE, {COMMANDER}),
    (65, TEN, {COMMANDER}), (75, DUE, {DEPUTY, COMMANDER}), (95, TEN, {COMMANDER}), (100, FIVE, {COMMANDER}),
    (125, TEN, {COMMANDER}), (130, FIVE, {COMMANDER}), (135, DUE, {COMMANDER, DEPUTY}), (145, LATE, {LEAD}),
    (167, TEN, {NEXT}), (172, FIVE, {NEXT}), (195, TEN, {NEXT}), (225, TEN, {NEXT}), (230, FIVE, {NEXT}),
    (235, DUE, {NEXT, DEPUTY}), (245, LATE, {LEAD}), (295, HOUR, {EXECUTIVE}),
    # The clock showed minute 550, an hour after what was promised for 480: all are told what would have passed …
    (JUMP + AHEAD, HOUR, {NEXT, DEPUTY, LEAD, EXECUTIVE}),
    # … and once it was set back, what it leapt over comes at its minute.
    (470, TEN, {NEXT}), (475, FIVE, {NEXT}), (500, TEN, {NEXT}), (530, TEN, {NEXT}), (535, FIVE, {NEXT}),
]


def declared() -> tuple[Incident, dict[str, Person]]:
    who = {name: people.person(PersonRole.ENGINEER, name=name) for name in (COMMANDER, NEXT, DEPUTY, LEAD, EXECUTIVE)}
    day = timedelta(days=1)
    Duty.objects.create(seat=Seat.LEAD, person=who[LEAD], starts_at=NIGHT - day, ends_at=NIGHT + day, changed_at=NIGHT)
    roles = {Role.COMMANDER: who[COMMANDER], Role.DEPUTY: who[DEPUTY], Role.EXECUTIVE: who[EXECUTIVE]}
    return factories.incident(commander=who[COMMANDER], roles=roles), who


def deeds(row: Incident, who: dict[str, Person]) -> dict[int, Callable[[], object]]:
    """What people do, by its minute."""

    def sends(number: int, one: Sent) -> Callable[[], object]:
        given = Given(Entry(summary="A fix is in review."), status=one.status, key=uuid.uuid4().hex, seen=number,
                      next_at=NIGHT + one.next * MINUTE if one.next else None, stop=one.next is None,
                      reason=one.reason, customer=False)
        return lambda: publish(incident=row, given=given, by=who[COMMANDER], at=NIGHT + one.at * MINUTE)

    found: dict[int, Callable[[], object]] = {one.at: sends(number, one) for number, one in enumerate(UPDATES)}
    found[SNOOZED] = lambda: snooze(incident=row, minutes=30, reason="on the bridge with their DBA",
                                    by=who[COMMANDER], at=NIGHT + SNOOZED * MINUTE)
    found[HANDED_OVER] = lambda: hand_over(incident=row, role=Role.COMMANDER, to=who[NEXT], by=who[COMMANDER],
                                           brief="The fix is in review; the next update is promised for 6:01 am.",
                                           at=NIGHT + HANDED_OVER * MINUTE)
    found[JUMP] = lambda: ring_promises(NIGHT + (JUMP + AHEAD) * MINUTE)
    return dict(sorted(found.items()))


def looked(first: int, end: int, *, every: int, kills: int, dice: random.Random) -> int:
    """Look every so many seconds from one minute to before another in another process, which is killed with -9 so many
    times at some moment; each time another one begins with the look in which the one before died. Returns how many
    were killed."""
    done, killed = multiprocessing.Value(c_long, first * 60), 0
    while done.value < end * 60:
        connections.close_all()  # nobody shares a connection with a process that is killed
        child = os.fork()
        if child == 0:
            _look_on(done, end * 60, every)
        if killed < kills:
            time.sleep(dice.uniform(0.002, 0.05))
            os.kill(child, signal.SIGKILL)
        _, ended = os.waitpid(child, 0)
        killed += ended == signal.SIGKILL
    return killed


def _look_on(done: Any, end: int, every: int) -> None:
    try:
        for second in range(done.value, end, every):
            ring_promises(NIGHT + timedelta(seconds=second))
            done.value = second + every
    finally:
        os._exit(0)


def rung(row: Incident) -> list[tuple[int, str, set[str]]]:
    """At which minute, which, and who was told: by the timeline and by what is on its way."""
    found = []
    for event in IncidentEvent.objects.filter(incident=row, what=What.REMINDED).order_by("pk"):
        minutes, late = divmod((event.at - NIGHT).total_seconds(), 60)
        assert late == 0
        key = str(event.source).replace("ring:", "ring-").replace(":", "-")
        letters = Delivery.objects.filter(key__startswith=f"{key}-").values_list("title", flat=True)
        told = [title.removeprefix("Tell ").partition(":")[0] for title in letters]
        assert len(told) == len(set(told))
        found.append((int(minutes), event.from_value, set(told)))
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("every", "kills"), [(60, 1), pytest.param(5, 12, marks=pytest.mark.long)])
def test_in_nine_hours_every_reminder_rings_at_its_minute_and_none_twice_whoever_is_killed(
    every: int, kills: int
) -> None:
    """`every`: so many seconds lie between two looks; `kills`: in each stretch between two things that people do."""
    row, who = declared()
    begun, killed, dice = 0, 0, random.Random(SEED)
    for minute, deed in [*deeds(row, who).items(), (END, lambda: None)]:
        killed += looked(begun, minute, every=every, kills=kills, dice=dice)
        begun = minute
        deed()
    assert rung(row) == EXPECTED
    letters = Delivery.objects.filter(key__startswith="ring-").count()
    assert letters == sum(len(told) for _, _, told in EXPECTED)
    assert killed > kills * len(UPDATES) // 2, "hardly anybody was killed"
    states = Promise.objects.filter(incident=row).order_by("pk").values_list("state", flat=True)
    kept, late = PromiseState.KEPT, PromiseState.LATE
    assert list(states) == [kept, kept, late, kept, late, kept, kept, late, kept, kept, kept]
