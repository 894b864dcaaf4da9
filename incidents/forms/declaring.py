"""The form by which an incident is declared: on the page, and through the API. A title and a customer are enough."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import URLValidator

from customers.models import Customer
from escalations.forms.intake import LineField, TextField
from escalations.models import Escalation
from incidents.actions.declaring import Declared
from incidents.choices import Decision, Kind, Role, Severity
from incidents.queries.suggesting import Choices
from incidents.rules.titles import without_customer
from people.models import Person
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field
from set_rotation.models import Page
from tickets.models import Ticket

AUTO = "auto"  # of the customer contact: whoever looks after the customer
NO_CHOICE = {"invalid_choice": "Choose one of these."}
NO_BRIDGE = "Give the whole address, such as https://meet.example.com/abc."
LONGEST_KNOWN, MOST_CUSTOMERS = 16_000, 20
# How much is down, in words: for the form and for whoever changes the severity.
MEANINGS = {
    Severity.SEV1: "Production is down for many, and there is no way around it.",
    Severity.SEV2: "Production is badly hurt: many are held up, or a way around it is hard.",
    Severity.SEV3: "Part of production fails, and people get by.",
}


def bridge_field() -> forms.CharField:
    """Where people talk, as an address."""
    return forms.CharField(
        label="Bridge", required=False, max_length=500, validators=[URLValidator(["http", "https"], message=NO_BRIDGE)],
        widget=forms.URLInput(attrs={"placeholder": "https://…", "autocomplete": "off"}),
    )


class DeclareForm(LocalTimes):
    """What somebody says of an incident. `choices`: whom the parts are offered to."""

    severity = forms.TypedChoiceField(label="Severity", choices=Severity.choices, coerce=int, initial=1,
                                      error_messages=NO_CHOICE, widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="Whose", choices=Kind.choices, initial=Kind.CUSTOMER, required=False,
                             error_messages=NO_CHOICE, widget=forms.RadioSelect)
    title = LineField("What is down", placeholder="Messages fail to post")
    known = TextField("What is known", rows=3, longest=LONGEST_KNOWN,
                      placeholder="About one message in five fails. Since the upgrade to 10.4.2.")
    bridge = bridge_field()
    began_on = day_field("Down since", required=False, error_messages={"invalid": "Give a day, such as 2026-11-17."})
    began_time = time_field("At", error_messages={"invalid": "Give a time, such as 14:30."})
    began_which = which_field("Which of the two")
    decision = forms.ChoiceField(label="Fix or revert", required=False, error_messages=NO_CHOICE,
                                 choices=[("", "Decided later"), *Decision.choices])
    decision_reason = LineField("Why", longest=300)
    private = forms.BooleanField(label="Private", required=False, help_text="Only its people see it.")
    drill = forms.BooleanField(label="Drill", required=False,
                               help_text="Nobody is paged, no customer hears of it, and no figure counts it.")

    def __init__(self, data: Any = None, *, at: datetime, zone: str, offered: Choices, **more: Any) -> None:
        super().__init__(data, **more)
        self.at, self.zone = at, zone
        self.people = {str(one.person.pk): one.person for one in (*offered.working, *offered.all)}
        for role in Role:
            self.fields[f"role_{role}"] = forms.ChoiceField(
                label=role.label, required=False, choices=role_choices(role, offered), error_messages=NO_CHOICE
            )
        for name in ("title", "severity"):
            self.fields[name].asked = True  # type: ignore[attr-defined]
        self.began: datetime | None = None

    @property
    def names(self) -> list[str]:
        """The customers as they were typed, each once."""
        given = self.data.getlist("customer") if hasattr(self.data, "getlist") else self.data.get("customer", [])
        typed = [" ".join(str(one).replace("\x00", "").split()) for one in given if str(one).strip()]
        return list(dict.fromkeys(typed))

    @property
    def theirs(self) -> list[str]:
        """The customers that are meant: none where it is our own server, whatever was typed before that was chosen."""
        return [] if self.data.get("kind") == Kind.COMMUNITY else self.names

    @property
    def parts(self) -> list[forms.BoundField]:
        """The fields of the parts, in their order."""
        return [self[f"role_{role}"] for role in Role]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not values.get("title") and "title" not in self.errors:
            self.add_error("title", "Say in a few words what is down.")
        if values.get("kind") != Kind.COMMUNITY and not self.names:
            self.add_error(None, "Name the customer whose production is down.")
        if len(self.theirs) > MOST_CUSTOMERS:
            self.add_error(None, f"At most {MOST_CUSTOMERS} customers fit here; add the others to the incident.")
        if any(len(name) > 120 for name in self.theirs):
            self.add_error(None, "A customer's name has at most 120 characters.")
        if values.get("decision") and not values.get("decision_reason"):
            self.add_error("decision_reason", "Say why: the decision is looked at again afterwards.")
        self._clean_parts()
        self._clean_began()
        return values

    def _clean_parts(self) -> None:
        """Nobody can do two parts at once, but whoever leads may also talk with the customer for a while."""
        held = [value for role in (Role.COMMANDER, Role.DEPUTY) if (value := self.cleaned_data.get(f"role_{role}"))]
        if len(held) == 2 and held[0] == held[1]:
            self.add_error(f"role_{Role.DEPUTY}", "The deputy is somebody else than the commander.")

    def _clean_began(self) -> None:
        day, clock = self.cleaned_data.get("began_on"), self.cleaned_data.get("began_time")
        if clock is not None and day is None and "began_on" not in self.errors:
            self.add_error("began_on", "Say the day too.")
        if day is None:
            return
        began = self.local(day, clock or time(0), self.zone, field="began_time", which="began_which")
        if began is not None and began > self.at:
            self.add_error("began_time", "That lies ahead: it cannot have begun in the future.")
        self.began = began

    def declared(
        self, *, submission: UUID, escalation: Escalation | None = None, page: Page | None = None,
        ticket: Ticket | None = None, customers: Sequence[Customer] = (),
    ) -> Declared:
        """What is declared, of a valid form. `customers`: those that it names."""
        values = self.cleaned_data
        community = values["kind"] == Kind.COMMUNITY
        title = without_customer(values["title"], [*self.theirs, *(row.name for row in customers)])
        return Declared(
            severity=Severity(values["severity"]), title=title, submission=submission, began_at=self.began,
            customers=() if community else customers, known=values["known"],
            kind=Kind.COMMUNITY if community else Kind.CUSTOMER, bridge=values["bridge"],
            private=values["private"], drill=values["drill"], escalation=escalation, page=page, ticket=ticket,
            decision=Decision(values["decision"]) if community and values["decision"] else None,
            decision_reason=values["decision_reason"] if community else "", roles=self.roles(customers),
        )

    def roles(self, customers: Sequence[Customer]) -> dict[Role, Person]:
        """Who has which part, of a valid form; the contact of whoever looks after the customer, where that was left."""
        chosen: Mapping[str, Any] = self.cleaned_data
        found = {role: self.people[chosen[f"role_{role}"]] for role in Role
                 if chosen.get(f"role_{role}") in self.people}
        if chosen.get(f"role_{Role.CUSTOMER_CONTACT}") == AUTO:
            cares = [one for row in customers for one in (row.tam, row.csm) if one and str(one.pk) in self.people]
            if cares:
                found[Role.CUSTOMER_CONTACT] = cares[0]
        return found


def role_choices(role: Role, offered: Choices) -> list[tuple[str, str]]:
    """What the select of a part offers."""
    people = [(str(one.person.pk), one.label) for one in offered.of(role)]
    first = [(AUTO, "The customer's TAM or CSM")] if role == Role.CUSTOMER_CONTACT else []
    return [*first, ("", "Nobody yet"), *people]
