"""Leave by hand, and calendars that it is read from."""

from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from people.forms import NameField, ZoneSelect
from people.models import Person
from people.rules import zone_exists, zones
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field
from set_rotation.models import Away
from set_rotation.rules.local import days, moments, whole_days

SHARED = "shared"


class AwayForm(LocalTimes):
    """When somebody is away: whole days, or with times. `stretch` is what came of it."""

    person = forms.ModelChoiceField(Person.objects.none(), label="Who")
    starts_on = day_field("First day")
    starts_time = time_field("From")
    starts_which = which_field("Which of the two")
    ends_on = day_field("Last day")
    ends_time = time_field("Until")
    ends_which = which_field("Which of the two")
    zone = forms.ChoiceField(label="In the clocks of", widget=ZoneSelect)
    note = NameField(label="Note", max_length=200, required=False)

    def __init__(
        self, data: QueryDict | None = None, *, person: Person, away: Away | None = None, others: bool = False
    ) -> None:
        self.whose = away.person if away else person
        super().__init__(data, initial=_initial(away) if away else {"person": person.pk, "zone": person.zone})
        self.stretch: tuple[datetime, datetime] | None = None
        self.all_day = True
        if others and away is None:
            field = self.fields["person"]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (narrows the type)
            field.queryset = Person.objects.active()
        else:
            del self.fields["person"]
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101
        own = self.whose.zone
        extra = (own,) if own not in zones() and zone_exists(own) else ()
        zone.choices = [(name, name) for name in (*extra, *zones())]
        self.fields["note"].help_text = "Seen by you and by whoever plans rotations."

    @property
    def meant(self) -> Person:
        """Whose leave it is."""
        chosen: Person | None = self.cleaned_data.get("person")
        return chosen or self.whose

    def clean(self) -> None:
        told = self.cleaned_data
        if not {"starts_on", "ends_on", "zone"} <= told.keys() or self.errors:
            return
        zone = str(told["zone"])
        first, last = told["starts_on"], told["ends_on"]
        if last < first:
            self.add_error("ends_on", "It ends before it starts.")
            return
        starts_at, ends_at = days(first, last, zone)
        self.all_day = told.get("starts_time") is None and told.get("ends_time") is None
        begins: datetime | None = starts_at
        over: datetime | None = ends_at
        if told.get("starts_time") is not None:
            begins = self.local(first, told["starts_time"], zone, field="starts_time", which="starts_which")
        if told.get("ends_time") is not None:
            over = self.local(last, told["ends_time"], zone, field="ends_time", which="ends_which")
        if begins is None or over is None:
            return
        if over <= begins:
            self.add_error("ends_time" if told.get("ends_time") else "ends_on", "It ends before it starts.")
            return
        self.stretch = begins, over


def _initial(away: Away) -> dict[str, object]:
    """The stored times, in the clocks of whoever is away."""
    zone = away.person.zone
    shown: dict[str, object] = {"zone": zone, "note": away.note}
    whole = whole_days(away.starts_at, away.ends_at, zone)
    if whole is not None:
        return shown | {"starts_on": whole[0], "ends_on": whole[1]}
    for name, each in (("starts", away.starts_at), ("ends", away.ends_at)):
        local = each.astimezone(ZoneInfo(zone))
        at = local.time().replace(fold=0)
        twice = len(moments(local.date(), at, zone)) > 1
        which = ("second" if local.fold else "first") if twice else ""
        shown |= {f"{name}_on": local.date(), f"{name}_time": at, f"{name}_which": which}
    return shown


class FeedForm(forms.Form):
    """A calendar that leave is read from: somebody's own, or a shared one whose entries name people."""

    name = NameField(label="Name", max_length=80)
    address = forms.CharField(
        label="Address", max_length=2000, help_text="The secret address in iCal format, from the calendar's settings. "
        "It is shown to nobody afterwards.",
        widget=forms.TextInput(attrs={
            "autocomplete": "off", "inputmode": "url", "placeholder": "https://…/basic.ics", "spellcheck": "false",
        }),
    )
    whose = forms.ChoiceField(label="Whose leave")

    def __init__(self, data: QueryDict | None = None, *, person: Person, others: bool = False) -> None:
        super().__init__(data, initial={"whose": str(person.pk)})
        self.person, self.others = person, others
        whose = self.fields["whose"]
        assert isinstance(whose, forms.ChoiceField)  # noqa: S101  (narrows the type)
        people = [(str(pk), name) for pk, name in Person.objects.active().values_list("pk", "name")] if others else []
        whose.choices = [(str(person.pk), "Mine"), (SHARED, "Of the team: its entries name people"),
                         *[pair for pair in people if pair[0] != str(person.pk)]]
        if not others:
            del self.fields["whose"]

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip()
        if address.casefold().startswith("webcal:"):
            address = "https:" + address.partition(":")[2]
        try:
            parts = urlsplit(address)
            _ = parts.port
        except ValueError as error:
            raise ValidationError("That is no address.") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or not address.isprintable() or " " in address:
            raise ValidationError("Give an address that begins with https://, http:// or webcal://.")
        return address

    @property
    def owner(self) -> Person | None:
        """Whose calendar it is; None for a shared one."""
        chosen = self.cleaned_data.get("whose") or str(self.person.pk)
        return None if chosen == SHARED else Person.objects.get(pk=int(chosen))
