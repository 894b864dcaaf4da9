"""One more target of an incident."""

from typing import Any

from django import forms

from customers.models import Customer
from incidents.choices import Reading, TargetKind
from incidents.models import Incident, StakeholderList
from incidents.queries.targets import lists_to_add


class TargetForm(forms.Form):
    """A channel or a mail address, as somebody types it."""

    where = forms.CharField(label="Channel or mail address", max_length=300,
                            help_text="~customer-northwind, or ana@example.com")
    reading = forms.ChoiceField(label="What they read", choices=Reading.choices, initial=Reading.INTERNAL)
    customer = forms.ModelChoiceField(Customer.objects.none(), label="Which customer", required=False,
                                      empty_label="Choose a customer",
                                      help_text="They read nothing of the others whose production is down.")

    def __init__(self, *args: Any, incident: Incident, **more: Any) -> None:
        super().__init__(*args, **more)
        theirs = Customer.objects.filter(incidents__incident=incident).order_by("incidents__pk")
        self.fields["customer"].queryset = theirs  # type: ignore[attr-defined]
        self.several = theirs.count() > 1
        if incident.drill:
            ours = [choice for choice in Reading.choices if choice[0] != Reading.CUSTOMER]
            self.fields["reading"].choices = ours  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.several and given.get("reading") == Reading.CUSTOMER and not given.get("customer"):
            self.add_error("customer", "Say whose reading goes there: they read nothing of the others.")
        return given

    def wanted(self) -> dict[str, Any]:
        """What `add_target` is to be given."""
        given = self.cleaned_data
        channel = "@" not in given["where"] or "/" in given["where"]
        return {
            "kind": TargetKind.CHANNEL if channel else TargetKind.MAIL, "reading": Reading(given["reading"]),
            "address": given["where"], "customer": given["customer"] if self.several else None,
        }


class ListForm(forms.Form):
    """A stakeholder list; what its people read stands with it."""

    list = forms.ModelChoiceField(StakeholderList.objects.none(), label="Mail list", empty_label="Choose a list")

    def __init__(self, *args: Any, incident: Incident, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["list"].queryset = lists_to_add(incident)  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """What `add_target` is to be given."""
        row: StakeholderList = self.cleaned_data["list"]
        return {"kind": TargetKind.MAIL, "reading": Reading(row.reading), "address": f"list:{row.pk}"}
