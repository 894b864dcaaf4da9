"""Weigh all tickets of escalations anew, for when what the rooms know of each other is doubted."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.common import clock
from portal.flows.escalations.weights import rebuild_weights


class Command(BaseCommand):
    help = "Let each open escalation weigh on its ticket what it weighs now, and no other."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{rebuild_weights(at=clock.now())} changed.")
