"""A link or words as somebody attaches them; files come beside."""

from django import forms

from incidents.choices import EvidenceKind


class EvidenceForm(forms.Form):
    """`kind` left open is guessed from the name. `kind` and `pinned` go along with files that a script sends, too
    (static/js/files.js)."""

    kind = forms.ChoiceField(
        label="What it is", required=False, choices=[("", "As its name says"), *EvidenceKind.choices],
        widget=forms.Select(attrs={"data-upload-with": True}),
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    url = forms.URLField(
        label="Link", required=False, max_length=500, assume_scheme="https",
        error_messages={"invalid": "This is no address: it begins with https://"},
    )
    text = forms.CharField(label="Words", required=False, max_length=16_000, widget=forms.Textarea(attrs={"rows": 3}))
    pinned = forms.BooleanField(label="Pin it", required=False,
                                widget=forms.CheckboxInput(attrs={"data-upload-with": True}))

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if url and not url.startswith(("http://", "https://")):
            raise forms.ValidationError("Only links that begin with http:// or https:// are taken.")
        return url
