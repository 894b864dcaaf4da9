"""`manage.py count_words`: count anew in how many tickets each word stands, for finding those that sound alike."""

from typing import Any

from django.core.management.base import BaseCommand

from tickets.actions.triage import count_words


class Command(BaseCommand):
    help = "Count anew in how many tickets each word stands. The worker does this every night by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        counted = count_words()
        if options["verbosity"] > 0:
            self.stdout.write(f"{counted:,} words counted.")
