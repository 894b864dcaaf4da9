"""The tabs that stand on every page about duty."""

from functools import partial

from django import template
from django.template import Context

from people import access
from people.choices import Right
from portal.common.tabs import TabOf, tabs_of

register = template.Library()

TABS = (
    TabOf("now", "On now", "set_rotation:on_call", Right.SEE_DUTY),
    TabOf("timeline", "Timeline", "set_rotation:rotations", Right.SEE_DUTY),
    TabOf("pages", "Pages", "set_rotation:pages", Right.SEE_DUTY),
    TabOf("cycle", "Cycle", "set_rotation:cycle_now", Right.SEE_DUTY),
    TabOf("hand-over", "Hand-over", "hand_over_now", Right.SEE_DUTY),
    TabOf("swaps", "Swaps", "set_rotation:swaps", Right.SERVE),
    TabOf("away", "Away", "set_rotation:away", Right.SERVE),
    TabOf("readiness", "Readiness", "set_rotation:readiness", Right.SERVE),
    TabOf("reach", "My reach", "set_rotation:reach", Right.SERVE),
    TabOf("fairness", "Fairness", "set_rotation:fairness", Right.SEE_DUTY),
    TabOf("roster", "Roster", "set_rotation:roster", Right.SEE_DUTY),
    TabOf("plan", "Plan", "set_rotation:plan", Right.PLAN_ROTATIONS),
)


@register.inclusion_tag("parts/room_tabs.html", takes_context=True)
def duty_tabs(context: Context, here: str = "") -> dict[str, object]:
    """The pages about duty that this reader may open; `here` is the key of the one they are on."""
    return {"label": "Duty", "tabs": tabs_of(TABS, here=here, may=partial(access.may, context["request"].user))}
