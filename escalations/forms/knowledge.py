"""The forms of knowledge notes, of training sessions, and of what somebody says of our help."""

from typing import Any

from django import forms

from escalations.actions.knowledge import Note, Session
from escalations.choices import Category
from escalations.models import KnowledgeNote, TrainingSession
from escalations.rules.notes import ANSWER, DEFICIENT, QUESTION
from set_rotation.forms.local import LocalTimes, day_field, time_field, which_field

MOST_NOTES = 500  # offered for a session


def _link(label: str, hint: str) -> forms.URLField:
    return forms.URLField(label=label, required=False, max_length=500, assume_scheme="https", help_text=hint,
                          error_messages={"invalid": "Give a whole address, such as https://docs.example.com/page."})


class NoteForm(forms.Form):
    """A question and its answer."""

    question = forms.CharField(max_length=QUESTION, help_text="As somebody asks it, with the words they search for.")
    answer = forms.CharField(max_length=ANSWER, widget=forms.Textarea(attrs={"rows": 12}),
                             help_text="Markdown. Everybody here reads it: no names of customers, no secrets.")
    category = forms.ChoiceField(choices=[("", "None"), *Category.choices], required=False)
    docs_url = _link("Docs", "The page of the docs that says it.")
    deficient = forms.CharField(
        label="Which docs are deficient", max_length=DEFICIENT, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What the docs should say and do not. It stands in the list of deficient docs until it is mended.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    @classmethod
    def of(cls, row: KnowledgeNote) -> "NoteForm":
        """The form with what a note says now."""
        names = ("question", "answer", "category", "docs_url", "deficient")
        return cls(initial={name: getattr(row, name) for name in names} | {"seen": row.updated_at.isoformat()})

    def note(self) -> Note:
        """What was written, checked."""
        return Note(**{name: value for name, value in self.cleaned_data.items() if name != "seen"})


class SessionForm(LocalTimes):
    """A training session; its time is that of the reader's own clock."""

    title = forms.CharField(max_length=200)
    day = day_field("Day")
    time = time_field("Time")
    which = which_field("Which of the two")
    link = _link("Recording or slides", "")
    text = forms.CharField(label="Notes of it", max_length=ANSWER, required=False, help_text="Markdown.",
                           widget=forms.Textarea(attrs={"rows": 10}))
    notes = forms.ModelMultipleChoiceField(
        label="Knowledge notes", queryset=KnowledgeNote.objects.none(), required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text="What it showed. Hold Ctrl to choose several.",
    )

    def __init__(self, data: Any = None, *, zone: str, row: TrainingSession | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.zone = zone
        # Choosing among all would be no choosing; those that are linked already stay offered.
        newest = KnowledgeNote.objects.filter(archived_at__isnull=True).order_by("-at").values("pk")[:MOST_NOTES]
        kept = row.notes.values("pk") if row else KnowledgeNote.objects.none().values("pk")
        choice = self.fields["notes"]
        assert isinstance(choice, forms.ModelMultipleChoiceField)  # noqa: S101  (narrows the type)
        choice.queryset = (KnowledgeNote.objects.filter(pk__in=newest) | KnowledgeNote.objects.filter(pk__in=kept)
                           ).order_by("-at")

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        day, time = told.get("day"), told.get("time")
        if "time" in told and time is None:
            self.add_error("time", "Say at what time.")
        elif day and time:
            told["starts_at"] = self.local(day, time, self.zone, field="time", which="which")
        return told

    def session(self) -> Session:
        """What was written, checked."""
        told = self.cleaned_data
        return Session(told["title"], told["starts_at"], told["link"], told["text"], list(told["notes"]))


class RatingForm(forms.Form):
    """Two buttons and a comment."""

    good = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")],
                             error_messages={"required": "Press one of the two."})
    comment = forms.CharField(max_length=2_000, required=False, widget=forms.Textarea)
