"""`manage.py rebuild_daily_counts`: replay every ticket from its change log, and count every day anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.common import clock
from tickets.actions.weekly.counts import count_days
from tickets.actions.weekly.states import replay_all


class Command(BaseCommand):
    help = (
        "Replay every mirrored ticket from its change log, and count every day anew: the ground of the weekly update. "
        "The mirror keeps both by itself; this is for a database that was mended by hand."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only tickets and days that were never counted")

    def handle(self, *args: Any, **options: Any) -> None:
        changed = replay_all(missing_only=options["missing"])
        counted = count_days(at=clock.now(), anew=not options["missing"])
        if options["verbosity"] > 0:
            self.stdout.write(f"{changed:,} tickets stood otherwise than was held; {counted:,} counts written.")
