"""`manage.py sync_jira [--full | --census] [--project KEY]`: run the mirror here and now, with a bar."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import flows
from portal.common import clock
from portal.flows.mirror import Progress, projects
from tickets.choices import RunKind, RunState
from tickets.models import SyncRun

WIDTH = 30


class Command(BaseCommand):
    help = "Mirror Jira: what changed, or everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="read every issue again")
        parser.add_argument("--census", action="store_true", help="count what Jira still has")
        parser.add_argument(
            "--confirm-missing", action="store_true", help="with --census: what is missing is truly gone, mark it"
        )
        parser.add_argument("--project", action="append", default=[], metavar="KEY", help="only this project")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ENV.jira.base_url:
            raise CommandError("No Jira is configured: set JIRA_BASE_URL and a token (see .env.example).")
        at, kind = clock.now(), RunKind.FULL if options["full"] else RunKind.INCREMENTAL
        wanted = {key.upper() for key in options["project"]}
        known = [project.key for project in projects()]
        if unknown := wanted - set(known):
            raise CommandError(f"Not mirrored: {', '.join(sorted(unknown))}. Configured: {', '.join(known)}.")
        if options["census"]:
            runs = flows.take_census(at=at, keys=sorted(wanted), confirmed=options["confirm_missing"])
        else:
            keys = [key for key in known if not wanted or key in wanted]
            runs = flows.sync_all(kind=kind, at=at, keys=keys, tell=self._bar)
            if len(runs) < len(keys):
                self.stdout.write("Some projects were passed over: another run is at them, or Jira asked to wait.")
        for run in runs:
            self._report(run)
        if any(run.state == RunState.FAILED for run in runs):
            raise CommandError("Not everything could be mirrored; the next run goes on from there.")

    def _bar(self, progress: Progress) -> None:
        if not sys.stderr.isatty():
            return
        share = min(progress.seen / progress.expected, 1.0) if progress.expected else 0.0
        done = int(share * WIDTH)
        of = f" of {progress.expected}" if progress.expected else ""
        sys.stderr.write(f"\r{progress.project:<8} [{'#' * done}{'.' * (WIDTH - done)}] {progress.seen}{of} issues   ")
        sys.stderr.flush()

    def _report(self, run: SyncRun) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r" + " " * 78 + "\r")
        seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0.0
        line = (
            f"{run.project_id}: {run.get_state_display().lower()} in {seconds:.1f} s, {run.seen} seen, "
            f"{run.created} new, {run.updated} changed, {run.unchanged} unchanged, {run.changes} log items, "
            f"{run.requests} requests"
        )
        self.stdout.write(line + (f"\n  {run.error}" if run.error else ""))
