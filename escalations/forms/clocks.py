"""The matrix of promises as somebody types it: a text for each promise, "4 h", "8 bh", "2 bd"."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField

from escalations.choices import ClockKind, Level
from escalations.models import ClockMatrix
from escalations.rules.clocks.matrix import LEAD_AT_MOST, Key, keys, plan_words, promises_from_json
from escalations.rules.clocks.promises import Promise, promise_of

EVERYBODY = (ClockKind.FIRST_REPLY, ClockKind.NEXT_REPLY)  # promised at every level; an update only where it is written


class MatrixForm(forms.Form):
    """`seen`: the number of the version that is edited; `checking`: what changes is asked for, and no reason yet.
    After `is_valid`: `promises` and `lead_after`."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(max_length=300, strip=True, label="Why", help_text="One line; it stands in the history.")

    def __init__(self, data: Any = None, *, matrix: ClockMatrix, checking: bool = False) -> None:
        super().__init__(data, initial={"seen": matrix.number})
        self.fields["note"].required = not checking
        told = promises_from_json(matrix.promises)
        self.promises: dict[Key, Promise] = {}
        self.lead_after: dict[str, int] = {}
        for key in keys():
            kind, plan, level = key
            label = f"{kind.label}, {plan_words(plan)}, L{level}"
            field = forms.CharField(required=False, max_length=12, label=label, initial=str(told.get(key, "")))
            field.widget.attrs = {"class": "control", "aria-label": label, "autocomplete": "off", "maxlength": "12"}
            self.fields[name_of(key)] = field
        for one in Level:
            self.fields[f"lead-{one}"] = forms.IntegerField(
                min_value=1, max_value=LEAD_AT_MOST, label=f"L{one}", initial=matrix.lead_after.get(str(int(one)), 60),
                widget=forms.NumberInput(attrs={"class": "control num", "aria-label": f"Minutes for L{one}"}),
            )

    def clean(self) -> dict[str, Any]:
        """Read every promise; what is no promise is said beside it."""
        found = super().clean() or self.cleaned_data
        self.fields["note"].required = True  # as the page draws it from here on
        for key in keys():
            self._read(key, str(found.get(name_of(key), "")))
        self.lead_after = {str(int(one)): found[f"lead-{one}"] for one in Level if f"lead-{one}" in found}
        return found

    def _read(self, key: Key, text: str) -> None:
        name, (kind, plan, level) = name_of(key), key
        if name in self.errors:
            return
        try:
            promise = promise_of(text)
        except ValueError as wrong:
            self.add_error(name, str(wrong))
            return
        if promise:
            self.promises[key] = promise
        elif kind in EVERYBODY:
            self.add_error(name, f"A {kind.label.lower()} is promised to everybody: {plan_words(plan)}, L{level}.")

    def tables(self) -> Iterator[tuple[str, list[tuple[str, list[BoundField]]]]]:
        """The fields as the page draws them: by kind, then by plan."""
        lines: dict[ClockKind, dict[str, list[BoundField]]] = {kind: {} for kind in ClockKind}
        for key in keys():
            lines[key[0]].setdefault(plan_words(key[1]), []).append(self[name_of(key)])
        for kind, found in lines.items():
            yield kind.label, list(found.items())

    def leads(self) -> list[BoundField]:
        """After how many minutes the lead is told, level by level."""
        return [self[f"lead-{one}"] for one in Level]

    def wrong(self) -> list[tuple[str, str, str]]:
        """What is wrong: the control's id, its label, and why."""
        wrong = [name for name in self.fields if name in self.errors]
        return [
            (str(self[name].id_for_label), str(self[name].label), str(why))
            for name in sorted(wrong, key="note".__eq__) for why in self.errors[name]  # as the page has them
        ]


def name_of(key: Key) -> str:
    """The name of a promise's field."""
    kind, plan, level = key
    return f"{kind.value}-{plan or 'none'}-{level}"
