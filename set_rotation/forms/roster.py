"""What people type about the roster."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms

from people.forms import NameField
from people.models import FeatureTeam, Person
from set_rotation.choices import WishKind
from set_rotation.forms.local import day_field
from set_rotation.models import Commitment, Member
from set_rotation.rules.roster import LONGEST_SKILL, MOST_SKILLS, read_skills

DAY = timedelta(days=1)
LONGEST_PASTE = 100_000
BEFORE = "The last day is before the first one."


class PasteForm(forms.Form):
    """Many lines at once, as a spreadsheet copies them."""

    text = forms.CharField(
        label="Lines", max_length=LONGEST_PASTE, strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "wrap": "off"}),
        help_text="A line for each person: name, e-mail, team, skills, lead (yes or no), from, until. By tabs or "
                  "commas; a head line may name the columns in another order. Only name and e-mail are needed.",
    )


class MemberForm(forms.Form):
    """A membership. `person` is asked for only when it is a new one."""

    person = forms.ModelChoiceField(Person.objects.none(), label="Who")
    team = forms.ModelChoiceField(
        FeatureTeam.objects.all(), label="Feature team", required=False, empty_label="no team"
    )
    skills = forms.CharField(label="Skills", required=False, max_length=800, help_text="With commas: mobile, database")
    engineers = forms.BooleanField(label="Serves as an engineer", required=False)
    leads = forms.BooleanField(label="Can lead", required=False)
    joins_on = day_field("First day")
    last_on = day_field("Last day", required=False)
    note = NameField(label="Note", max_length=200, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, member: Member | None, today: date) -> None:
        initial: dict[str, Any] = {"engineers": True, "joins_on": today}
        if member is not None:
            initial = {
                "team": member.team_id, "skills": ", ".join(member.skills), "engineers": member.engineers,
                "leads": member.leads, "joins_on": member.joins_on, "note": member.note,
                "last_on": member.leaves_on - DAY if member.leaves_on else None,
            }
        super().__init__(data, initial=initial)
        if member is not None:
            del self.fields["person"]
        else:
            who = self.fields["person"]
            assert isinstance(who, forms.ModelChoiceField)  # noqa: S101  (narrows the type)
            who.queryset = Person.objects.active()

    def clean_skills(self) -> list[str]:
        found = read_skills(self.cleaned_data["skills"])
        if len(found) > MOST_SKILLS or any(len(skill) > LONGEST_SKILL for skill in found):
            raise forms.ValidationError(f"At most {MOST_SKILLS} skills of {LONGEST_SKILL} letters.")
        return list(found)

    def clean(self) -> None:
        super().clean()
        first, last = self.cleaned_data.get("joins_on"), self.cleaned_data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", BEFORE)
        if not self.cleaned_data.get("engineers") and not self.cleaned_data.get("leads"):
            self.add_error("leads", "A member serves as an engineer, as a lead, or as both.")

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, as the row has it."""
        last = self.cleaned_data["last_on"]
        names = ("team", "skills", "engineers", "leads", "joins_on", "note")
        return {**{name: self.cleaned_data[name] for name in names}, "leaves_on": last + DAY if last else None}


class EndForm(forms.Form):
    """The last day on which somebody is a member."""

    last_on = day_field("Last day")


def _number(label: str, least: int, most: int) -> forms.IntegerField:
    # What the page showed comes back beside what was typed: so a team that nobody touched stays as it is, even when
    # somebody else has changed it meanwhile.
    box = forms.NumberInput(attrs={"class": "control"})
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=box, show_hidden_initial=True)


class CommitmentForm(forms.Form):
    """What a team owes in every so many rotations; one for each team, told apart by their prefixes."""

    engineers = _number("Engineers", 0, 99)
    leads = _number("Leads", 0, 99)
    per = _number("In every … rotations", 1, 52)

    def __init__(self, data: Mapping[str, Any] | None = None, *, team: FeatureTeam, owes: Commitment | None) -> None:
        initial = {"engineers": 0, "leads": 0, "per": 1}
        if owes is not None:
            initial = {"engineers": owes.engineers, "leads": owes.leads, "per": owes.per}
        super().__init__(data, initial=initial, prefix=f"team-{team.pk}")
        self.team = team

    @property
    def typed(self) -> bool:
        """Whether it came with the request, and says something else than the page did."""
        return any(self.add_prefix(name) in self.data for name in self.fields) and self.has_changed()

    @property
    def wrong(self) -> bool:
        """Whether what was typed cannot be taken."""
        return self.typed and not self.is_valid()


class WishForm(forms.Form):
    """"Rather not" or "gladly", for some days. Who plans may note it for anybody on the roster."""

    person = forms.ModelChoiceField(Person.objects.none(), label="Who")
    kind = forms.ChoiceField(label="Wish", choices=WishKind.choices, widget=forms.RadioSelect, initial=WishKind.AVOID)
    starts_on = day_field("First day")
    last_on = day_field("Last day")
    note = NameField(label="Note", max_length=200, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, me: Person, others: bool) -> None:
        super().__init__(data, initial={"person": me.pk, "kind": WishKind.AVOID})
        if not others:
            del self.fields["person"]
            return
        who = self.fields["person"]
        assert isinstance(who, forms.ModelChoiceField)  # noqa: S101  (narrows the type)
        who.queryset = Person.objects.active()

    def clean(self) -> None:
        super().clean()
        first, last = self.cleaned_data.get("starts_on"), self.cleaned_data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", BEFORE)
