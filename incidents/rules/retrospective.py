"""What a retrospective says by itself: lengths, time in each status, and the drafts of its two texts. No clock here.

Pages: related-facts, "Sev1 playbook" (stage 8) and "Mini-retrospective".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalations.rules.escaping import as_text
from incidents.rules.outage import Breaks, lasted_words
from incidents.rules.updates.times import zone_at, zone_of

MOST_MOMENTS = 60  # lines of "How it went"; a nine-hour outage has about forty
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Change:
    """The status changed: from `old` to `new`, at this time."""

    at: datetime
    old: str
    new: str


@dataclass(frozen=True)
class InStatus:
    """How long it was under a status, all times together."""

    name: str
    length: timedelta


@dataclass(frozen=True)
class Moment:
    """A line of the timeline that tells how it went."""

    at: datetime
    words: str


@dataclass(frozen=True)
class Told:
    """A status as customers were told it, since when."""

    at: datetime
    words: str


@dataclass(frozen=True)
class Facts:
    """What both drafts are made of."""

    title: str
    zone: str
    began_at: datetime
    resolved_at: datetime | None
    breaks: Breaks = ()
    known: str = ""
    moments: Sequence[Moment] = ()
    told: Sequence[Told] = ()


@dataclass(frozen=True)
class Entered:
    """A line of the timeline from which on a status held. `name`: what that status is called now, None where the line
    does not say which it was; `old` and `words`: what the line said. `first`: the status that it began with."""

    at: datetime
    old: str
    words: str
    name: str | None
    first: bool = False


def changes_of(entered: Iterable[Entered]) -> list[Change]:
    """The changes of an incident's status, in the order of the lines, each by the name that it has now: one that was
    renamed in the middle of the incident is the same one."""
    found, before = list[Change](), ""
    for one in entered:
        if not one.first:
            found.append(Change(one.at, before or one.old, one.name or one.words))
        before = one.name or ("" if one.first else one.words)
    return found


def time_in(changes: Iterable[Change], *, first: str, since: datetime, until: datetime) -> list[InStatus]:
    """How long an incident was under each status, from the declaring (`since`) to `until`, in the order in which they
    were first entered. `first`: the status it has, or had, where nothing changed. What lies beyond `until` is no
    time; one that was entered twice counts both times."""
    lengths: dict[str, timedelta] = {}
    name, start = first, since
    for place, change in enumerate(sorted(changes, key=lambda one: one.at)):
        if place == 0 and change.old:
            name = change.old
        _add(lengths, name, start, min(change.at, until))
        name, start = change.new, max(change.at, since)
    _add(lengths, name, start, until)
    return [InStatus(one, length) for one, length in lengths.items() if length > timedelta()]


def _add(lengths: dict[str, timedelta], name: str, start: datetime, end: datetime) -> None:
    lengths[name] = lengths.get(name, timedelta()) + max(end - start, timedelta())


def long_length(length: timedelta | None) -> str:
    """A length of time for a document: "40 minutes", "9 hours", "1 hour 5 minutes", "2 days 3 hours"; "–" where it is
    not known. Minutes are whole, rounded down; beyond a day they are left out."""
    if length is None:
        return "–"
    seconds = max(int(length.total_seconds()), 0)
    if seconds < MINUTE:
        return "under a minute"
    if seconds < DAY:
        parts = [(seconds // HOUR, "hour"), (seconds % HOUR // MINUTE, "minute")]
    else:
        parts = [(seconds // DAY, "day"), (seconds % DAY // HOUR, "hour")]
    return " ".join(f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in parts if count)


def clock_words(at: datetime, zone: str, *, named: bool = False) -> str:
    """A time of day where the incident is: "3:04 am", or with the zone's generic name "3:04 am ET"."""
    local = at.astimezone(zone_of(zone))
    said = f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"
    return f"{said} {zone_at(at, zone)}" if named else said


def day_words(at: datetime, zone: str) -> str:
    """A day where the incident is: "17 November 2026"."""
    local = at.astimezone(zone_of(zone))
    return f"{local.day} {local:%B} {local.year}"


def span_words(facts: Facts) -> str:
    """From when to when it was down, and for how long: "on 17 November 2026 from 3:04 am to 12:10 pm ET (9 hours 6
    minutes)"."""
    first, zone = day_words(facts.began_at, facts.zone), facts.zone
    if facts.resolved_at is None:
        return f"since {first}, {clock_words(facts.began_at, zone, named=True)}"
    last = day_words(facts.resolved_at, zone)
    end = clock_words(facts.resolved_at, zone, named=True)
    length = lasted_words(facts.breaks, facts.began_at, facts.resolved_at, long_length)
    if first == last:
        return f"on {first} from {clock_words(facts.began_at, zone)} to {end} ({length})"
    return f"from {first}, {clock_words(facts.began_at, zone)} to {last}, {end} ({length})"


def draft_summary(facts: Facts) -> str:
    """The summary as the timeline tells it, in Markdown: where somebody begins to write."""
    parts = ["## What happened", as_text(facts.title), f"It was down {span_words(facts)}."]
    if facts.known.strip():
        parts.insert(2, facts.known.strip())
    if facts.moments:
        parts += ["## How it went", _moments(facts)]
    return "\n\n".join(parts) + "\n"


def _moments(facts: Facts) -> str:
    shown, written, day = facts.moments[:MOST_MOMENTS], list[str](), day_words(facts.began_at, facts.zone)
    for moment in shown:
        today = day_words(moment.at, facts.zone)
        when = clock_words(moment.at, facts.zone) if today == day else (
            f"{today}, {clock_words(moment.at, facts.zone)}")
        written.append(f"- **{when}** {as_text(' '.join(moment.words.split()), begins=False)}")
        day = today
    left = len(facts.moments) - len(shown)
    return "\n".join([*written, *([f"- and {left} more on the timeline"] if left > 0 else [])])


def draft_customer(facts: Facts, *, cause: str, change: str) -> str:
    """The customer's edition to begin with: when it was, what they were told, and the cause and what changes as far as
    that was written. What was written for us is to be read through before it leaves."""
    affected = f"Your Mattermost production was affected {span_words(facts)}: {as_text(facts.title, begins=False)}."
    parts = ["## What happened", affected]
    if cause.strip():
        parts += ["## The cause", cause.strip()]
    if facts.told:
        lines = [f"- **{clock_words(one.at, facts.zone, named=True)}** {as_text(one.words, begins=False)}"
                 for one in facts.told]
        parts += ["## What we did", "\n".join(lines)]
    if change.strip():
        parts += ["## What we change", change.strip()]
    return "\n\n".join(parts) + "\n"
