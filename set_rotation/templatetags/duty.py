"""The tabs that stand on every page about duty."""

from dataclasses import dataclass

from django import template
from django.template import Context
from django.urls import reverse

from people import access
from people.choices import Right

register = template.Library()

TABS = (
    ("now", "On now", "set_rotation:on_call", Right.SEE_DUTY),
    ("timeline", "Timeline", "set_rotation:rotations", Right.SEE_DUTY),
    ("pages", "Pages", "set_rotation:pages", Right.SEE_DUTY),
    ("cycle", "Cycle", "set_rotation:cycle_now", Right.SEE_DUTY),
    ("hand-over", "Hand-over", "hand_over_now", Right.SEE_DUTY),
    ("swaps", "Swaps", "set_rotation:swaps", Right.SERVE),
    ("away", "Away", "set_rotation:away", Right.SERVE),
    ("readiness", "Readiness", "set_rotation:readiness", Right.SERVE),
    ("reach", "My reach", "set_rotation:reach", Right.SERVE),
    ("fairness", "Fairness", "set_rotation:fairness", Right.SEE_DUTY),
    ("roster", "Roster", "set_rotation:roster", Right.SEE_DUTY),
    ("plan", "Plan", "set_rotation:plan", Right.PLAN_ROTATIONS),
)


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    current: bool


@register.inclusion_tag("rotations/tabs.html", takes_context=True)
def duty_tabs(context: Context, here: str = "") -> dict[str, object]:
    """The pages about duty that this reader may open; `here` is the key of the one they are on."""
    person = context["request"].user
    return {"tabs": [
        Tab(label, reverse(name), key == here) for key, label, name, right in TABS if access.may(person, right)
    ]}
