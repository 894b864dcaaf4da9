"""Words of a timeline, with the times in them in the reader's zone."""

from datetime import datetime

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from incidents.rules.timeline import worded
from portal.common.templatetags.parts import when

register = template.Library()
WEEK = 7  # days from which on a time nearby is a date alone


@register.simple_tag(takes_context=True)
def line(context: Context, words: str) -> SafeString:
    """A line of the timeline; instants in it become times of the reader."""
    return worded(words, lambda at: when(context, at, "near"))


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, also: str = "") -> SafeString:
    """When a line was: what is a week old says the minute too, for of an incident that is what counts. `also`: see
    `when`."""
    told, now = when(context, at, "near", also=also), context.get("now")
    if not isinstance(now, datetime) or (localdate(now) - localdate(at)).days < WEEK:
        return told
    return format_html("{}<br>{}", told, when(context, at, "clock"))
