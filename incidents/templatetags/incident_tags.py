"""The tabs that stand on every page about incidents."""

from functools import partial

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

from incidents.queries.here import zone_here
from people import access
from people.choices import Right
from portal.common.tabs import TabOf, tabs_of

register = template.Library()
register.simple_tag(zone_here)

TABS = (
    TabOf("list", "Incidents", "incidents:list", Right.SEE_INCIDENTS),
    TabOf("status", "Status", "incidents:status", Right.SEE_INCIDENTS),
    TabOf("review", "Review", "incidents:review", Right.SEE_INCIDENTS),
    TabOf("figures", "Figures", "incidents:figures", Right.SEE_INCIDENTS),
    TabOf("lists", "Who is told", "incidents:lists", Right.WORK_INCIDENTS),
    TabOf("playbook", "Playbook", "incidents:playbook", Right.SEE_INCIDENTS),
    TabOf("settings", "Settings", "incidents:settings", Right.EDIT_PLAYBOOK),
)


def _stands(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


@register.inclusion_tag("parts/room_tabs.html", takes_context=True)
def incident_tabs(context: Context, here: str = "") -> dict[str, object]:
    """The pages about incidents that this reader may open; `here` is the key of the one they are on."""
    may = partial(access.may, context["request"].user)
    pages = [page for page in TABS if _stands(page.name)]
    return {"label": "About incidents", "tabs": tabs_of(pages, here=here, may=may)}
