"""What was asked, corrected later."""

from typing import Any

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
from people.access import needs
from people.choices import Right
from portal.common import clock
from portal.common.answers import told

LONG = {"happened": TEXT, "expected": TEXT, "steps": TEXT, "tried": TEXT, "logs": LOGS}
LABELS = {
    "title": "Title", "kind": "Kind", "category": "Category", "area": "Area", "server_version": "Server version",
    "mobile_version": "Mobile version", "deployment": "Deployment", "cloud": "Cloud", "database": "Database",
    "database_version": "Database version", "hosting": "Hosting", "affected_people": "People affected",
    "happened": "What happens", "expected": "What was expected", "steps": "Steps", "tried": "What was tried",
    "logs": "Lines of the log", "support_ticket": "Support ticket", "support_mail": "Its mail address",
}


class AskedForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields that may be corrected: everything that was asked, but for customer, level and confidence."""

    class Meta:
        model = Escalation
        fields = tuple(LABELS)
        labels = LABELS

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for name, longest in LONG.items():
            self.fields[name] = forms.CharField(
                label=LABELS[name], required=False, max_length=longest, widget=forms.Textarea(attrs={"rows": 4})
            )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.RAISE_ESCALATIONS)
def edit(request: HttpRequest, number: int) -> HttpResponse:
    person, row = access.found(request, number)
    if row.reporter_id != person.pk and not access.reads_notes(person):
        raise PermissionDenied("Only its reporter and those who work on it correct what was asked.")
    # A copy: the head of a page that comes back is not to show what was refused.
    form = AskedForm(request.POST or None, instance=Escalation.objects.get(pk=row.pk))
    if request.method == "POST" and form.is_valid():
        try:
            labels = change_asked(escalation=row, values=form.cleaned_data, by=person, at=clock.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            words = f"Changed: {', '.join(labels)}." if labels else "Nothing was different."
            hidden = masked_words(mask_values(form.cleaned_data)[1])
            return told(request, f"{words} {hidden}".strip(), tone="green", to=path_of(row))
    status = 422 if form.errors else 200
    return render(request, "escalations/thread/edit.html", {"form": form, "escalation": row}, status=status)
