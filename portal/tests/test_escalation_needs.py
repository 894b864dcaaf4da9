"""What the home page and the hand-over say of escalations."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import customer
from escalations.actions.people import set_owner
from escalations.actions.states import move
from escalations.choices import ClockState, FileState, Level, Status
from escalations.models import Clock, ClockMatrix, Escalation, EscalationFile
from escalations.tests import factories as make
from people import rules
from people.choices import Role
from people.models import Person
from people.tests.factories import NOON, person
from portal.flows.hand_over.draft import escalations_of
from portal.pages.escalation_needs import escalation_needs
from portal.pages.needs import Need, most_urgent_first
from set_rotation.tests import factories as crews

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def needs(reader: Person, *roles: Role) -> list[tuple[str, str, str]]:
    """What the reader's home page says: tone, title, detail."""
    cache.clear()
    found = escalation_needs(reader, rules.rights_of(roles), NOON)
    return [(need.tone, need.title, need.detail) for need in found]


def clock(row: Escalation, due: timedelta, kind: str = "first_reply") -> None:
    Clock.objects.filter(escalation=row).delete()
    matrix = ClockMatrix.objects.first() or ClockMatrix.objects.create(number=1, promises=[], at=NOON)
    Clock.objects.create(escalation=row, kind=kind, matrix=matrix, level=row.level, amount=1, unit="hours", hours={},
                         state=ClockState.RUNNING, started_at=NOON - timedelta(hours=3), runs_since=NOON,
                         due_at=NOON + due)
    Escalation.objects.filter(pk=row.pk).update(next_due_at=NOON + due)


def owned(who: Person, name: str, due: timedelta) -> Escalation:
    row = make.escalation("LDAP", customer=customer(name))
    set_owner(escalation=row, owner=who, by=who, at=NOON)
    clock(row, due)
    return row


def test_my_promises_that_are_near_or_missed_stand_first() -> None:
    me = person(Role.ENGINEER)
    owned(me, "Initech", 18 * MINUTE)
    owned(me, "Globex", -3 * MINUTE)
    owned(me, "Hooli", timedelta(hours=5))
    owned(person(Role.ENGINEER), "Umbrella", -MINUTE)
    assert needs(me, Role.ENGINEER) == [
        ("red", "First reply missed by 3 min", "L2 · Globex · LDAP"),
        ("amber", "First reply in 18 min", "L2 · Initech · LDAP"),
    ]


def test_what_is_new_and_nobodys_is_told_to_those_who_work() -> None:
    row = make.escalation(customer=customer("Initech"), level=Level.L1)
    Clock.objects.all().delete()
    assert needs(person(Role.ENGINEER), Role.ENGINEER) == [("red", "A new escalation has no owner", "L1 Initech")]
    assert needs(person(Role.SUPPORT), Role.SUPPORT) == []
    Escalation.objects.filter(pk=row.pk).update(confidential=True)
    assert needs(person(Role.ENGINEER), Role.ENGINEER) == []
    assert len(needs(person(Role.LEAD), Role.LEAD)) == 1


def test_what_is_open_and_nobodys_is_told_to_who_is_on_duty_with_its_clock() -> None:
    crew = crews.crew()
    crews.rotation(crew)
    row = make.escalation("LDAP", customer=customer("Initech"))
    move(escalation=row, to=Status.OURS, by=None, at=NOON)
    clock(row, timedelta(minutes=87), "next_reply")
    said = ("blue", f"E-{row.pk} has no owner", "Next reply in 1 h 27 · L2 · Initech · LDAP")
    assert needs(crew[0], Role.ENGINEER) == [said]
    assert needs(person(Role.ENGINEER), Role.ENGINEER) == []  # not on duty
    clock(row, 10 * MINUTE, "next_reply")
    assert needs(crew[0], Role.ENGINEER) == [("amber", "Next reply in 10 min", "L2 · Initech · LDAP")]  # said once
    Clock.objects.all().delete()
    Escalation.objects.update(next_due_at=None)
    assert [detail[:13] for _, _, detail in needs(crew[0], Role.ENGINEER)] == ["No clock runs"]
    move(escalation=make.escalation("Mail", customer=customer("Hooli")), to=Status.OURS, by=None, at=NOON)
    assert needs(crew[0], Role.ENGINEER)[0][1] == "2 open escalations have no owner"


def test_rows_of_all_rooms_stand_by_tone_and_then_by_time() -> None:
    def need(tone: str, title: str, **more: Any) -> Need:
        return Need(tone, "clock", title, "/", **more)

    rows = [
        need("blue", "new", when="today"), need("red", "15 h", at=NOON - timedelta(hours=15)), need("amber", "owed"),
        need("red", "3 d", at=NOON - timedelta(days=3)), need("amber", "long", at=NOON - timedelta(days=9)),
        need("red", "now"), need("amber", "18 min", when="18 min"), need("grey", "last"),
    ]
    found = most_urgent_first([need("red", "page", at=NOON), need("amber", "paged", at=NOON)], rows)
    assert [one.title for one in found] == [
        "page", "now", "3 d", "15 h", "paged", "owed", "18 min", "long", "new", "last",
    ]


def test_the_lead_hears_of_what_others_miss() -> None:
    owned(person(Role.ENGINEER), "Initech", -MINUTE)
    assert needs(person(Role.LEAD), Role.LEAD) == [
        ("red", "An escalation has a missed promise", "Give them to somebody who can answer now.")]


def test_a_reporter_hears_of_what_waits_for_their_answer() -> None:
    me = person(Role.SUPPORT)
    row = make.escalation("LDAP", reporter=me, customer=customer("Initech"))
    make.escalation(reporter=me)
    move(escalation=row, to=Status.REPORTER, by=None, at=NOON)
    assert needs(me, Role.SUPPORT) == [("amber", f"E-{row.pk} waits for your answer", "Initech · LDAP")]


def test_replies_owed_are_told_to_the_owner_and_to_the_lead() -> None:
    me = person(Role.ENGINEER)
    row = owned(me, "Initech", timedelta(hours=5))
    row.owed.create(affected=row.affected.get(), why="10.5", text="Out", at=NOON)
    said = [("blue", "A customer is to be told of a fix", "The replies are prefilled; each is read over and sent.")]
    assert needs(me, Role.ENGINEER) == needs(person(Role.LEAD), Role.LEAD) == said
    assert needs(person(Role.ENGINEER), Role.ENGINEER) == []
    Escalation.objects.filter(pk=row.pk).update(status=Status.CLOSED, merged_into=owned(me, "Hooli", 5 * MINUTE))
    assert "A customer is to be told of a fix" not in [title for _, title, _ in needs(me, Role.ENGINEER)]


def test_the_rows_cost_the_same_whatever_there_is() -> None:
    lead = person(Role.LEAD)
    theirs = person(Role.ENGINEER)
    for number in range(6):
        owned(theirs, f"C{number}", -MINUTE)
    with CaptureQueriesContext(connection) as asked:
        needs(lead, Role.LEAD)
    assert len(asked) <= 7


def test_a_hand_over_names_what_is_open_and_of_confidential_ones_only_how_many() -> None:
    shown = make.escalation("Shown", customer=customer("Initech"))
    make.escalation("Hidden", confidential=True)
    move(escalation=make.escalation("Solved"), to=Status.SOLVED, by=None, at=NOON)
    lines = escalations_of(NOON - timedelta(days=14), NOON + MINUTE)
    assert [line.text for line in lines] == [f"E-{shown.pk} Shown", "A confidential one"]
    assert lines[0].note == "L2 · Initech · new · nobody has it"


def test_who_sent_a_file_that_is_held_is_asked_to_mask_it_and_nobody_else() -> None:
    sam, row = person(Role.SUPPORT), make.escalation("LDAP")
    Escalation.objects.filter(pk=row.pk).update(reporter=sam)
    file = EscalationFile.objects.create(escalation=row, name="mattermost.log", size=9, stored="a", by=sam, found=1,
                                         by_name=sam.name, state=FileState.HELD, at=NOON, checked_at=NOON)
    said = ("amber", "mattermost.log is held: mask it", f"E-{row.pk}: nobody reads it before that.")
    assert said in needs(sam, Role.SUPPORT)
    assert said not in needs(person(Role.SUPPORT), Role.SUPPORT)
    EscalationFile.objects.filter(pk=file.pk).update(state=FileState.RELEASED)
    assert said not in needs(sam, Role.SUPPORT)
