"""The tabs that stand on every page about escalations."""

from functools import partial

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

from people import access
from people.choices import Right
from portal.common.tabs import TabOf, tabs_of

register = template.Library()

TABS = (
    TabOf("list", "Escalations", "escalations:list", Right.RAISE_ESCALATIONS),
    TabOf("mine", "What I raised", "escalations:mine", Right.RAISE_ESCALATIONS),
    TabOf("owed", "Replies owed", "escalations:owed", Right.WORK_ESCALATIONS),
    TabOf("figures", "Figures", "escalations:figures", Right.SEE_ESCALATIONS),
    TabOf("responses", "Responses", "escalations:responses", Right.RAISE_ESCALATIONS),
    TabOf("knowledge", "Knowledge", "escalations:knowledge", Right.SEE_CUSTOMERS),
    TabOf("training", "Training", "escalations:training", Right.SEE_CUSTOMERS),
    TabOf("clocks", "Promised times", "escalations:clocks", Right.RAISE_ESCALATIONS),
    TabOf("forms", "Partner forms", "escalations:forms", Right.WORK_ESCALATIONS),
)


def _there(page: TabOf[Right]) -> bool:
    try:
        return bool(reverse(page.name))
    except NoReverseMatch:
        return False


@register.inclusion_tag("parts/room_tabs.html", takes_context=True)
def escalation_tabs(context: Context, here: str = "") -> dict[str, object]:
    """The pages about escalations that this reader may open; `here` is the key of the one they are on."""
    pages = [page for page in TABS if _there(page)]
    may = partial(access.may, context["request"].user)
    return {"label": "About escalations", "tabs": tabs_of(pages, here=here, may=may)}
