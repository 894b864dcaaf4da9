"""Template tags for the small parts that every page draws: icons, times, fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.common import clock

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


# ---- Icons ----------------------------------------------------------------------------


@cache
def _sprite() -> str:
    # A board draws hundreds of icons; looking the hashed name up for each of them was a tenth of the page.
    return static("img/icons.svg")


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw one symbol of the sprite; without a label it is decoration and is hidden from readers."""
    classes = f"icon {css}" if css else "icon"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>', classes, label, _sprite(), name
        )
    return _decoration(name, classes)


@lru_cache(maxsize=512)
def _decoration(name: str, classes: str) -> SafeString:
    # The same few stand on every page, by the hundred.
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, _sprite(), name)


# ---- Times: static/js/times.js says the same words, so that nothing flips when it takes over ----


def duration_text(seconds: float) -> str:
    """A length of time in one unit: "12 min", "6 h", "2 d", "5 mo", "2 y"."""
    if seconds < HOUR:
        return f"{max(int(seconds // MINUTE), 0)} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    days = int(seconds // DAY)
    if days < 100:
        return f"{days} d"
    return f"{days // 30} mo" if days < 730 else f"{days // 365} y"


def ago_text(seconds: float) -> str:
    """How long ago, or how soon: "just now", "5 min ago", "in 42 min"."""
    if abs(seconds) < MINUTE:
        return "just now"
    return f"{duration_text(seconds)} ago" if seconds > 0 else f"in {duration_text(-seconds)}"


def clock_text(at: datetime) -> str:
    """The time of day as the team writes it: "12:04 pm"."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def day_text(at: datetime, *, year: bool) -> str:
    """A date without a locale's surprises: "17 Nov" or "17 Nov 2026"."""
    return f"{at.day} {at:%b}" + (f" {at.year}" if year else "")


def near_text(at: datetime, now: datetime) -> str:
    """The shortest text that is still plain: the time today, weekday and time this week, else the date."""
    if at.date() == now.date():
        return clock_text(at)
    if abs(at.date() - now.date()) < timedelta(days=7):
        return f"{at:%a} {clock_text(at)}"
    return day_text(at, year=at.year != now.year)


def full_text(at: datetime) -> str:
    """Everything, for titles: "Tue 17 Nov 2026, 12:04 pm EST"."""
    return f"{at:%a} {day_text(at, year=True)}, {clock_text(at)} {at.tzname() or ''}".rstrip()


def _worded(at: datetime, now: datetime, form: str) -> str:
    seconds = (now - at).total_seconds()
    match form:
        case "ago":
            return ago_text(seconds)
        case "age":
            return duration_text(seconds)
        case "least":
            return f"at least {duration_text(seconds)}"
        case "clock":
            return clock_text(at)
        case "day":
            return f"{at:%a} {day_text(at, year=at.year != now.year)}"
        case "full":
            return full_text(at)
        case "near":
            return near_text(at, now)
        case _:
            raise template.TemplateSyntaxError(f"when: no form is called {form!r}")


def _utc_stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@register.simple_tag(takes_context=True)
def when(
    context: Context, at: datetime | None, form: str = "ago", css: str = "", also: str = ""
) -> SafeString:
    """A <time> in the reader's zone. Forms: ago, age, least, near, clock, day, full. `also`: the same moment in a zone
    that counts there too; it stands in the title alone, so that a page speaks of one zone.

    Reads `now` of the context, or else the clock: a part that is included with `only` is not handed it.
    """
    if at is None:
        return format_html('<span class="quiet">{}</span>', "never")
    zone: tzinfo = timezone.get_current_timezone()
    given = context.get("now")
    now = (given if isinstance(given, datetime) else clock.now()).astimezone(zone)
    local = at.astimezone(zone)
    return format_html(
        '<time{} datetime="{}" data-when="{}"{} title="{}">{}</time>',
        format_html(' class="{}"', css) if css else "",
        _utc_stamp(at),
        form,
        format_html(' data-also="{}"', also) if also else "",
        f"{full_text(local)} ({also})" if also else full_text(local),
        _worded(local, now, form),
    )


@register.simple_tag
def server_now() -> str:
    """This moment to the millisecond, by which a page's own clocks go (static/js/clock.js)."""
    return clock.now().isoformat(timespec="milliseconds")


@register.simple_tag(takes_context=True)
def age(context: Context, at: datetime | None, least: bool = False, css: str = "") -> SafeString:
    """How old something is: "2 d", or "at least 2 d" where its history does not reach back far enough."""
    return when(context, at, "least" if least else "age", css)


@register.simple_tag
def clock_of(local: datetime) -> str:
    """The time of day somewhere else, as it is there: "6:04 pm"; a template's own filters would say the reader's."""
    return clock_text(local)


@register.filter
def iso(at: datetime | None) -> str:
    """The instant as scripts read it, in UTC."""
    return _utc_stamp(at) if at else ""


@register.filter
def waited(length: timedelta) -> str:
    """How long something waited, in one unit: "12 min", "6 h", "2 d"."""
    return duration_text(max(length.total_seconds(), 0))


@register.filter
def took(seconds: float | timedelta | None) -> str:
    """How long a piece of work took: "0.8 s", "42 s", "3 min 05 s", "1 h 12 min"."""
    if seconds is None:
        return ""
    total = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    if total < 10:
        return f"{total:.1f} s"
    whole = round(total)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"


@register.filter
def took_days(span: timedelta | None) -> str:
    """How many days: "0.4 days", "12.0 days"."""
    return "" if span is None else f"{span.total_seconds() / DAY:.1f} days"


# ---- Fields ----------------------------------------------------------------


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, hint: str = "", **attrs: str) -> dict[str, object]:
    """A form field with its label, hint and errors, each tied to the control for screen readers."""
    widget = bound.field.widget
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    check = isinstance(widget, CheckboxInput)
    # Template arguments cannot hold a dash: data_x and aria_x become data-x and aria-x.
    named: dict[str, str | bool] = {name.replace("_", "-"): value for name, value in attrs.items()}
    if not group and not check:
        named["class"] = "control"
    return {
        "field": bound,
        "control": bound.as_widget(attrs=named),
        "hint": hint or bound.help_text,
        "check": check,
        "group": group,
        # `asked`: a form that asks for it by what stands in other fields says so on the field.
        "optional": not getattr(bound.field, "asked", bound.field.required) and not check,
    }
