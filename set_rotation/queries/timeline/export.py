"""The timeline for spreadsheets: who holds which seat, stretch by stretch, gaps included."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from cadence.queries import team_zone
from portal.common.tables import cell
from set_rotation.queries.facts import begins, schedule
from set_rotation.queries.timeline.facts import read
from set_rotation.queries.timeline.page import asked_weeks
from set_rotation.rules.duty import effective

Line = tuple[str, ...]


def exported(asked: Mapping[str, str], *, at: datetime) -> Iterator[Line]:
    """The lines of the span that the timeline shows for this address, safe for a spreadsheet. Eleven queries."""
    when = begins(schedule())
    _, weeks = asked_weeks(asked, when, at)
    facts, zone = read(weeks[0].starts_at, weeks[-1].ends_at, when), ZoneInfo(team_zone())
    numbers = {one.id: one.number for one in facts.rotations}
    yield ("rotation", "seat", "person", "e-mail", "starts (UTC)", "ends (UTC)", f"starts ({zone.key})",
           f"ends ({zone.key})", "by override")
    for piece in effective(facts.shifts, facts.overrides):
        person = facts.people.get(piece.person or 0)
        told = (
            str(numbers.get(piece.rotation, "")), piece.seat.label, person.name if person else "",
            person.email if person else "", _stamp(piece.starts_at, UTC), _stamp(piece.ends_at, UTC),
            _stamp(piece.starts_at, zone), _stamp(piece.ends_at, zone), "yes" if piece.override else "",
        )
        yield tuple(cell(value) for value in told)


def _stamp(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")
