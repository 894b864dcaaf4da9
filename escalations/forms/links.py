"""What is said of a link for a partner."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from customers.models import Customer
from customers.queries.find import by_name
from escalations.forms.intake import LineField


class LinkForm(forms.Form):
    """For whom it is, whose problems it takes, how long it holds."""

    LASTS = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"))
    name = LineField("For whom", longest=120, placeholder="Contoso Partners, Ana Lima")
    customer = LineField("Their customer", longest=120, help_text="Left empty, they name the customer themselves.")
    lasts = forms.ChoiceField(label="Holds for", choices=LASTS, initial="30",
                              error_messages={"invalid_choice": "Choose one of these."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].asked = True  # type: ignore[attr-defined]
        self.found: Customer | None = None

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name:
            raise forms.ValidationError("Say for whom it is: by that you know it again.")
        return name

    def clean_customer(self) -> str:
        name: str = self.cleaned_data["customer"]
        self.found = by_name(name) if name else None
        if name and self.found is None:
            raise forms.ValidationError("Nobody of this name is known. Leave it empty, or add the customer first.")
        return name

    def ends_at(self, at: datetime) -> datetime:
        """When it ends, of a valid form."""
        return at + timedelta(days=int(self.cleaned_data["lasts"]))
