"""The life of a run: begun, getting on, ended. A run that was killed is taken up where it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, When

from people.models import Person
from tickets.actions.mapping import place_tickets
from tickets.actions.mirror import Mirrored
from tickets.choices import RunKind, RunState
from tickets.models import MirroredProject, SyncRun

KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Fault:
    """Why a run ended: in words for the page, and in detail for whoever mends it."""

    words: str
    detail: str = ""
    not_before: datetime | None = None
    silent: bool = False


def ensure_projects(*, on_board: tuple[str, ...], off_board: tuple[str, ...]) -> list[MirroredProject]:
    """A row for every configured project. One that is no longer configured keeps its tickets, off the board."""
    wanted = {**dict.fromkeys(on_board, True), **dict.fromkeys(off_board, False)}
    held = {project.key: project for project in MirroredProject.objects.all()}
    MirroredProject.objects.bulk_create(
        [MirroredProject(key=key, on_board=shown) for key, shown in wanted.items() if key not in held],
        ignore_conflicts=True,
    )
    turned = [key for key, project in held.items() if project.on_board != wanted.get(key, False)]
    if turned:
        with transaction.atomic():
            other_side = Case(When(on_board=True, then=False), default=True)
            MirroredProject.objects.filter(key__in=turned).update(on_board=other_side)
            place_tickets(Q(project_key__in=turned))
    order = list(wanted)
    return sorted(MirroredProject.objects.filter(key__in=order), key=lambda project: order.index(project.key))


def begin_run(*, project: MirroredProject, kind: RunKind, by: Person | None, at: datetime) -> SyncRun:
    """Begin a run, as the continuation of one that was killed where there is one. The caller holds the project's lock,
    so whatever still says it is running is dead."""
    with transaction.atomic():
        SyncRun.objects.filter(project=project, state=RunState.RUNNING).update(
            state=RunState.INTERRUPTED, finished_at=at
        )
        goes_on = _unfinished(project, kind)
        if goes_on and goes_on.kind == RunKind.FULL:
            kind = RunKind.FULL  # what changed is only worth asking for once everything is here
        if kind == RunKind.INCREMENTAL and project.watermark is None:
            kind = RunKind.FULL
        since = goes_on.since if goes_on else project.watermark
        return SyncRun.objects.create(
            project=project, kind=kind, by=by, started_at=at, continues=goes_on,
            since=since if kind == RunKind.INCREMENTAL else None,
            jira_started_at=goes_on.jira_started_at if goes_on else None,
            reached=goes_on.reached if goes_on else None,
        )


def _unfinished(project: MirroredProject, kind: RunKind) -> SyncRun | None:
    """The last run, where it did not reach its end and one of this kind may go on from there."""
    if kind == RunKind.CENSUS:
        return None
    # By id, not by time: after a clock that ran ahead, an old failed run would stay "the last" for as long.
    last = SyncRun.objects.filter(project=project).exclude(kind=RunKind.CENSUS).order_by("-id").first()
    if last is None or last.state not in {RunState.INTERRUPTED, RunState.FAILED}:
        return None
    # A full run does not go on from an incremental one: that one never asked for the rest.
    return None if kind == RunKind.FULL and last.kind != RunKind.FULL else last


def get_on(*, run: SyncRun, mirrored: Mirrored, seen: int, reached: datetime | None, requests: int) -> None:
    """Note a page that is written. Called in the page's own transaction, so that what is noted is there."""
    SyncRun.objects.filter(id=run.id).update(
        seen=F("seen") + seen, created=F("created") + mirrored.created, updated=F("updated") + mirrored.updated,
        unchanged=F("unchanged") + mirrored.unchanged, changes=F("changes") + mirrored.changes,
        reached=reached, requests=requests, jira_started_at=run.jira_started_at, expected=run.expected,
    )


def note_counted(*, run: SyncRun, seen: int, missing: int) -> None:
    """What a census has counted."""
    SyncRun.objects.filter(id=run.id).update(seen=seen, missing=missing)


def end_run(*, run: SyncRun, at: datetime, watermark: datetime | None, requests: int,
            state: RunState = RunState.DONE, words: str = "") -> None:
    """A run that Jira answered to the end: the watermark moves to where Jira's clock stood when it began."""
    with transaction.atomic():
        SyncRun.objects.filter(id=run.id).update(state=state, finished_at=at, requests=requests, error=words)
        project = MirroredProject.objects.select_for_update().get(key=run.project_id)
        project.silent_since = project.not_before = None
        project.answered_at = at
        if run.kind == RunKind.CENSUS:
            project.census_at, project.notice = at, words if state == RunState.HELD else ""
        else:
            project.complete = True
            if watermark is not None and (project.watermark is None or watermark > project.watermark):
                project.watermark = watermark
        project.save()


def fail_run(*, run: SyncRun, fault: Fault, at: datetime, requests: int) -> None:
    """A run that could not be ended: the watermark stays, the reason is kept, the next run heals."""
    with transaction.atomic():
        SyncRun.objects.filter(id=run.id).update(
            state=RunState.FAILED, finished_at=at, error=fault.words, detail=fault.detail[:4_000], requests=requests
        )
        project = MirroredProject.objects.select_for_update().get(key=run.project_id)
        project.not_before = fault.not_before
        if fault.silent:
            project.silent_since = project.silent_since or run.started_at
        project.save(update_fields=["not_before", "silent_since"])


def forget_runs(*, at: datetime) -> int:
    """Drop runs older than 30 days; the newest of a project always stays."""
    newest = SyncRun.objects.order_by("project", "-started_at").distinct("project").values("id")
    old = SyncRun.objects.filter(started_at__lt=at - KEPT).exclude(id__in=list(newest.values_list("id", flat=True)))
    count, _ = old.delete()
    return count
