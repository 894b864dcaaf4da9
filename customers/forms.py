"""What people type about customers, checked."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from customers.choices import Plan
from customers.models import Contact, Customer
from customers.rules import names
from customers.rules.hours import WEEKDAYS
from customers.rules.imports import cells
from people import rules
from people.forms import NameField, ZoneSelect
from people.models import Person, team_zone

COLUMNS = ("plan", "arr", "seats", "zone", "opens", "closes", "weekdays", "csm", "tam", "notes")
PAST, FUTURE = date(2000, 1, 1), date(2100, 1, 1)


class ReadField(forms.CharField):
    """A text that one of the import's readers understands; what cannot be read says so in the reader's words."""

    def __init__(self, *, reader: Callable[[str], Any], written: Callable[[Any], str] = str, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 60, "required": False} | kwargs)
        self.reader, self.written = reader, written

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.reader(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.written(value)


def _money(value: Decimal) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _time(value: time) -> str:
    return f"{value:%H:%M}"


class CustomerForm(forms.Form):
    """Everything of a customer that stands in a column. Without the right to see money there is no field for it."""

    name = NameField(max_length=names.LONGEST)
    plan = forms.ChoiceField(required=False, choices=[("", "Not known"), *Plan.choices])
    arr = ReadField(reader=cells.money, written=_money, label="ARR",
                    help_text="US dollars a year; 410000 and 410,000.00 are the same.")
    seats = ReadField(reader=cells.seats, label="Licensed seats")
    csm = forms.ModelChoiceField(Person.objects.none(), required=False, label="CSM", empty_label="Nobody",
                                 help_text="The customer success manager.")
    tam = forms.ModelChoiceField(Person.objects.none(), required=False, label="TAM", empty_label="Nobody",
                                 help_text="The technical account manager.")
    zone = forms.ChoiceField(label="Time zone", widget=ZoneSelect)
    opens = ReadField(reader=cells.clock, written=_time, required=True, label="Opens")
    closes = ReadField(reader=cells.clock, written=_time, required=True, label="Closes",
                       help_text="On their own clock; 24:00 is midnight.")
    weekdays = forms.TypedMultipleChoiceField(
        label="Open on", coerce=int, choices=list(enumerate(WEEKDAYS)), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "An office is open on one day at least."},
    )
    notes = forms.CharField(required=False, max_length=cells.MOST_NOTES, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self, data: Any = None, *, sees_money: bool, customer: Customer | None = None, name: str = ""
    ) -> None:
        super().__init__(data, initial=_initial(customer) if customer else _at_first(name))
        if not sees_money:
            del self.fields["arr"]
        own = {customer.csm_id, customer.tam_id} if customer else set()
        people = Person.objects.filter(Q(is_active=True) | Q(pk__in=own - {None}))
        for name in ("csm", "tam"):
            self._field(name, forms.ModelChoiceField).queryset = people
        offered = rules.zones()
        zone = str(self.initial["zone"])
        extra = () if zone in offered or not rules.zone_exists(zone) else (zone,)
        self._field("zone", forms.ChoiceField).choices = [(one, one) for one in (*extra, *offered)]

    def clean_closes(self) -> time:
        closes: time = self.cleaned_data["closes"]
        if closes != time(0) and closes <= self.cleaned_data.get("opens", time(0)):
            raise ValidationError("The office closes after it opens, on the same day.")
        return closes

    def clean_weekdays(self) -> list[int]:
        return sorted(self.cleaned_data["weekdays"])

    def clean_notes(self) -> str:
        return cells.one_ending(self.cleaned_data["notes"])

    @property
    def changes(self) -> dict[str, object]:
        """The columns, but for the name."""
        return {name: self.cleaned_data[name] for name in COLUMNS if name in self.fields}

    def _field(self, name: str, kind: type[Any]) -> Any:
        field = self.fields[name]
        assert isinstance(field, kind)  # noqa: S101  (narrows the type)
        return field


def _at_first(name: str) -> dict[str, Any]:
    return {"name": name, "zone": team_zone(), "opens": time(9), "closes": time(17), "weekdays": [0, 1, 2, 3, 4]}


def _initial(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in ("name", *COLUMNS)}


class ContactForm(forms.Form):
    """Somebody on the customer's side."""

    name = NameField(max_length=names.LONGEST)
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    role = NameField(label="What they are there", required=False, max_length=80)
    phone = NameField(required=False, max_length=40)

    def __init__(self, data: Any = None, *, contact: Contact | None = None) -> None:
        initial = {name: getattr(contact, name) for name in ("name", "email", "role", "phone")} if contact else {}
        super().__init__(data, initial=initial)

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        try:
            return cells.address(email) if email else ""
        except ValueError as error:
            raise ValidationError(str(error)) from error


class AliasForm(forms.Form):
    name = NameField(label="Another name", max_length=names.LONGEST)


class HolidayForm(forms.Form):
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    name = NameField(label="What it is", required=False, max_length=80)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not PAST <= day < FUTURE:
            raise ValidationError("This day is too far away.")
        return day


class FileForm(forms.Form):
    file = forms.FileField(label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
                           error_messages={"required": "Choose a file first.", "empty": "The file is empty."})
