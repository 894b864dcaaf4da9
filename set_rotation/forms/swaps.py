"""What is asked for in a swap, and until when a running seat is taken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from people.forms import NameField
from people.models import Person
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field
from set_rotation.queries.replace import StandIn
from set_rotation.queries.swaps import Held
from set_rotation.rules.duty import Span
from set_rotation.rules.local import moments

EVERYBODY = "all"
HOUR = timedelta(hours=1)


class SwapForm(LocalTimes):
    """A stretch of one duty, whom to ask, and what is offered in return. `span` and `back` are what came of it."""

    starts_on = day_field("From")
    starts_time = forms.TimeField(label="At", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    starts_which = which_field("Which of the two")
    ends_on = day_field("To")
    ends_time = forms.TimeField(label="At", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    ends_which = which_field("Which of the two")
    asked = forms.ChoiceField(label="Whom to ask", widget=forms.RadioSelect)
    in_return = forms.ChoiceField(label="In return I take", required=False)
    reason = NameField(label="Why", max_length=200, required=False)

    def __init__(
        self, data: QueryDict | None = None, *, duty: Held, others: Sequence[StandIn], theirs: Sequence[Held],
        zone: str, at: datetime,
    ) -> None:
        self.duty, self.zone, self.theirs = duty, zone, {str(each.pk): each for each in theirs}
        begins = max(duty.starts_at, at.replace(minute=0, second=0, microsecond=0) + HOUR)
        self.edges = {"starts": begins, "ends": duty.ends_at}
        super().__init__(data, initial={**self._shown(), "asked": EVERYBODY})
        self.span: Span | None = None
        self.back: Span | None = None
        people = [(str(each.person.pk), each.person.name) for each in others]
        _choices(self, "asked", [(EVERYBODY, "Everybody who can"), *people])
        by_person: dict[str, list[tuple[str, str]]] = {}
        for each in theirs:
            by_person.setdefault(each.name, []).append((str(each.pk), each.words))
        _choices(self, "in_return", [("", "Nothing"), *by_person.items()])
        self.fields["in_return"].help_text = "A duty of the one you ask, offered with the swap. Both go over together."
        self.fields["reason"].help_text = "Whoever is asked reads it."

    def _shown(self) -> dict[str, object]:
        shown: dict[str, object] = {}
        for name, edge in self.edges.items():
            local = edge.astimezone(ZoneInfo(self.zone))
            at = local.time().replace(second=0, microsecond=0, fold=0)
            twice = len(moments(local.date(), at, self.zone)) > 1
            which = ("second" if local.fold else "first") if twice else ""
            shown |= {f"{name}_on": local.date(), f"{name}_time": at, f"{name}_which": which}
        return shown

    def _edge(self, name: str) -> datetime | None:
        """The moment at one end: the duty's own where it was left as it is, for that may be to the second."""
        told, shown = self.cleaned_data, self._shown()
        if all(told.get(f"{name}_{part}") == shown[f"{name}_{part}"] for part in ("on", "time")):
            return self.edges[name]
        return self.local(told[f"{name}_on"], told[f"{name}_time"], self.zone, field=f"{name}_time",
                          which=f"{name}_which")

    def clean(self) -> None:
        if self.errors:
            return
        starts_at, ends_at = self._edge("starts"), self._edge("ends")
        if starts_at is None or ends_at is None:
            return
        if ends_at <= starts_at:
            self.add_error("ends_time", "It ends before it starts.")
            return
        if starts_at < self.duty.starts_at or ends_at > self.duty.ends_at:
            self.add_error(None, f"That is more than the duty: {self.duty.words}.")
            return
        self.span = Span(self.duty.seat, starts_at, ends_at)
        back = self.theirs.get(self.cleaned_data.get("in_return", ""))
        if back is None:
            return
        if str(back.person) != self.cleaned_data["asked"]:
            self.add_error("in_return", f"That is {back.name}'s duty: ask them, or offer nothing.")
            return
        self.back = Span(back.seat, back.starts_at, back.ends_at)

    @property
    def asked_person(self) -> Person | None:
        """Who is asked; None for everybody."""
        chosen = self.cleaned_data["asked"]
        return None if chosen == EVERYBODY else Person.objects.get(pk=int(chosen))


class WordsForm(forms.Form):
    """What somebody says when they decline."""

    words = NameField(max_length=200, required=False)


class TakeForm(LocalTimes):
    """Until when a seat is taken: one of the ways that are offered, or a time of one's own."""

    own_on = day_field("Until", required=False)
    own_time = time_field("At")
    own_which = which_field("Which of the two")
    person = forms.ModelChoiceField(Person.objects.none(), label="Who takes it", required=False, empty_label="I do")

    def __init__(
        self, data: QueryDict | None = None, *, others: Sequence[Person] = (), zone: str, at: datetime
    ) -> None:
        local = (at + HOUR).astimezone(ZoneInfo(zone))
        shown = {"own_on": local.date(), "own_time": local.time().replace(second=0, microsecond=0, fold=0)}
        super().__init__(data, initial=shown, auto_id=False)
        self.zone = zone
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)  # noqa: S101  (narrows the type)
        person.queryset = Person.objects.filter(pk__in=[each.pk for each in others])

    def own(self) -> datetime | None:
        """The time of one's own; None where an error says what is wrong with it."""
        told = self.cleaned_data
        if told.get("own_on") is None or told.get("own_time") is None:
            self.add_error("own_time", "Say until which day and time.")
            return None
        return self.local(told["own_on"], told["own_time"], self.zone, field="own_time", which="own_which")


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[str, object]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (narrows the type)
    field.choices = choices
