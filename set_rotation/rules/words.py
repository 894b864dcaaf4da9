"""Moments and stretches in words, in a named zone: for messages, refusals and mails, where no page puts them right."""

from datetime import datetime
from zoneinfo import ZoneInfo

from set_rotation.rules.duty import Span


def moment_words(at: datetime, zone: str) -> str:
    """`Mon 23 Nov 2026, 9:00 am EST`."""
    local = at.astimezone(ZoneInfo(zone))
    half = "am" if local.hour < 12 else "pm"
    return f"{local:%a} {local.day} {local:%b %Y}, {local.hour % 12 or 12}:{local:%M} {half} {local.tzname()}"


def span_words(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """`from Mon 23 Nov 2026, 9:00 am EST to Mon 30 Nov 2026, 9:00 am EST`."""
    return f"from {moment_words(starts_at, zone)} to {moment_words(ends_at, zone)}"


def duty_words(span: Span, zone: str) -> str:
    """`Primary from ... to ...`."""
    return f"{span.seat.label} {span_words(span.starts_at, span.ends_at, zone)}"
