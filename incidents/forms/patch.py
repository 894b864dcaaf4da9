"""One part of a fix's way as somebody types it."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents.actions.patch import Moved
from incidents.choices import THEIRS, PatchStage, PatchState
from incidents.queries.playbook import PatchLine
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field

URL = {"invalid": "This is no address: it begins with https://"}


class PatchForm(LocalTimes):
    """`moved` is what came of it. Times are those of `zone`, the reader's."""

    state = forms.ChoiceField(label="How far it is", choices=PatchState.choices)
    version = forms.CharField(label="Version", required=False, max_length=40)
    url = forms.URLField(label="Link", required=False, max_length=500, assume_scheme="https", error_messages=URL)
    approver = forms.CharField(label="Approved by, at the customer", required=False, max_length=120)
    approved_on = day_field("Approved on", required=False)
    approved_time = time_field("At")
    approved_which = which_field("Which of the two")
    note = forms.CharField(label="Note", required=False, max_length=300)

    def __init__(self, data: Any = None, *, line: PatchLine, zone: str) -> None:
        self.zone, self.line, self.approved_at = zone, line, line.approved_at
        local = line.approved_at.astimezone(ZoneInfo(zone)) if line.approved_at else None
        at = local.time().replace(second=0, microsecond=0, fold=0) if local else None
        self.shown = (local.date() if local else None, at)
        super().__init__(data, initial={
            "state": line.state, "version": line.version, "url": line.url, "note": line.note,
            "approver": line.approver, "approved_on": self.shown[0], "approved_time": self.shown[1],
        })
        if line.stage not in THEIRS:
            for name in ("approver", "approved_on", "approved_time", "approved_which"):
                del self.fields[name]
        if line.stage == PatchStage.PULL_REQUEST:
            self.fields["url"].label = "Pull request"

    @property
    def moved(self) -> Moved:
        given = self.cleaned_data
        return Moved(PatchState(given["state"]), given["version"], given["url"], given["note"],
                     given.get("approver", ""), self.approved_at)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url and not url.startswith(("http://", "https://")):
            raise forms.ValidationError("Only links that begin with http:// or https:// are taken.")
        return url

    def clean(self) -> None:
        if self.errors or "approver" not in self.fields:
            return
        day, at = self.cleaned_data["approved_on"], self.cleaned_data["approved_time"]
        if (day, at) == self.shown:  # left as it is: it may be to the second
            if self.cleaned_data["approver"] and self.cleaned_data["approver"] != self.line.approver:
                self.approved_at = None  # somebody else has approved it, and so now; that time was another's
            return
        if day is None and at is None:
            self.approved_at = None
        elif day is None or at is None:
            self.add_error("approved_on" if day is None else "approved_time", "Give the day and the time, or neither.")
        else:
            self.approved_at = self.local(day, at, self.zone, field="approved_time", which="approved_which")
