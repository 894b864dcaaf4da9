"""The update: drafted once, edited by one at a time, posted once, corrected with its earlier texts kept."""

from datetime import UTC, date, datetime, timedelta

import pytest

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common.models import Timer
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.weekly import updates
from tickets.actions.weekly.states import replay_all
from tickets.choices import UpdateState, UpdateWhat
from tickets.models import Ticket, WeeklyUpdate, WeeklyUpdateEvent
from tickets.queries.weekly.page import frozen, owed_update
from tickets.tests.factories import make_project, make_ticket

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 17)
NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
EVENING = NOON + timedelta(hours=6)


@pytest.fixture(autouse=True)
def _mirror() -> None:
    load_marks()
    load_weekly()
    make_project()
    make_ticket("Done", id=1, created=NOON - timedelta(days=2), labels=["customer-bug"])
    make_ticket("In Progress", id=2)
    make_ticket("To Do", id=3)
    replay_all()


@pytest.fixture
def lead(db: None) -> Person:
    return person(Role.LEAD)


def drafted() -> WeeklyUpdate:
    update, made = updates.draft_update(day=DAY, at=NOON, now=NOON, remind_at=EVENING)
    assert made
    return update


def post(update: WeeklyUpdate, by: Person) -> Delivery | None:
    return updates.post_update(update=update, channel="set", path="/", by=by, now=NOON)[1]


def what(update: WeeklyUpdate) -> list[str]:
    return list(WeeklyUpdateEvent.objects.filter(update=update).order_by("id").values_list("what", flat=True))


def test_a_draft_counts_the_week_and_is_made_once() -> None:
    update = drafted()
    assert "Bugs resolved in the last 7 days: 1 (1 reported by customers)" in update.text
    assert "Total bugs in backlog: 2" in update.text
    assert updates.draft_update(day=DAY, at=NOON, now=NOON) == (update, False)
    assert Timer.objects.get(kind=updates.REMIND).due_at == EVENING


def test_drafting_again_counts_anew_and_keeps_the_notes(lead: Person) -> None:
    update = drafted()
    updates.save_text(update=update, text=update.text + "\n\n* Mind this.", seen=1, by=lead, now=NOON)
    make_ticket("To Do", id=4)
    replay_all()
    again = updates.redraft_update(update=update, at=NOON, now=NOON, by=lead)
    assert "Total bugs in backlog: 3\n\n* Mind this." in again.text
    assert [version.number for version in again.versions.all()] == [3, 2, 1]


def test_who_saves_over_a_text_that_they_have_not_seen_is_refused(lead: Person) -> None:
    update = drafted()
    updates.save_text(update=update, text="first", seen=1, by=lead, now=NOON)
    with pytest.raises(updates.Refused):
        updates.save_text(update=update, text="second", seen=1, by=lead, now=NOON)
    update.refresh_from_db()
    assert update.text == "first"


def test_of_two_who_post_one_posts(lead: Person) -> None:
    update = drafted()
    assert post(update, lead) is not None
    assert post(update, person(Role.COORDINATOR)) is None
    [delivery] = Delivery.objects.all()
    assert (delivery.topic, delivery.key) == ("mattermost.post", "weekly-2026-11-17")
    assert delivery.payload == {"channel": "set", "message": update.text, "root": ""}
    assert what(update) == [UpdateWhat.DRAFTED, UpdateWhat.POSTED]


def test_the_reminder_stands_until_the_post_is_in_the_channel(lead: Person) -> None:
    update = drafted()
    delivery = post(update, lead)
    assert delivery is not None and Timer.objects.exists()
    delivery.state = State.FAILED
    updates.settle_post(delivery, NOON)
    assert Timer.objects.exists()
    assert updates.not_there(DAY) == update
    Delivery.objects.update(state=State.SENT, sent_at=NOON)
    delivery.refresh_from_db()
    updates.settle_post(delivery, NOON)
    assert not Timer.objects.exists()
    assert updates.not_there(DAY) is None


def test_a_post_that_is_refused_is_owed_and_one_on_its_way_is_not(lead: Person) -> None:
    update = drafted()
    found = owed_update(EVENING)
    assert found is not None and not found.refused
    post(update, lead)
    assert owed_update(EVENING) is None
    Delivery.objects.update(state=State.FAILED)
    found = owed_update(EVENING)
    assert found is not None and found.refused


def test_an_update_whose_post_was_dropped_is_a_draft_again(lead: Person) -> None:
    update = drafted()
    delivery = post(update, lead)
    assert delivery is not None
    dropped = outbox.drop(delivery=delivery, by=lead, at=NOON)
    updates.settle_post(dropped, NOON)
    held = updates.save_text(update=update, text="Better", seen=1, by=lead, now=NOON)
    assert (held.state, held.posted_at, held.text) == (UpdateState.DRAFT, None, "Better")
    event = WeeklyUpdateEvent.objects.get(what=UpdateWhat.TAKEN_BACK)
    assert event.by == lead
    assert not held.versions.filter(posted=True).exists()
    assert post(update, lead) is not None
    updates.settle_post(dropped, NOON)  # told late: the second post stands
    assert WeeklyUpdate.objects.get().state == UpdateState.POSTED


def test_what_is_posted_is_frozen_with_its_lists(lead: Person) -> None:
    update = drafted()
    post(update, lead)
    Ticket.objects.filter(id=1).delete()
    held = WeeklyUpdate.objects.get()
    assert held.state == UpdateState.POSTED
    assert [line.key for line in frozen(held).lists["resolved"]] == ["MM-1"]
    with pytest.raises(updates.Refused):
        updates.redraft_update(update=update, at=NOON, now=NOON, by=lead)
    with pytest.raises(updates.Refused):
        updates.save_text(update=update, text="other", seen=1, by=lead, now=NOON)


def test_what_stands_in_the_editor_is_what_is_posted(lead: Person) -> None:
    update = drafted()
    _, delivery = updates.post_update(
        update=update, channel="set", path="/", by=lead, now=NOON, text="As typed\r\n", seen=1
    )
    assert delivery is not None
    assert delivery.payload["message"] == "As typed"


def test_a_correction_of_a_post_that_has_not_left_changes_what_will_be_sent(lead: Person) -> None:
    update = drafted()
    post(update, lead)
    updates.correct_update(update=update, text="Better", seen=1, path="/", by=lead, now=NOON)
    [delivery] = Delivery.objects.all()
    assert delivery.payload["message"] == "Better"


def test_a_correction_of_a_post_that_arrived_edits_it_and_the_first_text_stays(lead: Person) -> None:
    update = drafted()
    first = update.text
    post(update, lead)
    Delivery.objects.update(state=State.SENT, remote_id="p1", sent_at=NOON)
    updates.correct_update(update=update, text="Better", seen=1, path="/", by=lead, now=NOON)
    edit = Delivery.objects.get(topic="mattermost.edit")
    assert edit.payload == {"of": "weekly-2026-11-17", "message": "Better"}
    assert [(version.text, version.posted) for version in update.versions.all()] == [("Better", True), (first, True)]
    assert updates.correct_update(update=update, text="Better", seen=2, path="/", by=lead, now=NOON)[1] is None


def test_a_post_that_was_taken_back_can_be_posted_again(lead: Person) -> None:
    update = drafted()
    post(update, lead)
    Delivery.objects.update(state=State.DROPPED)
    assert post(update, lead) is not None
    assert post(update, lead) is None
    assert Delivery.objects.count() == 2


def test_what_mattermost_would_not_take_is_not_put_on_its_way(lead: Person) -> None:
    update = drafted()
    updates.save_text(update=update, text="x" * 16_384, seen=1, by=lead, now=NOON)
    with pytest.raises(updates.Refused, match="16,383"):
        post(update, lead)
    assert not Delivery.objects.exists()


def test_that_somebody_was_reminded_is_noted_once_for_each(lead: Person) -> None:
    update, other = drafted(), person(Role.COORDINATOR)
    assert updates.note_reminded(update=update, person=lead, now=EVENING)
    assert not updates.note_reminded(update=update, person=lead, now=EVENING)
    assert updates.note_reminded(update=update, person=other, now=EVENING)
    assert updates.reminded(update) == {lead.pk, other.pk}
