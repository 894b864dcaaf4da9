"""What is said of a list of stakeholders, and of who is on it."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from customers.models import Customer
from incidents.actions.stakeholders import Told
from incidents.choices import Reading, Severity
from incidents.models import StakeholderList
from incidents.queries.stakeholders import OF_SEVERITY
from people.forms import NormalEmailField
from people.models import Person

ONE_OF_THESE = {"invalid_choice": "Choose one of these.", "required": "Choose one of these."}
READINGS = {
    Reading.EXECUTIVE: "Executive: status, impact, what comes next", Reading.INTERNAL: "Internal: everything",
    Reading.CUSTOMER: "Customer: what the customer is told, once it is approved",
}


class ListForm(forms.Form):
    """A list: its name, whose incidents, how urgent, and what it gets of each update."""

    name = forms.CharField(label="Name", max_length=80, error_messages={"required": "Give the list a name."})
    customer = forms.ModelChoiceField(Customer.objects.none(), label="Incidents of", required=False,
                                      empty_label="every customer", error_messages=ONE_OF_THESE)
    severity = forms.TypedChoiceField(label="How urgent", coerce=int, choices=list(OF_SEVERITY.items()),
                                      initial=Severity.SEV1, error_messages=ONE_OF_THESE)
    reading = forms.ChoiceField(label="What it gets", choices=list(READINGS.items()), initial=Reading.EXECUTIVE,
                                error_messages=ONE_OF_THESE)

    def __init__(self, *args: Any, row: StakeholderList | None = None, **kwargs: Any) -> None:
        if row is not None:
            kwargs["initial"] = {"name": row.name, "customer": row.customer_id, "severity": row.severity,
                                 "reading": row.reading}
        super().__init__(*args, **kwargs)
        field = self.fields["customer"]
        field.queryset = Customer.objects.current()  # type: ignore[attr-defined]
        field.asked = True  # type: ignore[attr-defined]

    @property
    def told(self) -> Told:
        """What a valid form says."""
        given = self.cleaned_data
        return Told(name=given["name"], severity=Severity(given["severity"]), reading=Reading(given["reading"]),
                    customer=given["customer"])


class MemberForm(forms.Form):
    """One of us, or an address."""

    person = forms.ModelChoiceField(Person.objects.none(), label="One of us", required=False, empty_label="nobody",
                                    error_messages=ONE_OF_THESE)
    email = NormalEmailField(
        label="Or an address", required=False, max_length=254,
        error_messages={"invalid": "That is no e-mail address: write one such as ana@example.com."},
    )
    name = forms.CharField(label="Whose it is", required=False, max_length=120)

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
