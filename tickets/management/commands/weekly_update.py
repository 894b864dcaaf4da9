"""`manage.py weekly_update [--at 2026-11-17T12:00]`: print the post of the seven days before a moment; default now."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cadence.queries import team_day, team_zone
from portal.common import clock
from tickets.queries.weekly.numbers import counted
from tickets.queries.weekly.text import draft_text

MARGIN = timedelta(days=15)  # what is counted around a moment has to be a date too


class Command(BaseCommand):
    help = "Print the weekly update of the 168 hours before a moment, counted again from the change logs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at", metavar="2026-11-17T12:00", default="",
            help="the end of the window: a date and a time, of the team's zone unless an offset is given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = _moment(options["at"]) if options["at"] else clock.now()
        self.stdout.write(draft_text(counted(at=at), day=team_day(at), notes=[]))


def _moment(text: str) -> datetime:
    """The moment in UTC: an hour that a zone skips or has twice equals no moment of another zone, not even itself."""
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(team_zone()))).astimezone(UTC)
        at - MARGIN, at + MARGIN
    except (ValueError, OverflowError):
        raise CommandError(f"“{text}” is no date and time like 2026-11-17T12:00.") from None
    return at
