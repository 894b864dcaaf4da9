"""The mirror's own page: its projects, what runs, what ran, and the columns of its statuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Q, Sum

from tickets.choices import Column, DeliveryState, Presence, RunKind, RunState
from tickets.models import JiraStatus, MirroredProject, SyncRun, Ticket, WebhookDelivery
from tickets.queries.listing import open_or_not
from tickets.queries.sync import ALIVE, configured, project_state, projects_with_runs, state_of
from tickets.queries.unmapped import Unmapped, unmapped_of, unmapped_statuses
from tickets.rules.columns import BOARD, category_of
from tickets.rules.freshness import ProjectState, Stamp, project_words

RUNS = 30
DAY = timedelta(days=1)
PRESENT = Q(tickets__presence=Presence.PRESENT)
RESULTS = {
    RunState.RUNNING: ("blue", "mirror", "Running"),
    RunState.DONE: ("green", "done", "Done"),
    RunState.FAILED: ("red", "fail", "Failed"),
    RunState.INTERRUPTED: ("amber", "pause", "Interrupted"),
    RunState.HELD: ("amber", "incident", "Held"),
}


@dataclass(frozen=True)
class RunError:
    title: str
    text: str
    at: datetime | None


@dataclass(frozen=True)
class ProjectCard:
    """A project on the mirror's page."""

    key: str
    name: str
    tone: str
    icon: str
    state: str
    watermark_at: datetime | None
    success_at: datetime | None
    mirrored: int
    open: int
    gone: int
    requests_today: int
    error: RunError | None
    notice: str


@dataclass(frozen=True)
class Running:
    """The run that is under way; `total` None where Jira does not tell how much there is."""

    kind: str
    project: str
    started_at: datetime
    done: int
    total: int | None
    text: str
    requests: int


@dataclass(frozen=True)
class RunRow:
    """A run of the list."""

    id: int
    kind: str
    project: str
    started_at: datetime
    seconds: float | None
    seen: int
    created: int
    changed: int
    unchanged: int
    requests: int
    tone: str
    icon: str
    result: str
    detail: str


@dataclass(frozen=True)
class StatusRow:
    """A status of Jira's; `column` "" where it has none."""

    id: str
    name: str
    category: str
    column: str
    count: int


@dataclass(frozen=True)
class ColumnMapping:
    columns: tuple[tuple[str, str], ...]
    statuses: tuple[StatusRow, ...]


@dataclass(frozen=True)
class Webhooks:
    """What Jira called about in the last 24 hours."""

    received: int
    applied: int
    ignored: int
    waiting: int
    failed: int
    last_at: datetime | None
    error: str


@dataclass(frozen=True)
class SyncPage:
    """See templates/tickets/sync.html."""

    stamp: Stamp
    configured: bool
    can_run: bool
    can_map: bool
    projects: tuple[ProjectCard, ...]
    running: Running | None
    runs: tuple[RunRow, ...]
    unmapped: Unmapped | None
    mapping: ColumnMapping
    webhooks: Webhooks


def sync_page(
    *, at: datetime, can_run: bool, can_see_errors: bool, can_accept: bool, can_map: bool
) -> SyncPage:
    """The whole page, in a constant number of queries. Who may not see errors reads that there was one, not which."""
    rows = projects_with_runs(at)
    runs = list(SyncRun.objects.select_related("by").order_by("-started_at", "-id")[:RUNS])
    statuses = list(JiraStatus.objects.annotate(shown=Count("tickets", filter=PRESENT)).order_by("name", "id"))
    return SyncPage(
        stamp=state_of(rows, at).stamp, configured=bool(settings.ENV.jira.base_url), can_run=can_run, can_map=can_map,
        projects=_projects(rows, runs, at, can_see_errors=can_see_errors), running=_running(runs, rows, at),
        runs=tuple(_run(run, can_see_errors=can_see_errors) for run in runs),
        unmapped=unmapped_of(unmapped_statuses(), can_accept=can_accept),
        mapping=ColumnMapping(
            tuple((str(column), column.label) for column in (*BOARD, Column.OFF)),
            tuple(_status(status) for status in statuses),
        ),
        webhooks=_webhooks(at, can_see_errors=can_see_errors),
    )


def _projects(
    rows: Sequence[MirroredProject], runs: Sequence[SyncRun], at: datetime, *, can_see_errors: bool
) -> tuple[ProjectCard, ...]:
    midnight = at.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    requests = dict(
        SyncRun.objects.filter(started_at__gte=midnight).order_by().values_list("project").annotate(Sum("requests"))
    )
    present = Q(presence=Presence.PRESENT)
    counts: dict[str, Any] = {
        row["project_key"]: row
        for row in Ticket.objects.order_by().values("project_key").annotate(
            mirrored=Count("id", filter=present), open=Count("id", filter=present & open_or_not(done=False)),
            gone=Count("id", filter=~present),
        )
    }
    now = {project.key for project in configured(rows)}
    return tuple(
        _project(
            project, counts.get(project.key, {}), int(requests.get(project.key) or 0),
            _error(project, runs, can_see_errors=can_see_errors),
            project_words(project_state(project), configured=project.key in now, at=at),
        )
        for project in rows
    )


def _project(
    project: MirroredProject, counts: Mapping[str, int], requests: int, error: RunError | None,
    words: tuple[str, str, str],
) -> ProjectCard:
    tone, icon, state = words
    return ProjectCard(
        key=project.key, name=project.name or ("" if project.on_board else "kept off SET's board"), tone=tone,
        icon=icon, state=state, watermark_at=project.watermark, success_at=project.answered_at,
        mirrored=counts.get("mirrored", 0), open=counts.get("open", 0), gone=counts.get("gone", 0),
        requests_today=requests, error=error, notice=project.notice,
    )


def _error(project: MirroredProject, runs: Sequence[SyncRun], *, can_see_errors: bool) -> RunError | None:
    state: ProjectState = project_state(project)
    if not state.failing and state.silent_since is None:
        return None
    mine = (run for run in runs if run.project_id == project.key and run.state == RunState.FAILED)
    failed = next(mine, None)
    ended = failed.finished_at if failed else project.silent_since
    if not can_see_errors:
        return RunError("The last run failed.", "Engineers and the lead see why.", ended)
    goes_on = "What was read stays; the next run goes on from there."
    if project.not_before:
        goes_on = f"Jira asked to be left alone for a while. {goes_on}"
    return RunError(failed.error if failed else "Jira does not answer.", goes_on, ended)


def _running(runs: Sequence[SyncRun], rows: Sequence[MirroredProject], at: datetime) -> Running | None:
    run = next((run for run in runs if run.state == RunState.RUNNING and run.started_at > at - ALIVE), None)
    if run is None:
        return None
    complete = {project.key: project.complete for project in rows}
    text = "goes on where the last one was interrupted" if run.continues_id else ""
    if run.kind == RunKind.FULL and not complete.get(run.project_id):
        text = f"the first import{', which ' + text if text else ''}"
    return Running(
        kind=RunKind(run.kind).label.lower(), project=run.project_id, started_at=run.started_at, done=run.seen,
        total=max(run.expected, run.seen) if run.expected else None, text=text, requests=run.requests,
    )


def _run(run: SyncRun, *, can_see_errors: bool) -> RunRow:
    tone, icon, result = RESULTS.get(RunState(run.state), ("grey", "info", run.state))
    told = [f"Asked for by {run.by.name}."] if run.by else []
    if can_see_errors:
        told += [words for words in (run.error, run.detail) if words]
    elif run.state == RunState.FAILED:
        told.append("Engineers and the lead see why.")
    if run.state == RunState.INTERRUPTED:
        told.append("The portal was stopped meanwhile; the next run goes on from there.")
    if run.continues_id:
        told.append("Went on where an earlier run had stopped.")
    return RunRow(
        id=run.id, kind=RunKind(run.kind).label.lower(), project=run.project_id, started_at=run.started_at,
        seconds=(run.finished_at - run.started_at).total_seconds() if run.finished_at else None, seen=run.seen,
        created=run.created, changed=run.updated, unchanged=run.unchanged, requests=run.requests, tone=tone, icon=icon,
        result=result, detail=" ".join(told),
    )


def _status(status: Any) -> StatusRow:
    column = "" if status.column == Column.UNMAPPED else status.column
    return StatusRow(status.id, status.name, category_of(status.category).label, column, status.shown)


def _webhooks(at: datetime, *, can_see_errors: bool) -> Webhooks:
    recent = WebhookDelivery.objects.filter(received_at__gt=at - DAY)
    counts = recent.aggregate(
        received=Count("id"), last=Max("received_at"),
        **{state.value: Count("id", filter=Q(state=state)) for state in DeliveryState},
    )
    failed = counts[DeliveryState.FAILED.value]
    error = ""
    if failed and can_see_errors:
        error = recent.filter(state=DeliveryState.FAILED).order_by("-received_at").values_list("note", flat=True)[0]
    return Webhooks(
        counts["received"], counts[DeliveryState.APPLIED.value], counts[DeliveryState.IGNORED.value],
        counts[DeliveryState.STORED.value], failed, counts["last"], error,
    )
