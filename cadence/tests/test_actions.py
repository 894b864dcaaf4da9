import shutil
from datetime import date, time
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from cadence import actions, queries
from cadence.actions.handbook import HANDBOOK
from cadence.choices import MeetingKind, What
from cadence.models import CadenceEvent, Holiday, MeetingTime, ReleaseStep
from cadence.tests import factories
from cadence.tests.days import SHIPPED
from cadence.tests.factories import AT

pytestmark = pytest.mark.django_db
THANKSGIVING, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The handbook as a later version ships it."""
    shutil.copytree(HANDBOOK, tmp_path / "handbook")
    for path in (tmp_path / "handbook").glob("*.toml"):
        path.write_text(path.read_text().replace("version = 1", "version = 2"))
    return tmp_path / "handbook"


def stored(day: date) -> Holiday:
    return Holiday.objects.observed().get(day=day)


# ---- The handbook ----


def test_the_handbook_is_there_after_the_first_start_and_a_second_load_writes_nothing() -> None:
    assert queries.holidays() == SHIPPED
    assert actions.load_calendar() == 0
    assert {row.kind for row in MeetingTime.objects.all()} == set(MeetingKind.values)
    assert queries.plan().daily_from == 19
    assert {(step.key, step.t_minus) for step in queries.plan().steps} >= {("code-freeze", 10), ("release", 0)}


def test_a_new_version_corrects_what_nobody_edited(newer: Path) -> None:
    path = newer / "holidays.toml"
    path.write_text(path.read_text().replace('2026-11-26 = "Thanksgiving Day"', '2026-11-27 = "Thanksgiving Day"'))
    (newer / "meetings.toml").write_text((newer / "meetings.toml").read_text().replace("13:00:00", "12:30:00"))
    assert actions.load_calendar(newer) > 0
    assert FRIDAY in queries.holidays()
    assert THANKSGIVING not in queries.holidays()
    assert queries.meeting(MeetingKind.TRIAGE).at == time(12, 30)


def test_a_new_version_leaves_alone_what_somebody_edited(newer: Path) -> None:
    by = factories.lead()
    actions.change_holiday(holiday=stored(THANKSGIVING), day=FRIDAY, name="Day of thanks", by=by, at=AT)
    meeting = MeetingTime.objects.get(kind=MeetingKind.TRIAGE)
    actions.change_meeting(meeting=meeting, changes={"at": time(9, 30)}, by=by, at=AT)
    freeze = ReleaseStep.objects.get(key="code-freeze")
    actions.change_step(step=freeze, changes={"t_minus": 12, "daily_triage": True}, by=by, at=AT)
    actions.load_calendar(newer)
    assert stored(FRIDAY).name == "Day of thanks"
    assert THANKSGIVING not in queries.holidays()
    assert queries.meeting(MeetingKind.TRIAGE).at == time(9, 30)
    assert queries.plan().daily_from == 12
    assert ReleaseStep.objects.get(daily_triage=True).key == "code-freeze"


def test_what_was_taken_out_does_not_come_back_with_a_new_version(newer: Path) -> None:
    actions.take_out_holiday(holiday=stored(THANKSGIVING), by=factories.lead(), at=AT)
    actions.load_calendar(newer)
    assert THANKSGIVING not in queries.holidays()


def test_a_day_that_somebody_entered_by_hand_stays_theirs(newer: Path) -> None:
    factories.holiday(date(2028, 12, 26), "Boxing Day")
    path = newer / "holidays.toml"
    path.write_text(path.read_text() + '2028-12-26 = "Day after Christmas"\n')
    actions.load_calendar(newer)
    assert stored(date(2028, 12, 26)).name == "Boxing Day"


def test_a_new_version_may_begin_daily_triage_elsewhere(newer: Path) -> None:
    path = newer / "release.toml"
    told = path.read_text().replace(", daily_triage = true", "")
    path.write_text(told.replace("t_minus = 10 }", "t_minus = 10, daily_triage = true }"))
    actions.load_calendar(newer)
    assert queries.plan().daily_from == 10


# ---- Holidays ----


def test_a_holiday_that_is_added_holds_at_once_and_is_recorded() -> None:
    day = date(2026, 12, 24)
    assert day not in queries.holidays()
    made = factories.holiday(day)
    assert day in queries.holidays()
    event = CadenceEvent.objects.get()
    assert (event.what, event.holiday, event.to_value) == (What.HOLIDAY_ADDED, made, "Christmas Eve (2026-12-24)")


def test_a_day_is_a_holiday_once() -> None:
    with pytest.raises(actions.Refused, match="already"):
        factories.holiday(THANKSGIVING, "Turkey")
    eve = factories.holiday()
    with pytest.raises(actions.Refused, match="already"):
        actions.change_holiday(holiday=eve, day=THANKSGIVING, name="Turkey", by=factories.lead(), at=AT)
    assert CadenceEvent.objects.count() == 1


def test_two_calendars_may_have_the_same_day_and_do_not_mix() -> None:
    factories.holiday(THANKSGIVING, "Tag der Nichts", calendar="germany")
    assert queries.holidays("germany") == {THANKSGIVING}
    assert queries.holidays("france") == frozenset()
    assert queries.holidays() == SHIPPED


def test_a_holiday_is_taken_out_once_and_its_day_can_be_entered_again() -> None:
    shown, by = stored(THANKSGIVING), factories.lead()
    assert actions.take_out_holiday(holiday=shown, by=by, at=AT)
    assert not actions.take_out_holiday(holiday=shown, by=by, at=AT)
    with pytest.raises(actions.Refused, match="taken out"):
        actions.change_holiday(holiday=shown, day=FRIDAY, name="Late", by=by, at=AT)
    assert CadenceEvent.objects.count() == 1
    factories.holiday(THANKSGIVING, "Thanksgiving")
    assert THANKSGIVING in queries.holidays()


def test_a_change_that_changes_nothing_leaves_no_row_and_no_mark() -> None:
    shown = stored(THANKSGIVING)
    actions.change_holiday(holiday=shown, day=shown.day, name=shown.name, by=factories.lead(), at=AT)
    assert not CadenceEvent.objects.exists()
    assert not stored(THANKSGIVING).edited


def test_the_database_refuses_two_holidays_on_a_day_and_two_beginnings_of_daily_triage() -> None:
    with pytest.raises(IntegrityError, match="a_calendar_has_one_holiday_a_day"), transaction.atomic():
        Holiday.objects.create(day=THANKSGIVING, name="Twice")
    with pytest.raises(IntegrityError, match="triage_is_daily_from_one_milestone_on"), transaction.atomic():
        ReleaseStep.objects.create(key="other", name="Other", t_minus=3, daily_triage=True)


# ---- Meetings and milestones ----


def test_triage_follows_the_weekdays_that_the_lead_sets() -> None:
    meeting = MeetingTime.objects.get(kind=MeetingKind.TRIAGE)
    actions.change_meeting(meeting=meeting, changes={"weekdays": [0, 2]}, by=factories.lead(), at=AT)
    assert queries.plan().triage_weekdays == {0, 2}
    event = CadenceEvent.objects.get()
    assert (event.what, event.from_value, event.to_value) == (
        What.MEETING_CHANGED, "weekdays: [1, 3]", "weekdays: [0, 2]"
    )


def test_daily_triage_begins_at_one_milestone_only() -> None:
    approval = ReleaseStep.objects.get(key="approval")
    actions.change_step(step=approval, changes={"daily_triage": True}, by=factories.lead(), at=AT)
    assert [step.key for step in ReleaseStep.objects.filter(daily_triage=True)] == ["approval"]
    assert queries.plan().daily_from == 8
