"""The form by which something is escalated: on the page, through the API, by a partner's link. One validation for all.

No field is required by itself: what must be there depends on the others (`rules.intake`).
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator

from escalations.choices import Category, Cloud, Database, Deployment, Kind, Level, Source
from escalations.rules import typed
from escalations.rules.intake import ONLY_HELPS, Missing, least, level_of, missing, wrong_level
from escalations.rules.pasted import mask_values
from people.forms import NormalEmailField
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field

LINE, LONG, LOGS = 200, 20_000, 100_000  # characters
TOO_LONG = "At most %(limit_value)s characters fit here; this has %(show_value)s."
LOGS_TOO_LONG = "At most %(limit_value)s characters fit here; this has %(show_value)s. Add the log as a file instead."
NO_CHOICE = {"invalid_choice": "Choose one of these."}
WHOLE = {"invalid": "Give a whole number.", "min_value": "At least one.", "max_value": "That is too many."}
NO_DAY = {"invalid": "Give a day, such as 2026-11-17."}
NO_TIME = {"invalid": "Give a time, such as 14:30."}
# What never holds a form back; the rest hangs on what stands in the others, and the side says so.
OPTIONAL = ONLY_HELPS | {"support_ticket", "support_mail", "mobile_version", "cloud", "began_time"}
# The fields of an escalation that the form fills as they are.
PLAIN = (
    "title", "category", "support_ticket", "support_mail", "server_version", "mobile_version", "deployment",
    "database", "database_version", "cloud", "hosting", "affected_people", "happened", "expected", "steps", "tried",
    "logs", "asking",
)


class LineField(forms.CharField):
    """One line, cleaned of what no line holds."""

    def __init__(self, label: str, *, longest: int = LINE, placeholder: str = "", **more: Any) -> None:
        attrs = {"placeholder": placeholder} if placeholder else {}
        super().__init__(label=label, required=False, widget=forms.TextInput(attrs=attrs | {"dir": "auto"}), **more)
        self.validators.append(MaxLengthValidator(longest, TOO_LONG))

    def to_python(self, value: Any) -> str:
        return typed.line(super().to_python(value) or "")


class TextField(forms.CharField):
    """Several lines."""

    def __init__(
        self, label: str, *, rows: int = 3, longest: int = LONG, placeholder: str = "", words: str = TOO_LONG,
        **more: Any,
    ) -> None:
        attrs = {"rows": rows, "dir": "auto"} | ({"placeholder": placeholder} if placeholder else {})
        super().__init__(label=label, required=False, widget=forms.Textarea(attrs=attrs), **more)
        self.validators.append(MaxLengthValidator(longest, words))

    def to_python(self, value: Any) -> str:
        return typed.text(super().to_python(value) or "")


def _choice(label: str, choices: Any, empty: str = "", **more: Any) -> forms.ChoiceField:
    """A choice that may be left open; `empty` is what stands there then."""
    offered = [("", empty), *choices] if empty else list(choices)
    return forms.ChoiceField(label=label, choices=offered, required=False, error_messages=NO_CHOICE, **more)


class IntakeForm(LocalTimes):
    """What is escalated. `files`: how many files lie beside the draft; `ticket_tells`: a ticket is known that tells
    the rest, so the least is enough. After `is_valid`: `asked_values` and `still_wanted`."""

    customer = LineField("Customer", longest=120)
    source = _choice("Where it comes from", Source.choices)
    support_ticket = LineField("Support ticket", longest=40, placeholder="48213")
    support_mail = NormalEmailField(
        label="Its mail address", required=False, max_length=254,
        error_messages={"invalid": "Give a mail address, such as ticket+48213@support.example.com.",
                        "max_length": "A mail address has at most 254 characters."},
        help_text="What we answer by mail lands in that ticket.",
    )
    confidential = forms.BooleanField(
        label="Confidential", required=False, help_text="Only its people, the leads and whoever is on duty see it."
    )
    level = _choice("Level", Level.choices, widget=forms.RadioSelect)
    kind = _choice("What is asked", Kind.choices, initial=Kind.PROBLEM)
    title = LineField("In one sentence", placeholder="Nobody can sign in through LDAP since the upgrade")
    category = _choice("Category", Category.choices, "Choose one")
    affected_people = LineField("People affected", longest=80, placeholder="about 1,900 of 2,000")
    asking = forms.IntegerField(
        label="How many customers ask for it", required=False, min_value=1, max_value=100_000, error_messages=WHOLE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    server_version = LineField("Server version", longest=40, placeholder="10.4.2",
                               help_text="With the patch number; it stands in the product under About.")
    mobile_version = LineField("App version and device", longest=40, placeholder="2.21.0, Pixel 8")
    deployment = _choice("Where it runs", Deployment.choices, "Choose one")
    database = _choice("Database", Database.choices, "Choose one")
    database_version = LineField("Database version", longest=40, placeholder="14.9")
    cloud = _choice("Whose machines", Cloud.choices, "Choose one")
    hosting = LineField("How it is set up", placeholder="3 nodes behind HAProxy, Elasticsearch")
    happened = TextField("What happens", rows=4, placeholder="What people see, the words of the error, since when")
    expected = TextField("What was expected", rows=2)
    steps = TextField("Steps to reproduce", placeholder="1. …", help_text="If nobody can reproduce it, say so.")
    began_on = day_field("When it began", required=False, error_messages=NO_DAY)
    began_time = time_field("At about", error_messages=NO_TIME)
    began_which = which_field("Which of the two")
    logs = TextField("Some lines of the log", longest=LOGS, words=LOGS_TOO_LONG,
                     help_text="From around the time. Whole logs and support bundles go in as files.")
    tried = TextField("What was tried, and what it changed", rows=3,
                      placeholder="Restarted the job, checked the bind user. No change.")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, at: datetime, zone: str, files: int = 0,
        ticket_tells: bool = False, **more: Any,
    ) -> None:
        super().__init__(data, **more)
        self.at, self.zone, self.files_there, self.ticket_tells = at, zone, files, ticket_tells
        for name, field in self.fields.items():
            field.asked = name not in OPTIONAL  # type: ignore[attr-defined]
        self.began: datetime | None = None
        self.began_day: date | None = None
        self.missing = Missing()

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        self._clean_began()
        if fault := wrong_level(values):
            self.add_error("level", fault)
        # An L1 goes as it is: what is wrong with its version is asked for afterwards.
        if level_of(values.get("level")) != Level.L1 and not self.ticket_tells:
            fault = typed.version_fault(values.get("server_version") or "")
            if fault:
                self.add_error("server_version", fault)
        self._clean_missing()
        return values

    def _clean_missing(self) -> None:
        values = self.cleaned_data | {"files": self.files_there, "began_at": self.began}
        self.missing = (least if self.ticket_tells else missing)(values)
        for need in self.missing.required:
            if need.field in self.fields and need.field not in self.errors:
                self.add_error(need.field, need.why)

    def _clean_began(self) -> None:
        day, clock = self.cleaned_data.get("began_on"), self.cleaned_data.get("began_time")
        if clock is not None and day is None and "began_on" not in self.errors:
            self.add_error("began_on", "Say the day too.")
        if day is None:
            return
        began = self.local(day, clock or time(0), self.zone, field="began_time", which="began_which")
        if began is not None:
            self._keep_began(began, "began_on")
            self.began_day = day if clock is None else None

    def _keep_began(self, began: datetime, field: str) -> None:
        if fault := typed.began_fault(began, self.at):
            self.add_error(field, fault)
        else:
            self.began = began

    @property
    def asked_values(self) -> dict[str, Any]:
        """The fields of `Escalation`, of a form that is valid."""
        values = self.cleaned_data
        return {name: values[name] for name in PLAIN if name in values} | {
            "level": int(values["level"]), "kind": values["kind"] or Kind.PROBLEM, "source": self.source_of(),
            "confidential": bool(values.get("confidential")), "began_at": self.began,
            "began_on": self.began_day,
        }

    @property
    def masked(self) -> int:
        """How many secrets will be masked in what was typed, of a form that is valid."""
        return mask_values(self.cleaned_data)[1]

    def source_of(self) -> str:
        """From whom it comes: as chosen, else as the page proposed."""
        return str(self.cleaned_data.get("source") or self.get_initial_for_field(self.fields["source"], "source")
                   or Source.SUPPORT)


class IntakeApiForm(IntakeForm):
    """The same, for programs: a moment instead of a day and a time."""

    began_on = None  # type: ignore[assignment]
    began_time = None  # type: ignore[assignment]
    began_which = None  # type: ignore[assignment]
    began_at = forms.DateTimeField(
        required=False, error_messages={"invalid": "Give a moment with its zone, such as 2026-11-17T14:30:00Z."}
    )

    def _clean_began(self) -> None:
        began = self.cleaned_data.get("began_at")
        if began is not None:
            self._keep_began(began, "began_at")


class PartnerForm(IntakeForm):
    """The same, by somebody outside: they say who they are, and where it comes from is known."""

    reporter_name = LineField("Your name", longest=120)
    reporter_email = NormalEmailField(
        label="Your mail address", required=False, max_length=254, help_text="We answer there.",
        error_messages={"invalid": "Give a mail address, such as you@example.com.",
                        "max_length": "A mail address has at most 254 characters."},
    )
    support_ticket = LineField("Your own number for it", longest=40)
    confidential = None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any]:
        for name, words in (("reporter_name", "Say who you are."), ("reporter_email", "Say where we answer.")):
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, words)
        return super().clean()

    def source_of(self) -> str:
        return Source.PARTNER


