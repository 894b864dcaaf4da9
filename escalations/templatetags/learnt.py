"""What was learnt of an escalation, beside its thread."""

from django import template
from django.template import Context

from escalations.actions.knowledge import SOLVED
from escalations.models import Escalation, KnowledgeNote
from escalations.queries.ratings import ratings_of

register = template.Library()


@register.inclusion_tag("escalations/knowledge/learnt.html", takes_context=True)
def learnt(context: Context, escalation: Escalation) -> dict[str, object]:
    """The note that was made of it, or the button that makes one; and what was said of our help. Two queries."""
    note = KnowledgeNote.objects.filter(escalation=escalation).only("question", "archived_at").first()
    ratings = ratings_of(escalation.pk)
    makes = note is None and escalation.status in SOLVED and not escalation.confidential
    return {"escalation": escalation, "note": note, "makes": makes, "ratings": ratings, "now": context.get("now"),
            "csrf_token": context.get("csrf_token")}
