"""Files on pages: what lies beside a form or an escalation, and the place to which more are dropped."""

import uuid
from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.template import Context
from django.urls import reverse

from escalations.access import reads_notes
from escalations.actions.files import LARGEST
from escalations.models import Escalation, FormLink
from escalations.queries.files import files_of, files_of_draft
from people.access import may
from people.choices import Right
from people.models import Person

register = template.Library()


@register.inclusion_tag("escalations/files/panel.html", takes_context=True)
def escalation_files(context: Context, escalation: Escalation) -> dict[str, Any]:
    """A panel with the files of an escalation, and the place to add some for whoever may. One query."""
    person = context["request"].user
    return _common(context) | panel_of(escalation, person) | {"may_add": may(person, Right.RAISE_ESCALATIONS)}


@register.inclusion_tag("escalations/files/field.html", takes_context=True)
def draft_files(
    context: Context, key: uuid.UUID | str, token: str = "", link: FormLink | None = None
) -> dict[str, Any]:
    """The field of a form to which files are dropped, with those that lie beside it; it stands within the form, and
    `escalations/files/actions.html` outside of it. `token` and `link`: of a partner's form. One query."""
    person = context["request"].user
    return _common(context) | panel_of_draft(key, person=None if link else person, link=link, token=token)


def panel_of(escalation: Escalation, person: Person) -> dict[str, Any]:
    """What escalations/files/list.html draws for an escalation."""
    works = reads_notes(person)
    lines = files_of(escalation, person, works=works)
    return _panel(lines, f"escalation={escalation.pk}") | {"escalation": escalation, "works": works}


def panel_of_draft(
    key: uuid.UUID | str, *, person: Person | None, link: FormLink | None = None, token: str = ""
) -> dict[str, Any]:
    """What escalations/files/list.html draws for a form."""
    lines = files_of_draft(uuid.UUID(str(key)), person=person, link=link)
    return _panel(lines, f"draft={key}", token) | {"key": key}


def _panel(lines: tuple[Any, ...], asked: str, token: str = "") -> dict[str, Any]:
    door = reverse("escalations:form_files", args=[token]) if token else reverse("escalations:files")
    return {
        "files": lines, "waiting": any(line.waiting for line in lines), "door": door, "token": token,
        "list_url": f"{door}?{asked}", "largest": LARGEST, "largest_mb": LARGEST // 1_000_000,
    }


def _common(context: Context) -> dict[str, Any]:
    return {"request": context["request"], "csrf_token": get_token(context["request"]), "now": context.get("now")}
