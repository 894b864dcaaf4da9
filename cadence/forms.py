"""What the lead types into the calendar, checked."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from cadence.choices import MeetingKind, Weekday
from cadence.models import Holiday, MeetingTime, ReleaseStep
from cadence.queries import team_zone
from people.forms import NameField, ZoneSelect
from people.rules import zone_exists, zones

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": FIRST.isoformat(), "max": LAST.isoformat()})
FARTHEST = 60  # working days; a cycle has 20 or 21, and what begins three cycles before is no milestone of one


class HolidayForm(forms.Form):
    day = forms.DateField(label="Day", widget=DAY)
    name = NameField(label="Name", max_length=80)

    def __init__(self, data: QueryDict | None = None, *, holiday: Holiday | None = None) -> None:
        initial = {"day": holiday.day, "name": holiday.name} if holiday else None
        super().__init__(data, initial=initial)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not FIRST <= day <= LAST:
            raise ValidationError(f"Choose a day from {FIRST.year} to {LAST.year}.")
        return day


class MeetingForm(forms.Form):
    weekdays = forms.TypedMultipleChoiceField(
        label="Days", choices=Weekday.choices, coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day."},
    )
    at = forms.TimeField(label="Begins at", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    zone = forms.ChoiceField(label="In the clocks of", widget=ZoneSelect)

    def __init__(self, data: QueryDict | None = None, *, meeting: MeetingTime) -> None:
        own = meeting.zone or team_zone()
        initial = {"weekdays": meeting.weekdays, "at": meeting.at, "zone": own}
        super().__init__(data, initial=initial)
        offered = zones()
        extra = tuple(zone for zone in dict.fromkeys((own, team_zone())) if zone not in offered and zone_exists(zone))
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101  (narrows the type)
        zone.choices = [(name, name) for name in (*extra, *offered)]
        self.one_day = meeting.kind == MeetingKind.WEEKLY

    def clean_weekdays(self) -> list[int]:
        days: list[int] = sorted(set(self.cleaned_data["weekdays"]))
        if self.one_day and len(days) > 1:
            raise ValidationError("The weekly meeting is held on one day.")
        return days

    def clean_zone(self) -> str:
        """The team's zone is kept as none at all, so that the meeting follows when the team's zone is set anew."""
        zone = str(self.cleaned_data["zone"])
        return "" if zone == team_zone() else zone


class StepForm(forms.Form):
    name = NameField(label="Name", max_length=80)
    t_minus = forms.IntegerField(
        label="Working days before the release", min_value=0, max_value=FARTHEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    daily_triage = forms.BooleanField(label="Triage is daily from here until the release", required=False)

    def __init__(self, data: QueryDict | None = None, *, step: ReleaseStep) -> None:
        initial = {"name": step.name, "t_minus": step.t_minus, "daily_triage": step.daily_triage}
        super().__init__(data, initial=initial)
        if step.key == "release":
            del self.fields["t_minus"]  # the day that all others are counted from
        if step.daily_triage:
            del self.fields["daily_triage"]  # it ends when another one is chosen, so there is always one
        else:
            self.fields["daily_triage"].help_text = "Instead of from the milestone that begins it now."
