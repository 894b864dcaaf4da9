"""What was asked, corrected later."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from escalations import access
from escalations.actions.base import Refused
from escalations.actions.level import change_asked
from escalations.actions.people import path_of
from escalations.forms.intake import LOGS
from escalations.forms.intake import LONG as TEXT
from escalations.models import Escalation
from escalations.rules.pasted import mask_values, masked_words
from escalations.rules.typed import began_fault
from people.access import needs
from people.choices import Right
from portal.common import clock
from portal.common.answers import told
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field

LONG = {"happened": TEXT, "expected": TEXT, "steps": TEXT, "tried": TEXT, "logs": LOGS}
LABELS = {
    "title": "Title", "kind": "Kind", "category": "Category", "area": "Area", "server_version": "Server version",
    "mobile_version": "Mobile version", "deployment": "Deployment", "cloud": "Cloud", "database": "Database",
    "database_version": "Database version", "hosting": "Hosting", "affected_people": "People affected",
    "happened": "What happens", "expected": "What was expected", "steps": "Steps", "tried": "What was tried",
    "logs": "Lines of the log", "support_ticket": "Support ticket", "support_mail": "Its mail address",
}


class AskedForm(forms.ModelForm, LocalTimes):  # type: ignore[type-arg]
    """The fields that may be corrected: everything that was asked, but for customer, level and confidence.
    When it began is said as in the form: a day, and a time if it is known, by the clocks of `zone`."""

    began_on = day_field("When it began", required=False)
    began_time = time_field("At about")
    began_which = which_field("Which of the two")

    class Meta:
        model = Escalation
        fields = tuple(LABELS)
        labels = LABELS

    def __init__(self, *given: Any, zone: str, at: datetime, **named: Any) -> None:
        super().__init__(*given, **named)
        self.zone, self.at = zone, at
        self.began, self.began_day = self.instance.began_at, self.instance.began_on
        local = self.began.astimezone(ZoneInfo(zone)) if self.began else None
        if local is not None:
            self.initial["began_on"] = self.began_day or local.date()
            self.initial["began_time"] = None if self.began_day else local.time().replace(second=0, microsecond=0)
        for name, longest in LONG.items():
            self.fields[name] = forms.CharField(
                label=LABELS[name], required=False, max_length=longest, widget=forms.Textarea(attrs={"rows": 4})
            )


    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        day, clock_time = values.get("began_on"), values.get("began_time")
        if {"began_on", "began_time"} & set(self.changed_data) and "began_on" not in self.errors:
            if day is None and clock_time is not None:
                self.add_error("began_on", "Say the day too.")
            self.began, self.began_day = None, day if clock_time is None else None
            if day is not None:
                self.began = self.local(day, clock_time or time(0), self.zone, field="began_time", which="began_which")
            if fault := began_fault(self.began, self.at):
                self.add_error("began_on", fault)
        return values

    @property
    def asked_values(self) -> dict[str, Any]:
        """The fields of `Escalation` as they are to be, of a form that is valid."""
        values = {name: self.cleaned_data[name] for name in LABELS}
        return values | {"began_at": self.began, "began_on": self.began_day}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.RAISE_ESCALATIONS)
def edit(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    if row.reporter_id != person.pk and not access.reads_notes(person):
        raise PermissionDenied("Only its reporter and those who work on it correct what was asked.")
    # A copy: the head of a page that comes back is not to show what was refused.
    form = AskedForm(request.POST or None, instance=Escalation.objects.get(pk=row.pk), zone=person.zone, at=clock.now())
    if request.method == "POST" and form.is_valid():
        try:
            labels = change_asked(escalation=row, values=form.asked_values, by=person, at=clock.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            words = f"Changed: {', '.join(labels)}." if labels else "Nothing was different."
            hidden = masked_words(mask_values(form.asked_values)[1])
            return told(request, f"{words} {hidden}".strip(), tone="green", to=path_of(row))
    status = 422 if form.errors else 200
    return render(request, "escalations/thread/edit.html", {"form": form, "escalation": row}, status=status)
