"""What is said of a customer's private page."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from customers.models import Customer
from incidents.queries.public import OURS

DAYS = (1, 3, 7, 14, 30, 60)


class LinkForm(forms.Form):
    """For which customer of the incident it is, and how long it holds. `usual`: the days that the settings say."""

    customer = forms.TypedChoiceField(label="For", error_messages={"invalid_choice": "Choose one of these.",
                                                                   "required": "Choose the customer whose page it is."})
    days = forms.TypedChoiceField(label="Holds for", coerce=int, error_messages={
        "invalid_choice": "Choose one of these.", "required": "Choose how long it holds."})

    def __init__(self, *args: Any, customers: list[Customer], usual: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(one.pk): one for one in customers}
        days = sorted({*DAYS, usual})
        self.fields["customer"].choices = [(pk, one.name) for pk, one in self.known.items()] or [("0", OURS)]  # type: ignore[attr-defined]
        self.fields["days"].choices = [(one, "a day" if one == 1 else f"{one} days") for one in days]  # type: ignore[attr-defined]
        self.fields["days"].initial = usual

    @property
    def chosen(self) -> Customer | None:
        """The customer of a valid form; None: it is our own server that is down."""
        return self.known.get(self.cleaned_data["customer"])

    def ends_at(self, at: datetime) -> datetime:
        """When it ends, of a valid form."""
        days: int = self.cleaned_data["days"]
        return at + timedelta(days=days)
