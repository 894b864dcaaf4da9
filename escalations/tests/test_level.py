"""Levels, merges, owners, followers, confidence, the fix: each change is an event, with a reason where one is owed."""

from datetime import date, timedelta

import pytest

from escalations.actions import level as levels
from escalations.actions import people as whose
from escalations.actions.base import Refused
from escalations.actions.states import move
from escalations.actions.thread import write
from escalations.choices import Author, Level, Outcome, Status, What
from escalations.models import Escalation, EscalationEvent, Follower
from escalations.queries.choosing import candidates
from escalations.tests import factories as make
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person

pytestmark = pytest.mark.django_db
LATER = make.NOON + timedelta(hours=1)


@pytest.fixture
def row() -> Escalation:
    return make.escalation()


@pytest.fixture
def tomasz() -> Person:
    return person(Role.ENGINEER, name="Tomasz Wilk")


def event(row: Escalation, what: What) -> EscalationEvent:
    return EscalationEvent.objects.get(escalation=row, what=what)


# ---- Level --------------------------------------------------------------------------------


def test_another_level_is_an_event_with_its_reason(row: Escalation, tomasz: Person) -> None:
    now = levels.change_level(escalation=row, level=Level.L1, reason=" all  down ", by=tomasz, at=LATER)
    assert now.level == Level.L1
    told = event(row, What.LEVEL)
    assert (told.by, told.from_value, told.to_value) == (tomasz, "L2 high", "L1 urgent: all down")


@pytest.mark.parametrize(("level", "reason", "words"), [
    (Level.L1, " ", "Say why"), (Level.L1, "\x00", "Say why"), (Level.L2, "why not", "It is L2 high already"),
])
def test_a_level_without_a_reason_or_the_same_is_refused(
    row: Escalation, tomasz: Person, level: Level, reason: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        levels.change_level(escalation=row, level=level, reason=reason, by=tomasz, at=LATER)
    assert not EscalationEvent.objects.filter(what=What.LEVEL).exists()


def test_what_is_settled_keeps_its_level(row: Escalation, tomasz: Person) -> None:
    move(escalation=row, to=Status.SOLVED, by=tomasz, at=LATER, outcome=Outcome.BUG)
    with pytest.raises(Refused, match="open it again"):
        levels.change_level(escalation=row, level=Level.L1, reason="x", by=tomasz, at=LATER)


# ---- The same as another ------------------------------------------------------------------


def test_a_merge_closes_it_and_brings_its_customers_and_people_to_the_other(row: Escalation, tomasz: Person) -> None:
    other = make.escalation("The same, elsewhere")
    levels.merge(escalation=row, into=other, reason="same filter", by=tomasz, at=LATER)
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.status, row.outcome, row.merged_into) == (Status.CLOSED, Outcome.DUPLICATE, other)
    assert other.customers == 2
    assert set(other.affected.values_list("customer", flat=True)) == {row.customer_id, other.customer_id}
    assert other.followers.filter(person=row.reporter).exists()
    # Which other customer asks the same is not for the other's reporter.
    assert EscalationEvent.objects.get(escalation=other, what=What.MERGED).internal


def test_a_merge_of_one_customer_adds_it_once(row: Escalation, tomasz: Person) -> None:
    other = make.escalation("Again", customer=row.customer, reporter=row.reporter)
    levels.merge(escalation=row, into=other, reason="same", by=tomasz, at=LATER)
    other.refresh_from_db()
    assert other.customers == other.affected.count() == 1


def test_nothing_is_merged_into_itself_in_a_circle_or_twice(row: Escalation, tomasz: Person) -> None:
    other = make.escalation("Other")
    with pytest.raises(Refused, match="into itself"):
        levels.merge(escalation=row, into=row, reason="x", by=tomasz, at=LATER)
    levels.merge(escalation=row, into=other, reason="x", by=tomasz, at=LATER)
    for one, into in ((other, row), (row, other)):
        with pytest.raises(Refused, match="was merged into"):
            levels.merge(escalation=one, into=into, reason="x", by=tomasz, at=LATER)


def test_what_is_open_is_not_merged_into_what_is_over(tomasz: Person) -> None:
    row, over = make.escalation(), make.escalation("Solved")
    move(escalation=over, to=Status.SOLVED, by=tomasz, at=LATER)
    with pytest.raises(Refused, match="told no more"):
        levels.merge(escalation=row, into=over, reason="the same", by=tomasz, at=LATER)
    row.refresh_from_db()
    assert row.merged_into is None


def test_what_is_confidential_is_not_merged_into_what_more_people_read(tomasz: Person) -> None:
    hidden, open_ = make.escalation("Hidden", confidential=True), make.escalation("Open")
    with pytest.raises(Refused, match="confidential"):
        levels.merge(escalation=hidden, into=open_, reason="x", by=tomasz, at=LATER)


def test_opened_again_it_stands_for_itself_with_a_reason(row: Escalation, tomasz: Person) -> None:
    other = make.escalation("Other")
    levels.merge(escalation=row, into=other, reason="x", by=tomasz, at=LATER)
    with pytest.raises(Refused, match="Say why"):
        levels.reopen(escalation=row, reason="", by=tomasz, at=LATER)
    now = levels.reopen(escalation=row, reason="not the same", by=tomasz, at=LATER)
    assert (now.status, now.merged_into) == (Status.OURS, None)
    assert other.affected.count() == 2
    with pytest.raises(Refused, match="It is open"):
        levels.reopen(escalation=row, reason="again", by=tomasz, at=LATER)


# ---- The fix, and what was asked ----------------------------------------------------------


def test_a_workaround_and_a_release_are_said_once(row: Escalation, tomasz: Person) -> None:
    for _ in range(2):
        levels.set_workaround(escalation=row, text="Restart it.", by=tomasz, at=LATER)
        levels.set_release(escalation=row, release=" 10.5 ", on=date(2026, 12, 16), by=tomasz, at=LATER)
    assert event(row, What.WORKAROUND).to_value == "Restart it."
    assert event(row, What.RELEASE).to_value == "10.5 on 16 December 2026"


def test_what_was_asked_is_corrected_field_by_field(row: Escalation, tomasz: Person) -> None:
    assert row.reporter is not None
    values = {"title": row.title, "server_version": "10.4.3", "steps": "x" * 300}
    changed = levels.change_asked(escalation=row, values=values, by=row.reporter, at=LATER)
    assert changed == ["server version", "steps"]
    told = EscalationEvent.objects.filter(escalation=row, what=What.CHANGED).values_list("from_value", "to_value")
    assert list(told) == [("server version 10.4.2", "server version 10.4.3"), ("", "steps")]


# ---- People -------------------------------------------------------------------------------


def test_an_owner_works_on_escalations_and_is_told(row: Escalation, tomasz: Person) -> None:
    lead = person(Role.LEAD)
    whose.set_owner(escalation=row, owner=tomasz, by=lead, at=LATER)
    whose.set_owner(escalation=row, owner=tomasz, by=lead, at=LATER)
    told = event(row, What.OWNER)
    assert (told.from_value, told.to_value) == ("nobody", "Tomasz Wilk")
    assert Delivery.objects.filter(payload__to=tomasz.email).count() == 1
    with pytest.raises(Refused, match="does not work on escalations"):
        whose.set_owner(escalation=row, owner=person(Role.SUPPORT), by=lead, at=LATER)


def test_followers_are_told_of_what_is_public_and_of_nothing_else(row: Escalation, tomasz: Person) -> None:
    lead = person(Role.LEAD)
    assert whose.follow(escalation=row, person=lead, by=lead, at=LATER)
    assert not whose.follow(escalation=row, person=lead, by=lead, at=LATER)
    note = write(escalation=row, author=Author.NOTE, by=tomasz, by_name="T", text="x", public=False, key="1", at=LATER)
    said = write(escalation=row, author=Author.US, by=tomasz, by_name="T", text="x", public=True, key="2", at=LATER)
    assert [whose.tell_said(message=one, at=LATER) for one in (note, said)] == [0, 1]
    assert whose.unfollow(escalation=row, person=lead, by=lead, at=LATER)
    assert not whose.unfollow(escalation=row, person=lead, by=lead, at=LATER)


def test_the_owner_is_told_of_an_answer_and_its_writer_is_not(row: Escalation, tomasz: Person) -> None:
    whose.set_owner(escalation=row, owner=tomasz, by=tomasz, at=LATER)
    assert row.reporter is not None
    whose.follow(escalation=row, person=row.reporter, by=row.reporter, at=LATER)
    said = write(escalation=row, author=Author.REPORTER, by=row.reporter, by_name="R", text="x", public=True, key="1",
                 at=LATER)
    assert whose.tell_said(message=said, at=LATER) == 1
    assert Delivery.objects.filter(payload__to=tomasz.email).count() == 1


def test_who_sees_no_escalations_follows_none(row: Escalation, tomasz: Person) -> None:
    with pytest.raises(Refused, match="cannot see escalations"):
        whose.follow(escalation=row, person=person(), by=tomasz, at=LATER)
    assert not Follower.objects.exists()


def test_confidence_is_an_event_and_the_same_again_is_none(row: Escalation, tomasz: Person) -> None:
    for _ in range(2):
        whose.set_confidential(escalation=row, confidential=True, by=tomasz, at=LATER)
    assert "leads" in event(row, What.CONFIDENTIAL).to_value


def test_the_forms_offer_who_works_as_owner_and_who_sees_as_follower(row: Escalation, tomasz: Person) -> None:
    viewer, nobody = person(Role.VIEWER), person()
    found = candidates(row, LATER)
    assert tomasz in found.owners and viewer not in found.owners
    assert viewer in found.others and nobody not in found.others
