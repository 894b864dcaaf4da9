"""The tabs that stand on every page about escalations."""

from functools import partial

from django import template
from django.template import Context

from people import access
from people.choices import Right
from portal.common.tabs import TabOf, tabs_of

register = template.Library()

TABS = (
    TabOf("list", "Escalations", "escalations:list", Right.SEE_CUSTOMERS),
    TabOf("mine", "What I raised", "escalations:mine", Right.RAISE_ESCALATIONS),
    TabOf("owed", "Replies owed", "escalations:owed", Right.WORK_ESCALATIONS),
    TabOf("figures", "Figures", "escalations:figures", Right.SEE_ESCALATIONS),
    TabOf("responses", "Responses", "escalations:responses", Right.RAISE_ESCALATIONS),
    TabOf("knowledge", "Knowledge", "escalations:knowledge", Right.SEE_CUSTOMERS),
    TabOf("training", "Training", "escalations:training", Right.SEE_CUSTOMERS),
    TabOf("clocks", "Promised times", "escalations:clocks", Right.RAISE_ESCALATIONS),
    TabOf("forms", "Partner forms", "escalations:forms", Right.WORK_ESCALATIONS),
)


@register.inclusion_tag("parts/room_tabs.html", takes_context=True)
def escalation_tabs(context: Context, here: str = "") -> dict[str, object]:
    """The pages about escalations that this reader may open; `here` is the key of the one they are on."""
    may = partial(access.may, context["request"].user)
    return {"label": "About escalations", "tabs": tabs_of(TABS, here=here, may=may)}
