"""Which calendar, and when a team plans its sprints."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cadence.queries import team_zone
from people.forms import ZoneSelect
from people.rules import zones
from set_rotation.choices import FeedKind
from set_rotation.queries.calendars import SprintRow

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)


class FeedForm(forms.Form):
    kind = forms.ChoiceField(choices=FeedKind.choices)


class SprintForm(forms.Form):
    """When a team plans its sprints; names of fields begin with the team, for several stand on one page."""

    first_on = forms.DateField(
        label="On", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), help_text="One day of it."
    )
    at = forms.TimeField(label="At", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    weeks = forms.TypedChoiceField(
        label="Every", coerce=int, choices=[(1, "week"), *((number, f"{number} weeks") for number in range(2, 9))]
    )
    zone = forms.ChoiceField(label="In the clocks of", widget=ZoneSelect)

    def __init__(self, data: Any = None, *, row: SprintRow) -> None:
        known = row.row
        initial = {"first_on": row.next_on or known.first_on, "at": known.at, "weeks": known.weeks,
                   "zone": row.zone} if known else {"weeks": 2, "zone": team_zone()}
        super().__init__(data, initial=initial, prefix=row.team.slug)
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101  (narrows the type)
        zone.choices = [(name, name) for name in dict.fromkeys((row.zone, team_zone(), *zones()))]

    def clean_first_on(self) -> date:
        day: date = self.cleaned_data["first_on"]
        if not FIRST <= day <= LAST:
            raise ValidationError(f"Choose a day from {FIRST.year} to {LAST.year}.")
        return day
