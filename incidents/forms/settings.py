"""Statuses, how often updates are promised, and a few bounds, as a coordinator types them."""

from collections.abc import Sequence
from typing import Any

from django import forms

from incidents.actions.settings import StatusGiven
from incidents.choices import Phase, Severity
from incidents.models import Cadence, IncidentSettings, IncidentStatus
from people.forms import NameField

TONES = [("red", "Red"), ("amber", "Amber"), ("blue", "Blue"), ("green", "Green"), ("grey", "Grey")]
DAY = 24 * 60
BOUNDS = {"min_value": "At least %(limit_value)s.", "max_value": "At most %(limit_value)s."}  # there is little room
NAMELESS = "A status has a name. One that is no longer used is ticked as such."


class StatusForm(forms.Form):
    """One status; the one without a name is not there."""

    position = forms.IntegerField(label="Number", min_value=1, max_value=99, error_messages=BOUNDS)
    name = NameField(label="Status", max_length=60, error_messages={"required": NAMELESS})
    words = forms.CharField(label="In a customer's words", max_length=120, required=False)
    tone = forms.ChoiceField(label="Colour", choices=TONES)
    phase = forms.TypedChoiceField(label="On the customer's line", choices=Phase.choices, coerce=int)
    stops = forms.BooleanField(label="no next update need be promised", required=False)
    resolves = forms.BooleanField(label="ends the outage", required=False)
    identifies = forms.BooleanField(label="the cause is known", required=False)
    archived = forms.BooleanField(label="not used any more", required=False)

    def __init__(self, data: Any = None, *, row: IncidentStatus | None, place: int) -> None:
        self.row = row
        names = [*self.base_fields]
        begun = {name: getattr(row, name) for name in names} if row else {"phase": Phase.IDENTIFIED, "tone": "amber"}
        super().__init__(data, prefix=f"status-{row.pk if row else 'new'}", initial=begun | {"position": place})
        self.fields["name"].required = row is not None

    @property
    def given(self) -> StatusGiven | None:
        told = self.cleaned_data
        return StatusGiven(pk=self.row.pk if self.row else None, **told) if told["name"] else None


class CadenceForm(forms.Form):
    """One severity, in minutes."""

    first = forms.IntegerField(label="First after", min_value=1, max_value=DAY, error_messages=BOUNDS)
    then = forms.IntegerField(label="Then every", min_value=1, max_value=7 * DAY, error_messages=BOUNDS)
    longest = forms.IntegerField(label="Reason after", min_value=1, max_value=7 * DAY, error_messages=BOUNDS)

    def __init__(self, data: Any = None, *, row: Cadence) -> None:
        self.severity = Severity(row.severity)
        super().__init__(data, prefix=f"sev{row.severity}",
                         initial={"first": row.first, "then": row.then, "longest": row.longest})

    def clean(self) -> None:
        told = self.cleaned_data
        if not self.errors and told["longest"] < max(told["first"], told["then"]):
            self.add_error("longest", "Less than what is promised by itself: every promise would need a reason.")

    @property
    def given(self) -> tuple[int, int, int]:
        return self.cleaned_data["first"], self.cleaned_data["then"], self.cleaned_data["longest"]


class BoundsForm(forms.Form):
    """The rest."""

    executive_after = forms.IntegerField(label="The executive is told after", min_value=5, max_value=DAY,
                                         help_text="Minutes since it began.", error_messages=BOUNDS)
    executives = forms.BooleanField(label="All executives get the executive's reading of each Sev1", required=False)
    snooze = forms.IntegerField(label="A reminder is snoozed for at most", min_value=1, max_value=60,
                                help_text="Minutes; never past what was promised.", error_messages=BOUNDS)
    watch = forms.IntegerField(label="A resolved incident is watched for", min_value=1, max_value=168,
                               help_text="Hours.", error_messages=BOUNDS)
    link_days = forms.IntegerField(label="A customer's link lasts", min_value=1, max_value=90, help_text="Days.",
                                   error_messages=BOUNDS)
    emoji = forms.RegexField(
        label="Posts marked with this stand on the timeline", regex=r"^:?[a-z0-9_+-]{1,38}:?$",
        help_text="An emoji of Mattermost by its name, such as pushpin.",
        error_messages={"invalid": "Only its name, such as pushpin: small letters, digits, _, + and -."},
    )

    def __init__(self, data: Any = None, *, row: IncidentSettings) -> None:
        super().__init__(data, prefix="bounds", initial={name: getattr(row, name) for name in self.base_fields})

    def clean_emoji(self) -> str:
        return str(self.cleaned_data["emoji"]).strip(":")


def status_forms(data: Any, rows: Sequence[IncidentStatus]) -> list[StatusForm]:
    """A form for each status, and an empty one."""
    known = [StatusForm(data, row=row, place=place) for place, row in enumerate(rows, start=1)]
    return [*known, StatusForm(data, row=None, place=len(rows) + 1)]
