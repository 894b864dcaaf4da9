"""After the resolution: the watch, the confirmation, the three dates, reminders, closing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from incidents.actions import after, followups, reminding
from incidents.actions import retrospective as actions
from incidents.actions.base import Refused
from incidents.actions.states import reopen, resolve
from incidents.actions.steps import enter_stage, skip_step
from incidents.choices import ActionState, Cause, RetroState, Role, State, StepState, What
from incidents.models import Incident, IncidentEvent, Retrospective
from incidents.queries.after import after_of
from incidents.queries.playbook import playbook_of
from incidents.tests import factories as make
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common.models import Timer
from portal.flows.incidents.timers import TIMERS
from set_rotation.choices import Seat
from set_rotation.models import Duty

pytestmark = pytest.mark.django_db

FRIDAY = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # Friday, 5:30 pm in New York
MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 9:00 am in New York
TUESDAY = MONDAY + timedelta(days=1)


def resolved(at: datetime = FRIDAY, **more: Any) -> tuple[Incident, Person]:
    """An incident that was resolved on a Friday, and its commander."""
    leads = people.person(PersonRole.ENGINEER)
    row = make.incident(commander=leads, **more)
    return resolve(incident=row, by=leads, at=at), leads


def lines(row: Incident, what: What) -> list[str]:
    return list(IncidentEvent.objects.filter(incident=row, what=what).order_by("pk").values_list("to_value", flat=True))


def test_the_three_dates_are_business_days_over_a_weekend_and_a_holiday() -> None:
    """The handbook's holidays stand in every test's database: 26 November is Thanksgiving."""
    row, _ = resolved(datetime(2026, 11, 25, 20, 0, tzinfo=UTC))
    retro = Retrospective.objects.get(incident=row)
    assert (retro.hold_by, retro.draft_by, retro.send_by) == (date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1))


def test_the_day_of_the_resolution_is_the_teams() -> None:
    row, _ = resolved(datetime(2026, 11, 19, 3, 0, tzinfo=UTC))  # Wednesday, 10 pm in New York
    assert Retrospective.objects.get(incident=row).hold_by == date(2026, 11, 19)


def test_a_day_of_watching_is_said_once_and_does_the_step() -> None:
    row, _ = resolved()
    timer = Timer.objects.get(kind=after.WATCHED, key=str(row.pk))
    assert timer.due_at == FRIDAY + timedelta(hours=24)
    for _ in range(2):
        TIMERS[after.WATCHED](timer.key, timer.due_at)
    assert len(lines(row, What.WATCHED)) == 1
    assert row.steps.get(key="watch").state == "done"


def test_a_reopening_takes_the_dates_back_and_keeps_what_was_written() -> None:
    row, leads = resolved()
    actions.save_texts(incident=row, texts={"root_cause": "A cache."}, cause="", seen=1, by=leads, at=FRIDAY)
    actions.hold_retro(incident=row, on=FRIDAY.date(), by=leads, at=FRIDAY)
    reopen(incident=row, reason="It is down again.", by=leads, at=FRIDAY + timedelta(hours=1))
    assert not Timer.objects.filter(kind__in=[after.WATCHED, after.DEADLINE], key=str(row.pk)).exists()
    assert after_of(Incident.objects.get(pk=row.pk), FRIDAY) is None
    with pytest.raises(Refused, match="open"):
        actions.hold_retro(incident=row, on=FRIDAY.date(), by=leads, at=FRIDAY)
    resolve(incident=row, by=leads, at=MONDAY)
    retro = Retrospective.objects.get(incident=row)
    assert (retro.hold_by, retro.root_cause) == (date(2026, 11, 24), "A cache.")
    assert (retro.state, retro.held_on) == (RetroState.WAITING, None)


def test_a_reopening_brings_the_playbook_back_before_the_resolution_and_the_next_one_does_its_steps_anew() -> None:
    leads = people.person(PersonRole.ENGINEER)
    row = make.incident(commander=leads, at=FRIDAY - timedelta(hours=2))
    enter_stage(incident=row, number=4, by=leads, at=FRIDAY - timedelta(hours=1))
    enter_stage(incident=row, number=3, by=leads, at=FRIDAY - timedelta(minutes=50))
    resolve(incident=row, by=leads, at=FRIDAY)
    skip_step(incident=row, key="reply-7", reason="They read it in the thread", by=leads, at=FRIDAY)
    after.note_watched(incident=row, at=MONDAY)
    after.confirm(incident=row, who="Alice Evans", by=leads, at=MONDAY)
    actions.hold_retro(incident=row, on=MONDAY.date(), by=leads, at=MONDAY)
    row = reopen(incident=row, reason="It is down again.", by=leads, at=MONDAY)
    pane = playbook_of(row, works=True, at=MONDAY)
    assert (pane.current.row.number, pane.rule, [stage.tone for stage in pane.stages[-2:]]) == (3, "3 to 6", ["", ""])
    assert not row.steps.filter(stage__number__gte=7).exclude(state=StepState.OPEN).exists()
    line = IncidentEvent.objects.get(incident=row, what=What.STEP_OPENED)
    assert line.text == "Watch for 24 hours; The customer confirms; Reply to the customer; Hold the retrospective"
    resolve(incident=row, by=leads, at=TUESDAY)
    after.note_watched(incident=row, at=TUESDAY + timedelta(hours=24))
    assert row.steps.get(key="watch").done_at == TUESDAY + timedelta(hours=24)
    row.refresh_from_db()
    assert row.stage == 7


def test_one_that_is_opened_again_before_anything_was_done_says_no_more_than_where_work_goes_on() -> None:
    row, leads = resolved()
    row = reopen(incident=row, reason="It is down again.", by=leads, at=FRIDAY)
    assert (row.stage, lines(row, What.STEP_OPENED)) == (1, [])
    assert lines(row, What.STAGE)[-1] == "Stage 1: Escalation"


def test_the_customer_confirms_by_name_and_it_can_be_taken_back() -> None:
    row, leads = resolved()
    with pytest.raises(Refused, match="who confirmed"):
        after.confirm(incident=row, who="  ", by=leads, at=MONDAY)
    after.confirm(incident=row, who="Alice Evans", by=leads, at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == (State.CONFIRMED, "Alice Evans")
    with pytest.raises(Refused, match="already"):
        after.confirm(incident=row, who="Alice Evans", by=leads, at=MONDAY)
    assert row.steps.get(key="confirm").state == StepState.DONE
    after.take_confirmation_back(incident=row, by=leads, at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.confirmed_at) == (State.WATCHED, None)
    assert row.steps.get(key="confirm").state == StepState.OPEN
    assert lines(row, What.CONFIRMED)[-1] == "The confirmation was taken back: The customer confirms is open again"


def test_an_open_incident_cannot_be_confirmed() -> None:
    leads = people.person(PersonRole.ENGINEER)
    with pytest.raises(Refused, match="resolved"):
        after.confirm(incident=make.incident(commander=leads), who="Alice", by=leads, at=MONDAY)


def told(row: Incident) -> set[str]:
    return set(Delivery.objects.filter(key__startswith=f"retro-{row.pk}-2").values_list("payload__to", flat=True))


def test_each_morning_reminds_once_of_what_is_due_and_stops_when_it_is_done() -> None:
    row, leads = resolved()
    timer = Timer.objects.get(kind=after.DEADLINE, key=str(row.pk))
    assert timer.due_at == MONDAY
    for _ in range(2):
        reminding.remind_of_dates(incident_id=row.pk, at=MONDAY)
    assert told(row) == {leads.email}
    assert len(lines(row, What.REMINDED_AFTER)) == 1
    assert Timer.objects.get(kind=after.DEADLINE, key=str(row.pk)).due_at == MONDAY + timedelta(days=1)
    actions.hold_retro(incident=row, on=MONDAY.date(), by=leads, at=MONDAY)
    retro = Retrospective.objects.get(incident=row)
    assert [name for name, _ in reminding.open_dates(row, retro)] == ["draft_by", "send_by"]


def test_a_date_that_nobody_meets_is_not_called_to_mind_for_ever() -> None:
    row, _ = resolved()
    at, mornings = MONDAY, 0
    while (timer := Timer.objects.filter(kind=after.DEADLINE, key=str(row.pk)).first()) and mornings < 40:
        at, mornings = timer.due_at, mornings + 1
        timer.delete()
        reminding.remind_of_dates(incident_id=row.pk, at=at)
    assert mornings == reminding.OVERDUE_FOR + 1


@pytest.mark.parametrize("closed", [False, True])
def test_a_copy_that_was_corrected_after_it_was_sent_is_called_to_mind_until_it_is_sent_again(closed: bool) -> None:
    row, leads = resolved()
    Retrospective.objects.filter(incident=row).update(
        state=RetroState.SENT, customer_text="The cause was a cache.", sent_at=MONDAY, sent_by=leads)
    later = MONDAY + timedelta(days=21, hours=3)  # a Monday, long after the last date
    if closed:
        Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, closed_at=MONDAY)
    Timer.objects.filter(kind=after.DEADLINE).delete()
    retro = actions.save_customer_text(incident=row, text="It was a queue.", seen=1, by=leads, at=later)
    due = MONDAY + timedelta(days=22)
    assert (retro.state, retro.send_by) == (RetroState.DRAFTED, due.date())
    assert Timer.objects.get(kind=after.DEADLINE, key=str(row.pk)).due_at == due
    assert reminding.remind_of_dates(incident_id=row.pk, at=due) == 1
    assert lines(row, What.REMINDED_AFTER) == [f"Reminded to send it to the customer: {leads.name}"]
    assert Timer.objects.get(kind=after.DEADLINE, key=str(row.pk)).due_at == due + timedelta(days=1)
    Retrospective.objects.filter(incident=row).update(state=RetroState.SENT)
    assert reminding.remind_of_dates(incident_id=row.pk, at=due + timedelta(days=1)) == 0


def test_a_closed_one_of_which_the_customer_never_had_a_copy_is_called_to_nobodys_mind() -> None:
    row, _ = resolved()
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, closed_at=MONDAY)
    assert reminding.remind_of_dates(incident_id=row.pk, at=MONDAY) == 0


def test_nothing_of_a_drill_is_due_to_a_customer() -> None:
    row, _ = resolved(drill=True)
    retro = Retrospective.objects.get(incident=row)
    retro.state = RetroState.DRAFTED
    assert reminding.open_dates(row, retro) == []
    assert actions.what_lacks(row, retro) == ["Nobody has confirmed yet that it is well."]


@pytest.mark.parametrize("drill", [True, False])
def test_the_lead_on_duty_is_reminded_of_a_late_date_unless_it_is_of_a_drill(drill: bool) -> None:
    row, leads = resolved(drill=drill)
    lead = people.person(PersonRole.ENGINEER)
    Duty.objects.create(seat=Seat.LEAD, person=lead, starts_at=FRIDAY, ends_at=FRIDAY + timedelta(days=30),
                        changed_at=FRIDAY)
    reminding.remind_of_dates(incident_id=row.pk, at=MONDAY + timedelta(days=1))
    assert told(row) == {leads.email} | (set() if drill else {lead.email})


def test_an_action_reminds_its_owner_on_its_day_and_weekly_while_it_is_open() -> None:
    row, leads = resolved()
    owner = people.person(PersonRole.ENGINEER)
    given = followups.Given("Count users from the cache", owner=owner, due_on=date(2026, 11, 23))
    action = followups.add_action(incident=row, given=given, by=leads, at=FRIDAY)
    assert Timer.objects.get(kind=followups.REMIND).due_at == MONDAY
    for _ in range(2):
        TIMERS[followups.REMIND](str(action.pk), MONDAY)
    found = Delivery.objects.filter(key__startswith=f"action-{action.pk}-")
    assert [one.payload["to"] for one in found] == [owner.email]
    assert Timer.objects.get(kind=followups.REMIND).due_at == MONDAY + timedelta(days=8)  # Thanksgiving
    followups.settle_action(action=action, state=ActionState.DONE, by=leads, at=MONDAY)
    assert not Timer.objects.filter(kind=followups.REMIND).exists()
    assert not reminding.remind_of_action(action_id=action.pk, at=MONDAY)


@pytest.mark.parametrize(("due_on", "told_at", "how"), [
    (date(2026, 11, 28), datetime(2026, 11, 27, 14, 0, tzinfo=UTC), "is due on Saturday"),
    (date(2026, 11, 26), datetime(2026, 11, 25, 14, 0, tzinfo=UTC), "is due on Thursday"),  # Thanksgiving
    (date(2026, 11, 27), datetime(2026, 11, 27, 14, 0, tzinfo=UTC), "is due today"),
])
def test_of_an_action_that_is_due_when_nobody_works_its_owner_hears_before(
    due_on: date, told_at: datetime, how: str
) -> None:
    row, leads = resolved()
    given = followups.Given("Count users from the cache", owner=leads, due_on=due_on)
    action = followups.add_action(incident=row, given=given, by=leads, at=FRIDAY)
    assert Timer.objects.get(kind=followups.REMIND).due_at == told_at
    assert reminding.remind_of_action(action_id=action.pk, at=told_at)
    assert how in Delivery.objects.get(key__startswith=f"action-{action.pk}-").payload["subject"]


def test_what_was_to_be_said_while_the_portal_was_away_waits_for_a_day_on_which_people_work() -> None:
    row, leads = resolved(datetime(2026, 11, 19, 15, 0, tzinfo=UTC))  # Thursday: to be held on Friday
    saturday = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    given = followups.Given("Count users from the cache", owner=leads, due_on=date(2026, 11, 20))
    action = followups.add_action(incident=row, given=given, by=leads, at=FRIDAY - timedelta(days=1))
    assert reminding.remind_of_dates(incident_id=row.pk, at=saturday) == 0
    assert not reminding.remind_of_action(action_id=action.pk, at=saturday)
    assert not told(row)
    for kind in (after.DEADLINE, followups.REMIND):
        assert Timer.objects.get(kind=kind).due_at == MONDAY
    assert reminding.remind_of_dates(incident_id=row.pk, at=MONDAY) > 0
    assert reminding.remind_of_action(action_id=action.pk, at=MONDAY)


def test_it_is_closed_with_a_cause_and_says_why_where_something_lacks() -> None:
    row, leads = resolved()
    with pytest.raises(Refused, match="cause"):
        actions.close(incident=row, cause="", why="", by=leads, at=MONDAY)
    with pytest.raises(Refused, match=r"confirmed.*has not got"):
        actions.close(incident=row, cause=Cause.DATABASE, why=" ", by=leads, at=MONDAY)
    actions.close(incident=row, cause=Cause.DATABASE, why="The customer left.", by=leads, at=MONDAY)
    row.refresh_from_db()
    assert (row.state, row.cause, row.closed_at) == (State.CLOSED, Cause.DATABASE, MONDAY)
    assert reminding.remind_of_dates(incident_id=row.pk, at=MONDAY) == 0


def test_the_bar_says_what_is_next() -> None:
    row, _ = resolved()
    bar = after_of(row, FRIDAY)
    assert bar is not None
    assert (bar.watching, bar.can_confirm, bar.next.label if bar.next else "") == (True, True, "Hold it")
    late = after_of(row, MONDAY + timedelta(days=1))
    assert late is not None and late.next is not None
    assert (late.watching, late.next.tone) == (False, "red")
    assert Role.COMMANDER in row.roles.values_list("role", flat=True)
