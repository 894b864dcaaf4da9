"""One more target of an incident."""

from typing import Any

from django import forms

from customers.models import Customer
from incidents.choices import Reading, TargetKind
from incidents.models import Incident
from incidents.queries.targets import lists_to_add

CHANNEL, LIST, MAIL = "channel", "list", "mail"


class TargetForm(forms.Form):
    """`where` is a channel or a mail address, as somebody types it; `list` one of the stakeholder lists."""

    way = forms.ChoiceField(label="What", choices=[(CHANNEL, "Channel"), (MAIL, "Mail address"), (LIST, "Mail list")],
                            initial=CHANNEL)
    where = forms.CharField(label="Channel or address", required=False, max_length=300,
                            help_text="~customer-northwind, or ana@example.com")
    list = forms.TypedChoiceField(label="Mail list", required=False, coerce=int, empty_value=None)
    customer = forms.ModelChoiceField(Customer.objects.none(), label="Which customer", required=False,
                                      empty_label="Choose a customer",
                                      help_text="They read nothing of the others whose production is down.")
    reading = forms.ChoiceField(label="What they read", choices=Reading.choices, initial=Reading.INTERNAL)

    def __init__(self, *args: Any, incident: Incident, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = [(row.pk, row.name) for row in lists_to_add(incident)]
        self.fields["list"].choices = [("", "Choose a list"), *rows]  # type: ignore[attr-defined]
        if not rows:
            self.fields["way"].choices = [(CHANNEL, "Channel"), (MAIL, "Mail address")]  # type: ignore[attr-defined]
        self.fields["customer"].queryset = Customer.objects.filter(  # type: ignore[attr-defined]
            incidents__incident=incident).order_by("incidents__pk")
        self.several = incident.customers.count() > 1
        if incident.drill:
            theirs = [choice for choice in Reading.choices if choice[0] != Reading.CUSTOMER]
            self.fields["reading"].choices = theirs  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("way") == LIST and not given.get("list"):
            self.add_error("list", "Choose a list.")
        if given.get("way") in {CHANNEL, MAIL} and not given.get("where"):
            self.add_error("where", "Say which one.")
        if self.several and given.get("reading") == Reading.CUSTOMER and not given.get("customer"):
            self.add_error("customer", "Say whose reading goes there: they read nothing of the others.")
        return given

    def target(self) -> tuple[TargetKind, Reading, str]:
        """What was chosen, as `add_target` takes it."""
        given = self.cleaned_data
        kind = TargetKind.CHANNEL if given["way"] == CHANNEL else TargetKind.MAIL
        return kind, Reading(given["reading"]), f"list:{given['list']}" if given["way"] == LIST else given["where"]
