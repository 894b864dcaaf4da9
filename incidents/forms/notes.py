"""A note for the timeline, as somebody types it."""

import uuid
from datetime import datetime

from django import forms
from django.http import QueryDict

from incidents.actions.notes import LONGEST
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field


class NoteForm(LocalTimes):
    """`when` is None where no other time was given: it is of now."""

    text = forms.CharField(
        label="What happened", max_length=LONGEST, strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "The first line is the line; Markdown below it"}),
        error_messages={"required": "Write what happened.", "max_length": f"At most {LONGEST:,} characters."},
    )
    on = day_field("Day", required=False)
    time = time_field("Time")
    which = which_field("Which of the two")
    pinned = forms.BooleanField(label="Pin it", required=False)
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, zone: str, today: datetime) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex}, auto_id="note-%s")
        self.zone, self.today = zone, today
        self.when: datetime | None = None

    def clean(self) -> None:
        told = self.cleaned_data
        told["key"] = told.get("key", "").replace("\x00", "") or uuid.uuid4().hex
        if told.get("on") and not told.get("time"):
            self.add_error("time", "Say at what time of that day.")
        if told.get("time"):
            # A time without a day is of today, as somebody at 3 am means it.
            self.when = self.local(told.get("on") or self.today.date(), told["time"], self.zone, field="time",
                                   which="which")
