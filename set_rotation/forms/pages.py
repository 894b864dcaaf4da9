"""What people type about pages, checked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from people.models import Person
from set_rotation.choices import Seat, Urgency
from set_rotation.models import PagePolicy
from set_rotation.queries.paging import answerers
from set_rotation.rules.page_words import DETAILS, REASON, clean_path
from set_rotation.rules.paging import MOST_MINUTES, MOST_ROUNDS, MOST_STALE, MOST_STEPS, faults

SPARE = 2  # empty lines for further steps


class NewPageForm(forms.Form):
    """Page whoever is on duty. `key` makes one page of a form that is sent twice."""

    urgency = forms.ChoiceField(label="How urgent", choices=Urgency.choices, initial=Urgency.URGENT,
                                widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Why", max_length=REASON, help_text="The first words that somebody reads on a phone at 3 a.m.",
        error_messages={"required": "Say in a few words why somebody is needed."},
    )
    details = forms.CharField(label="More", max_length=DETAILS, required=False, strip=True,
                              widget=forms.Textarea(attrs={"rows": 4}))
    path = forms.CharField(label="Link", max_length=500, required=False,
                           help_text="What it is about: a page of the portal, or an address.")
    key = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)

    def clean_path(self) -> str:
        given: str = self.cleaned_data["path"]
        if given and not clean_path(given):
            raise ValidationError("Give a page of the portal, such as /tickets/MM-1/, or an address with https://.")
        return given


class SnoozeForm(forms.Form):
    minutes = forms.IntegerField(min_value=1, max_value=1440)


class ReassignForm(forms.Form):
    to = forms.ModelChoiceField(Person.objects.none())

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (narrows the type)
        field.queryset = answerers()


class PolicyForm(forms.Form):
    """A policy: a line for each step, empty ones are left out; then how it goes on."""

    again = forms.IntegerField(label="Again from the top after", min_value=1, max_value=MOST_MINUTES)
    rounds = forms.IntegerField(label="Rounds at most", min_value=1, max_value=MOST_ROUNDS)
    stale = forms.IntegerField(label="Stale after", min_value=0, max_value=MOST_STALE,
                               help_text="Acknowledged and then not touched for so long, it pages again. 0: never.")

    def __init__(self, data: QueryDict | None = None, *, policy: PagePolicy) -> None:
        steps = list(policy.steps)
        initial = {"again": policy.again, "rounds": policy.rounds, "stale": policy.stale}
        for number, step in enumerate(steps):
            initial |= {f"seat_{number}": step["seat"], f"minutes_{number}": step["minutes"]}
        super().__init__(data, initial=initial, prefix=policy.urgency)
        self.lines = min(max(len(steps) + SPARE, 4), MOST_STEPS)
        seats = [("", "no step"), *((seat.value, seat.label) for seat in (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD))]
        for number in range(self.lines):
            self.fields[f"seat_{number}"] = forms.ChoiceField(label=f"Step {number + 1}", choices=seats, required=False)
            self.fields[f"minutes_{number}"] = forms.IntegerField(
                label=f"Minutes of step {number + 1}", min_value=0, max_value=MOST_MINUTES, required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The two fields of each step."""
        return [(self[f"seat_{number}"], self[f"minutes_{number}"]) for number in range(self.lines)]

    def policy(self) -> dict[str, Any]:
        """What `save_policy` takes."""
        return {name: self.cleaned_data[name] for name in ("steps", "again", "rounds", "stale")}

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        steps = []
        for number in range(self.lines):
            seat, minutes = told.get(f"seat_{number}"), told.get(f"minutes_{number}")
            if not seat:
                continue
            if minutes is None and f"minutes_{number}" not in self.errors:
                self.add_error(f"minutes_{number}", "Say after how many minutes; 0 is at once.")
            steps.append({"seat": seat, "minutes": minutes or 0})
        told["steps"] = steps
        if not self.errors:
            for words in faults(steps=steps, again=told["again"], rounds=told["rounds"], stale=told["stale"]):
                self.add_error(None, words)
        return told
