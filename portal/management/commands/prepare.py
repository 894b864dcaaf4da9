"""`manage.py prepare`: migrate, load reference data and, in the demo, the demo team. What every start needs."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from people.models import Person
from people.rules import DEMO_DOMAIN
from portal.common import clock
from portal.common.jobs import queue
from portal.common.locks import PREPARE
from portal.flows.demo import begin_demo
from set_rotation.actions.demo import load_demo_rotations
from tickets.tasks import sync_incremental


class Command(BaseCommand):
    help = "Bring the database to what this version needs; safe to run again and at the same time as another."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"The database that DATABASE_URL names cannot be used: {reason}") from error
        with connection.cursor() as cursor:
            # Two starts at once (compose scales, an impatient second `make run`) take turns here.
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARE])
        try:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
            call_command("load_handbook", stdout=self.stdout)
            # What was mirrored by a version that did not count yet: no number may be shown before it is.
            call_command("rebuild_daily_counts", missing=True, verbosity=0, stdout=self.stdout)
            if not settings.ENV.demo and Person.objects.filter(email__endswith=f"@{DEMO_DOMAIN}").exists():
                raise CommandError(
                    f"The data in {settings.ENV.var} are the demo's; they would mix with yours. Start "
                    "with data of your own: PORTAL_VAR=var/mine make run (or remove that folder)."
                )
            if settings.ENV.demo:
                call_command("load_demo", stdout=self.stdout)
                load_demo_rotations(at=clock.now())
                begin_demo(at=clock.now())
            if settings.ENV.jira.base_url:
                # Waits in the broker until a worker is there: the board need not wait for the timetable.
                queue(sync_incremental, expires=600)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARE])
