"""Promises are made, kept, late, stopped, snoozed; and anybody may ask for an update."""

from datetime import timedelta

import pytest

from incidents.actions.asking import ask_for_update
from incidents.actions.base import Refused, held
from incidents.actions.promises import end_with_incident, promise, promise_again, settle_promise, stop_updates
from incidents.actions.snoozing import snooze
from incidents.choices import PromiseState, Role, State, What
from incidents.models import Incident, IncidentEvent, IncidentStatus, Promise
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.tests import factories as people

pytestmark = pytest.mark.django_db

NIGHT, MINUTE, HOUR = factories.NIGHT, timedelta(minutes=1), timedelta(hours=1)


def monitoring(row: Incident) -> Incident:
    row.status = IncidentStatus.objects.get(slug="monitoring")
    row.save(update_fields=["status"])
    return row


def lines(row: Incident, what: What) -> list[str]:
    return [event.to_value for event in IncidentEvent.objects.filter(incident=row, what=what).order_by("pk")]


def test_a_promise_is_said_in_the_zone_of_the_incident() -> None:
    assert lines(factories.incident(), What.PROMISED) == ["Next update promised for 3:19 am ET"]


def test_a_promise_in_the_past_is_refused_and_a_late_one_needs_its_reason() -> None:
    row = factories.incident()
    settle_promise(incident=row, update=None, at=NIGHT)
    with pytest.raises(Refused, match="has passed"):
        promise(incident=row, due_at=NIGHT - MINUTE, at=NIGHT, by=None)
    with pytest.raises(Refused, match="say why"):
        promise(incident=row, due_at=NIGHT + 5 * HOUR, at=NIGHT, by=None)
    made = promise(incident=row, due_at=NIGHT + 5 * HOUR, at=NIGHT, by=None, reason="bridge closed overnight")
    assert made.reason == IncidentEvent.objects.filter(what=What.PROMISED).latest("pk").text
    row.refresh_from_db()
    assert row.next_update_at == made.due_at


def test_what_is_not_owed_any_more_is_stopped_under_a_status_that_allows_it() -> None:
    row = factories.incident()
    by = people.person(PersonRole.ENGINEER)
    with pytest.raises(Refused, match="Under “Investigating” the next update is always promised"):
        stop_updates(incident=row, by=by, at=NIGHT)
    stop_updates(incident=monitoring(row), by=by, at=NIGHT, reason="the customer watches it with us")
    assert Promise.objects.get().state == PromiseState.STOPPED
    assert lines(row, What.STOPPED) == ["No next update is promised: Monitoring"]
    with pytest.raises(Refused, match="nothing to stop"):
        stop_updates(incident=row, by=by, at=NIGHT)


def test_after_a_stop_an_update_can_be_promised_again_and_what_stands_is_moved_by_an_update_alone() -> None:
    row, by = factories.incident(), people.person(PersonRole.ENGINEER)
    with pytest.raises(Refused, match="An update is promised for 3:19 am ET: only an update moves it"):
        promise_again(incident=row, due_at=NIGHT + HOUR, by=by, at=NIGHT)
    stop_updates(incident=monitoring(row), by=by, at=NIGHT)
    assert promise_again(incident=row, due_at=NIGHT + HOUR, by=by, at=NIGHT).state == PromiseState.OPEN


def test_what_is_over_owes_no_update() -> None:
    row = factories.incident()
    assert not end_with_incident(incident=row, at=NIGHT)
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, resolved_at=NIGHT)
    assert end_with_incident(incident=row, at=NIGHT)
    assert not end_with_incident(incident=row, at=NIGHT)
    assert Promise.objects.get().state == PromiseState.STOPPED
    with pytest.raises(Refused, match="Nobody works on it"):
        promise_again(incident=row, due_at=NIGHT + HOUR, by=people.person(), at=NIGHT)


def test_a_snooze_is_capped_says_why_and_never_moves_the_promise() -> None:
    row, by = factories.incident(), people.person(PersonRole.ENGINEER)
    with pytest.raises(Refused, match="Say why"):
        snooze(incident=row, minutes=5, reason="  ", by=by, at=NIGHT + 8 * MINUTE)
    found = snooze(incident=row, minutes=45, reason="on the bridge", by=by, at=NIGHT + 8 * MINUTE)
    assert (found.snoozed_until, found.ring_at, found.due_at) == (
        NIGHT + 15 * MINUTE, NIGHT + 15 * MINUTE, NIGHT + 15 * MINUTE)
    assert lines(row, What.SNOOZED) == [
        "Reminder snoozed until 3:19 am ET; the update stays promised for 3:19 am ET"]


def test_too_early_and_overdue_there_is_nothing_to_snooze() -> None:
    row, by = factories.incident(), people.person(PersonRole.ENGINEER)
    settle_promise(incident=row, update=None, at=NIGHT)
    with pytest.raises(Refused, match="No update is promised"):
        snooze(incident=row, minutes=5, reason="busy", by=by, at=NIGHT)
    promise(incident=row, due_at=NIGHT + HOUR, at=NIGHT, by=by)
    with pytest.raises(Refused, match="first reminder comes in 45 min"):
        snooze(incident=row, minutes=5, reason="busy", by=by, at=NIGHT + 5 * MINUTE)
    with pytest.raises(Refused, match="overdue"):
        snooze(incident=row, minutes=5, reason="busy", by=by, at=NIGHT + 61 * MINUTE)


def test_anybody_may_ask_and_the_commander_is_told_once_in_a_few_minutes() -> None:
    commander, deputy = people.person(PersonRole.ENGINEER), people.person(PersonRole.ENGINEER)
    row = factories.incident(commander=commander, roles={Role.COMMANDER: commander, Role.DEPUTY: deputy})
    executive, account = people.person(PersonRole.EXECUTIVE), people.person(PersonRole.ACCOUNT)
    assert ask_for_update(incident=row, by=executive, at=NIGHT + MINUTE, note="their CTO is on the phone")
    assert not ask_for_update(incident=row, by=account, at=NIGHT + 3 * MINUTE)
    with pytest.raises(Refused, match="You asked within the last 3 min"):
        ask_for_update(incident=row, by=executive, at=NIGHT + 4 * MINUTE)
    assert ask_for_update(incident=row, by=account, at=NIGHT + 9 * MINUTE)
    found = [row.payload for row in Delivery.objects.filter(key__startswith="asked-").order_by("pk")]
    assert [one["to"] for one in found] == [commander.email] * 2
    assert "their CTO is on the phone" in found[0]["text"] and "promised for 3:19 am ET" in found[0]["text"]
    assert Promise.objects.get().asked == len(lines(row, What.ASKED_FOR_UPDATE)) == 3


def test_who_asks_as_the_commander_tells_nobody_and_what_is_over_is_not_asked_of() -> None:
    row = factories.incident()
    commander = row.roles.get().person
    assert not ask_for_update(incident=row, by=commander, at=NIGHT)
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, resolved_at=NIGHT)
    with pytest.raises(Refused, match="Nobody works on it"):
        ask_for_update(incident=row, by=people.person(), at=NIGHT)


def test_what_was_broken_stays_broken_though_it_is_stopped_afterwards() -> None:
    row = factories.incident()
    later = row.at + timedelta(minutes=16)
    settle_promise(incident=held(row), update=None, at=later)
    made = Promise.objects.get(incident=row)
    assert (made.state, made.kept_by, made.ended_at) == (PromiseState.LATE, None, later)
