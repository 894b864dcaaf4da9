"""A day and a time of some clocks, as typed: a time that they skip is refused, one that they show twice is asked
about."""

from datetime import date, datetime, time

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from set_rotation.rules.local import day_words, moments, time_words

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
BEYOND = f"Choose a day from {FIRST.year} to {LAST.year}."
WHICH = [("", "Choose"), ("first", "the first time, before the clocks go back"),
         ("second", "the second time, after they went back")]


def day_field(label: str, **kwargs: object) -> forms.DateField:
    """A day of this century, by the browser's own picker."""
    limits = {"type": "date", "min": FIRST.isoformat(), "max": LAST.isoformat()}
    return forms.DateField(
        label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs=limits),
        validators=[MinValueValidator(FIRST, BEYOND), MaxValueValidator(LAST, BEYOND)], **kwargs,  # type: ignore[arg-type]
    )


def time_field(label: str, **kwargs: object) -> forms.TimeField:
    """A time of day, by the browser's own picker."""
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, widget=widget, required=False, **kwargs)  # type: ignore[arg-type]


def which_field(label: str) -> forms.ChoiceField:
    """Which of two times that the clocks show; drawn only when it has to be asked."""
    return forms.ChoiceField(label=label, choices=WHICH, required=False)


class LocalTimes(forms.Form):
    """A form with local times: `local` gives the moment of a day and a time, or says at the field why there is none.

    `asks`: the names of the fields that ask which of two times is meant, and are to be drawn.
    """

    asks: tuple[str, ...] = ()

    def local(self, day: date, at: time, zone: str, *, field: str, which: str) -> datetime | None:
        """The moment at which the clocks show this; None where an error was put at the field."""
        found = moments(day, at, zone)
        words = f"{time_words(datetime.combine(day, at))} on {day_words(day, 0)}"
        if not found:
            self.add_error(field, f"The clocks of {zone} skip {words}: choose an earlier or a later time.")
            return None
        if len(found) == 1:
            return found[0]
        self.asks += (which,)
        chosen = self.cleaned_data.get(which)
        if not chosen:
            self.add_error(which, f"The clocks of {zone} show {words} twice: say which of the two.")
            return None
        return found[0] if chosen == "first" else found[1]
