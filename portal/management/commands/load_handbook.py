"""`manage.py load_handbook`: the reference data that every room ships; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand

from cadence.actions import load_calendar
from people.actions import ensure_roles
from tickets.actions.handbook import load_marks, load_weekly


class Command(BaseCommand):
    help = "Load what the handbook says (roles, marks, the calendar); what was edited here is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_roles()
        written = load_marks() + load_weekly() + load_calendar()
        if options["verbosity"] > 0:
            self.stdout.write(f"Handbook loaded: {written} new entries.")
