"""Clocks on pages: the strip of an escalation's head, and one in a line of a list."""

from datetime import datetime

from django import template
from django.template import Context

from escalations.models import Clock, Escalation
from escalations.queries.clocks import Shown, clocks_of, shown
from portal.common import clock

register = template.Library()


@register.inclusion_tag("escalations/clocks/strip.html", takes_context=True)
def clock_strip(context: Context, escalation: Escalation) -> dict[str, object]:
    """The clocks of an escalation, left to right. One query."""
    at = _now(context)
    return {"clocks": clocks_of(escalation, at), "now": at}


@register.inclusion_tag("escalations/clocks/clock.html", takes_context=True)
def clock_cell(context: Context, row: Clock | Shown | None) -> dict[str, object]:
    """One clock, short, as it stands in the table or as it is shown; nothing where there is none. No query."""
    at = _now(context)
    return {"clock": shown(row, at) if isinstance(row, Clock) else row, "now": at}


def _now(context: Context) -> datetime:
    given = context.get("now")
    return given if isinstance(given, datetime) else clock.now()
