"""Lengths of time of an outage, in words."""

from datetime import timedelta

from django import template

from incidents.rules import retrospective, words

register = template.Library()


@register.filter
def long_length(length: timedelta | None) -> str:
    """As a document says it: "9 hours 6 minutes"."""
    return retrospective.long_length(length)


@register.filter
def short_length(length: timedelta | None) -> str:
    """As a table says it: "9 h 6 min"; "–" where it is not known."""
    return words.length_words(length) if length is not None else "–"
