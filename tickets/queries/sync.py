"""The state of the mirror: the stamp of every page, and the mirror's own page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from tickets.choices import RunKind, RunState
from tickets.models import MirroredProject, SyncRun, Ticket
from tickets.rules.freshness import ProjectState, Stamp, Trouble, first_import, stamp_of, trouble_of

ALIVE = timedelta(hours=2)  # a run that says it runs for longer than this was killed and not taken up again


@dataclass(frozen=True)
class MirrorState:
    """How the mirror stands now. `projects`: those that are configured, the ones kept off the board too."""

    stamp: Stamp
    trouble: Trouble | None
    notices: list[str]
    first_import: bool
    projects: list[ProjectState]


def mirror_state(at: datetime) -> MirrorState:
    """The state of the configured projects: one query, two while the first import is under way.

    The stamp speaks of SET's projects; those kept off the board have their state on the mirror's page.
    """
    return state_of(projects_with_runs(at), at)


def state_of(rows: Sequence[MirroredProject], at: datetime) -> MirrorState:
    """As `mirror_state`, of rows that are read already."""
    projects = [project_state(project) for project in configured(rows)]
    on_board = [project for project in projects if project.on_board]
    importing, zone = bool(on_board) and first_import(on_board), timezone.get_current_timezone()
    so_far = 0
    if importing:
        so_far = Ticket.objects.filter(project_key__in=[project.key for project in on_board]).count()
    return MirrorState(
        stamp=stamp_of(on_board, so_far=so_far, at=at),
        trouble=trouble_of(on_board, at=at, zone=zone),
        notices=[project.notice for project in projects if project.notice],
        first_import=importing,
        projects=projects,
    )


def stamp(at: datetime) -> Stamp:
    """The "as of" stamp of every page."""
    return mirror_state(at).stamp


def projects_with_runs(at: datetime) -> list[MirroredProject]:
    """All projects that were ever mirrored, each with `is_running` and `last_state` of its runs: one query."""
    runs = SyncRun.objects.filter(project=OuterRef("pk"))
    ended = runs.exclude(kind=RunKind.CENSUS).exclude(state=RunState.RUNNING).order_by("-id")
    rows: list[MirroredProject] = list(
        MirroredProject.objects.annotate(
            is_running=Exists(runs.filter(state=RunState.RUNNING, started_at__gt=at - ALIVE)),
            last_state=Subquery(ended.values("state")[:1]),
        )
    )
    return rows


def configured(rows: Sequence[MirroredProject]) -> list[MirroredProject]:
    """Those mirrored now: a project that is no longer configured stands still, and says nothing about the rest."""
    keys = set(settings.ENV.jira.all_projects)
    return [project for project in rows if project.key in keys] or list(rows)


def project_state(project: MirroredProject) -> ProjectState:
    """The state of one of `projects_with_runs`."""
    return ProjectState(
        key=project.key, on_board=project.on_board, answered_at=project.answered_at,
        silent_since=project.silent_since, complete=project.complete,
        running=bool(getattr(project, "is_running", False)),
        failing=getattr(project, "last_state", None) == RunState.FAILED and project.silent_since is None,
        notice=project.notice,
    )


__all__ = ["MirrorState", "Stamp", "Trouble", "configured", "mirror_state", "project_state", "projects_with_runs",
           "stamp", "state_of"]
