"""Correcting what is known of an incident."""

from datetime import datetime
from typing import Any

from django import forms

from escalations.forms.intake import LineField, TextField
from incidents.forms.declaring import LONGEST_KNOWN, bridge_field
from incidents.models import Incident
from incidents.rules.updates.times import NAMES
from people.models import validate_zone
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field


class EditForm(LocalTimes):
    """What is known. Times are in the reader's zone; `zone_of` is the one whose clocks the updates say."""

    title = LineField("What is down")
    known = TextField("What is known", rows=5, longest=LONGEST_KNOWN)
    bridge = bridge_field()
    expected = LineField("Expected resolution", help_text="In words for the customer: “by tonight, 8pmET”.")
    began_on = day_field("Down since", error_messages={"invalid": "Give a day, such as 2026-11-17.",
                                                       "required": "Say since when it is down."})
    began_time = time_field("At", error_messages={"invalid": "Give a time, such as 14:30."})
    began_which = which_field("Which of the two")
    zone_of = forms.CharField(label="Zone of the updates", max_length=64, validators=[validate_zone],
                              help_text="Updates say its clocks.", error_messages={"required": "Give a zone."},
                              widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}))

    def __init__(self, data: Any = None, *, incident: Incident, zone: str, **more: Any) -> None:
        super().__init__(data, **more)
        self.incident, self.zone = incident, zone
        self.fields["title"].asked = True  # type: ignore[attr-defined]
        self.fields["began_time"].required = True
        self.fields["began_time"].error_messages["required"] = "Say the time too."
        self.began: datetime | None = None

    @property
    def zones(self) -> list[str]:
        """Those that have a short name, to choose from."""
        return sorted(NAMES)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not values.get("title") and "title" not in self.errors:
            self.add_error("title", "Say in a few words what is down.")
        day, clock = values.get("began_on"), values.get("began_time")
        if day is not None and clock is not None:
            self.began = self._began(self.local(day, clock, self.zone, field="began_time", which="began_which"))
        return values

    def _began(self, given: datetime | None) -> datetime | None:
        """The moment; the seconds that no form shows stay as they were."""
        old = self.incident.began_at
        if given is None or given == old.replace(second=0, microsecond=0):
            return old if given else None
        if given > self.incident.at:
            self.add_error("began_time", "It began at the latest when it was declared.")
        return given

    @property
    def values(self) -> dict[str, object]:
        """What `actions.changing.edit` takes, of a valid form."""
        told = self.cleaned_data
        return {name: told[name] for name in ("title", "known", "bridge", "expected")} | {
            "began_at": self.began, "zone": told["zone_of"],
        }
