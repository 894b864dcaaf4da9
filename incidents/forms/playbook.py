"""A step of an incident's playbook as somebody types it: whose it is, until when, what is known of it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents.models import IncidentStep
from people.models import Person
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field


class StepForm(LocalTimes):
    """`owner` and `due_at` are what came of it. Times are those of `zone`, the reader's."""

    owner_id = forms.ChoiceField(label="Who does it", required=False)
    due_on = day_field("Due on", required=False)
    due_time = time_field("At", help_text="In your own time.")
    due_which = which_field("Which of the two")
    note = forms.CharField(label="Note", required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None, *, step: IncidentStep, people: Sequence[Person], zone: str) -> None:
        self.zone, self.due_at = zone, step.due_at
        self.people = {str(person.pk): person for person in people}
        if step.owner is not None:
            self.people.setdefault(str(step.owner.pk), step.owner)
        self.shown = _shown(step.due_at, zone)
        super().__init__(data, initial={
            "owner_id": str(step.owner_id or ""), "due_on": self.shown[0], "due_time": self.shown[1], "note": step.note,
        })
        chosen = self.fields["owner_id"]
        if isinstance(chosen, forms.ChoiceField):
            chosen.choices = [("", "Nobody in particular"), *((key, one.name) for key, one in self.people.items())]

    @property
    def owner(self) -> Person | None:
        return self.people.get(self.cleaned_data["owner_id"])

    def clean(self) -> None:
        if self.errors:
            return
        day, at = self.cleaned_data["due_on"], self.cleaned_data["due_time"]
        if (day, at) == self.shown:
            return  # left as it is: it may be to the second
        if day is None and at is None:
            self.due_at = None
        elif day is None or at is None:
            self.add_error("due_on" if day is None else "due_time", "Give the day and the time, or neither.")
        else:
            self.due_at = self.local(day, at, self.zone, field="due_time", which="due_which")


def _shown(at: datetime | None, zone: str) -> tuple[date | None, time | None]:
    local = at.astimezone(ZoneInfo(zone)) if at else None
    return (local.date(), local.time().replace(second=0, microsecond=0, fold=0)) if local else (None, None)
