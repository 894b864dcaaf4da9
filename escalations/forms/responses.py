"""What a response template is to say."""

from typing import Any

from django import forms

from escalations.actions.responses import LONGEST, Said
from escalations.choices import Outcome
from escalations.rules.markdown import clean
from escalations.rules.responses import faults

OUTCOMES = [
    ("", "nothing in particular"),
    *((outcome.value, outcome.label) for outcome in (
        Outcome.BUG, Outcome.FEATURE, Outcome.CONFIGURATION, Outcome.UNSUPPORTED, Outcome.ANSWERED,
    )),
]


class ResponseForm(forms.Form):
    """A template's title, when to use it, and its text. `seen`: the version that was on the page."""

    title = forms.CharField(label="Title", max_length=120)
    when = forms.CharField(
        label="When to use it", max_length=300, required=False, help_text="One sentence, for whoever chooses.",
    )
    body = forms.CharField(
        label="Text", max_length=LONGEST, strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}),
        help_text="Markdown. A placeholder is written {{reporter name}}. One with a question mark, {{other needs?}}, "
                  "may be left out, and its item of a list or its sentence goes with it.",
    )
    outcome = forms.ChoiceField(
        label="An escalation answered with it is taken for", choices=OUTCOMES, required=False,
    )
    asks = forms.BooleanField(
        label="It waits for the reporter's answer", required=False,
        help_text="Clocks stand still until they answer.",
    )
    seen = forms.IntegerField(required=False, min_value=1, max_value=32_000, widget=forms.HiddenInput)

    def clean_body(self) -> str:
        """Refuse a text that has no words, or braces that are no placeholder."""
        body = clean(str(self.cleaned_data["body"]))
        if found := faults(body):
            raise forms.ValidationError(found)
        return body

    def said(self) -> Said:
        """What was asked for; only once the form is valid."""
        values: dict[str, Any] = self.cleaned_data
        return Said(values["title"], values["when"], values["body"], values["outcome"], values["asks"])
