"""Words of a timeline, with the times in them in the reader's zone."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from incidents.rules.timeline import worded
from portal.common.templatetags.parts import when

register = template.Library()


@register.simple_tag(takes_context=True)
def line(context: Context, words: str) -> SafeString:
    """A line of the timeline; instants in it become times of the reader."""
    return worded(words, lambda at: when(context, at, "near"))
