"""`manage.py load_handbook`: the reference data that every room ships; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand

from cadence.actions import load_calendar
from escalations.actions.matrix import load_clocks
from escalations.actions.responses import load_responses
from incidents.actions.handbook import load_incidents
from people.actions import ensure_roles
from portal.common import clock
from set_rotation.actions import load_rotations
from set_rotation.actions.cycle import load_checklist
from tickets.actions.handbook import load_marks, load_weekly
from tickets.actions.priority import load_priority_marks, recompute_priorities
from tickets.queries.priority import somebody_waits_for_a_place


class Command(BaseCommand):
    help = "Load what the handbook says (roles, marks, priorities, the calendar); what was edited here is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_roles()
        load_rotations()
        load_checklist()
        written = load_marks() + load_weekly() + load_priority_marks() + load_calendar()
        written += load_clocks(at=clock.now()) + load_responses(at=clock.now())
        written += load_incidents(at=clock.now())
        # A first start after an upgrade, or a handbook that says something new: the board shows the order from then on.
        if written or somebody_waits_for_a_place():
            recompute_priorities()
        if options["verbosity"] > 0:
            self.stdout.write(f"Handbook loaded: {written} new entries.")
