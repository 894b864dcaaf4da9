"""How somebody is reached, as they type it. An address is a secret: no answer repeats it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from people.forms import NameField
from set_rotation.models import NoticeChoice
from set_rotation.rules.contacts import LONGEST_WAIT, Rung


class SecretInput(forms.TextInput):
    """A field whose content is never drawn, neither when it was refused."""

    def format_value(self, value: Any) -> str | None:
        return None


class WayForm(forms.Form):
    """Another way to be reached."""

    label = NameField(label="Name", max_length=60, required=False, help_text="Such as “My phone”.")
    address = forms.CharField(
        label="Address", max_length=1000, error_messages={"required": "Paste an address such as pover://…"},
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off",
                                  "placeholder": "pover://USER_KEY@APP_TOKEN"}),
        help_text="A secret: it is kept, used and never shown again.",
    )


class StepForm(forms.Form):
    """A step of a ladder; `rung` is what came of it."""

    target = forms.ChoiceField(label="Reach me by")
    minutes = forms.IntegerField(label="after minutes", min_value=0, max_value=LONGEST_WAIT, initial=0)

    def __init__(self, data: QueryDict | None = None, *, targets: Sequence[tuple[str, str]], prefix: str = "") -> None:
        super().__init__(data, auto_id=f"id_{prefix}_%s" if prefix else "id_%s")
        target = self.fields["target"]
        assert isinstance(target, forms.ChoiceField)  # noqa: S101  (narrows the type)
        target.choices = list(targets)
        target.error_messages["invalid_choice"] = "That way was removed meanwhile: choose another one."

    @property
    def rung(self) -> Rung:
        """The step; only of a form that is valid."""
        return Rung(self.cleaned_data["minutes"], self.cleaned_data["target"])


class NoticeForm(forms.Form):
    """Of what somebody is told, and by which way."""

    mattermost = forms.BooleanField(label="Mattermost message", required=False)
    mail = forms.BooleanField(label="Mail", required=False)
    week_before = forms.BooleanField(label="A week before my duty", required=False)
    day_before = forms.BooleanField(label="A day before my duty", required=False)
    at_start = forms.BooleanField(label="When my duty begins", required=False)
    at_end = forms.BooleanField(label="When my duty ends", required=False)
    look_at_questions = forms.BooleanField(
        label="Look at the questions to R&D, twice a day", required=False, help_text="While I am primary."
    )

    WAYS = ("mattermost", "mail")

    def __init__(self, data: QueryDict | None = None, *, choice: NoticeChoice) -> None:
        super().__init__(data, initial={name: getattr(choice, name) for name in self.base_fields})

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not any(found.get(name) for name in self.WAYS):
            raise ValidationError("Choose Mattermost, mail or both: a duty that nobody tells you of is a duty missed.")
        return found

    @property
    def ways(self) -> list[forms.BoundField]:
        return [self[name] for name in self.WAYS]

    @property
    def reminders(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.WAYS]
