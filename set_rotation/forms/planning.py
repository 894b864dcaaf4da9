"""What is asked of a plan."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from set_rotation.actions.planning import MOST
from set_rotation.forms.rotations import offer
from set_rotation.models import Pattern
from set_rotation.rules.planning.keeping import Ask

QUARTER = 7


class PlanForm(forms.Form):
    """The next rotations, by which pattern and rules."""

    first_on = forms.ChoiceField(label="First rotation")
    rotations = forms.IntegerField(
        label="How many", min_value=1, max_value=MOST, initial=QUARTER, help_text="Seven are a quarter.",
    )
    pattern = forms.ModelChoiceField(Pattern.objects.all(), label="Pattern", empty_label=None)
    skills = forms.MultipleChoiceField(
        label="Skills asked for", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="In each rotation one of its engineers has each of these.",
    )
    one_per_team = forms.BooleanField(
        label="At most one engineer of a team in a rotation", required=False, initial=True
    )
    commitments = forms.BooleanField(label="Keep to what teams owe", required=False, initial=True)
    keeps = forms.BooleanField(label="Whoever has a place already keeps it", required=False, initial=True)
    wishes_must = forms.BooleanField(label="Every wish must be met", required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, days: Sequence[tuple[date, str]], skills: Sequence[str],
        pattern: Pattern, initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"pattern": pattern.pk, **(initial or {})})
        offer(self.fields["first_on"], [(day.isoformat(), words) for day, words in days])
        offer(self.fields["skills"], [(skill, skill) for skill in skills])
        if not skills:
            del self.fields["skills"]

    @property
    def ask(self) -> Ask:
        """What was asked for, besides days and pattern."""
        told = self.cleaned_data
        return Ask(tuple(told.get("skills", ())), told["one_per_team"], told["commitments"], told["wishes_must"],
                   told["keeps"])

    @property
    def first_day(self) -> date:
        """The local day on which the first rotation begins."""
        return date.fromisoformat(self.cleaned_data["first_on"])
