"""What people type when they change the rota."""

from calendar import day_name
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cadence.queries import team_zone
from people.forms import NameField, ZoneSelect
from people.rules import zone_exists, zones
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field
from set_rotation.models import Pattern, Schedule

WEEKDAYS = list(enumerate(day_name))  # Monday is 0


def offer(field: forms.Field, choices: Sequence[tuple[Any, str]]) -> None:
    """Let a field offer these."""
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (narrows the type)
    field.choices = choices


def offered_zones(*own: str) -> list[tuple[str, str]]:
    """Zones to choose from, these first."""
    known = zones()
    extra = [zone for zone in dict.fromkeys(own) if zone not in known and zone_exists(zone)]
    return [(name, name) for name in (*extra, *known)]


class ReplaceForm(LocalTimes):
    """Somebody else for a place, or for a stretch `[starts_at, ends_at)` of its seat. `people`: who is offered; 0 is
    nobody, for a whole place alone. `whole`: the rotation has not begun."""

    person = forms.TypedChoiceField(
        label="Who", coerce=int, widget=forms.RadioSelect, error_messages={"required": "Choose somebody."}
    )
    how = forms.ChoiceField(choices=[("whole", "The whole place"), ("stretch", "A stretch")], widget=forms.RadioSelect)
    starts_on = day_field("From", required=False)
    starts_time = time_field("At")
    starts_which = which_field("Which of the two")
    ends_on = day_field("Until", required=False)
    ends_time = time_field("At")
    ends_which = which_field("Which of the two")
    zone = forms.ChoiceField(label="In the clocks of", widget=ZoneSelect, required=False)
    reason = NameField(label="Reason", max_length=200, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, people: Sequence[int], whole: bool, zone: str,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.whole = whole
        self.starts_at: datetime | None = None
        self.ends_at: datetime | None = None
        offer(self.fields["person"], [(pk, str(pk)) for pk in people])
        offer(self.fields["zone"], offered_zones(zone, team_zone()))

    def clean_how(self) -> str:
        how = str(self.cleaned_data["how"])
        if how == "whole" and not self.whole:
            raise ValidationError("It has begun: replace them for a stretch.")
        return how

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("how") != "stretch":
            return
        if self.cleaned_data.get("person") == 0:
            self.add_error("person", "Choose who takes the stretch.")
        self.starts_at, self.ends_at = self._moment("starts"), self._moment("ends")

    def _moment(self, name: str) -> datetime | None:
        day, at, zone = (self.cleaned_data.get(field) for field in (f"{name}_on", f"{name}_time", "zone"))
        if self.errors.get(f"{name}_on") or self.errors.get(f"{name}_time") or self.errors.get("zone"):
            return None
        if day is None or at is None or not zone:
            self.add_error(f"{name}_on", "Say the day, the time and the zone.")
            return None
        return self.local(day, at, zone, field=f"{name}_on", which=f"{name}_which")


class NewRotationForm(forms.Form):
    """A rotation by hand: the day it begins, and who has which place. `0` is nobody yet."""

    first_on = day_field("Begins on")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, pattern: Pattern, weekday: int,
        offered: Mapping[int, Sequence[tuple[int, str]]], initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.weekday = weekday
        for place in range(pattern.engineers + 1):
            self.fields[f"place_{place}"] = forms.TypedChoiceField(
                label="Lead" if place == 0 else place_words(pattern, place), coerce=int, required=False,
                choices=[(0, "Nobody yet"), *offered[place]], empty_value="",
            )

    def clean_first_on(self) -> date:
        day: date = self.cleaned_data["first_on"]
        if day.weekday() != self.weekday:
            raise ValidationError(f"Rotations begin on {day_name[self.weekday]}s.")
        return day

    def people(self) -> dict[int, int]:
        """Who has which place; a gap is absent."""
        places = {int(name.removeprefix("place_")): value for name, value in self.cleaned_data.items()
                  if name.startswith("place_")}
        return {place: person for place, person in places.items() if person}


def place_words(pattern: Pattern, place: int) -> str:
    """`Engineer 3: primary in week 2`."""
    theirs = [f"{shift['seat']} in week {shift['week']}" for shift in pattern.shifts if shift["place"] == place]
    return f"Engineer {place}: {' and '.join(theirs) or 'without a seat'}"


class ScheduleForm(forms.Form):
    """When rotations begin, by which pattern, and when they hand over."""

    weekday = forms.TypedChoiceField(label="Rotations begin on", choices=WEEKDAYS, coerce=int)
    at = forms.TimeField(label="At", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    zone = forms.ChoiceField(label="In the clocks of", widget=ZoneSelect)
    pattern = forms.ModelChoiceField(label="By the pattern", queryset=Pattern.objects.all(), empty_label=None)
    hand_over_weekday = forms.TypedChoiceField(label="Hand-over is due on", choices=WEEKDAYS, coerce=int)
    hand_over_at = forms.TimeField(
        label="At", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text="In the clocks of the outgoing lead.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, schedule: Schedule) -> None:
        zone = schedule.zone or team_zone()
        super().__init__(data, initial={
            "weekday": schedule.weekday, "at": schedule.at, "zone": zone, "pattern": schedule.pattern_id,
            "hand_over_weekday": schedule.hand_over_weekday, "hand_over_at": schedule.hand_over_at,
        })
        offer(self.fields["zone"], offered_zones(zone, team_zone()))
        self.fields["zone"].error_messages["invalid_choice"] = "Choose a zone from the list, such as Europe/Berlin."

    def clean_at(self) -> time:
        return _whole_minute(self.cleaned_data["at"])

    def clean_hand_over_at(self) -> time:
        return _whole_minute(self.cleaned_data["hand_over_at"])

    def clean_zone(self) -> str:
        """The team's zone is kept as none at all, so that the schedule follows when the team's zone is set anew."""
        zone = str(self.cleaned_data["zone"])
        return "" if zone == team_zone() else zone


def _whole_minute(at: time) -> time:
    return at.replace(second=0, microsecond=0)
