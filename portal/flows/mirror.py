"""A run of the mirror: fetching overlaps writing, each page is one transaction, and what is noted is there."""

import contextlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction

from integrations.ahead import ahead
from integrations.jira import JiraAway, JiraFault, JiraGarbled, JiraRefused, JiraWaits, Page
from people.models import Person
from portal.common import clock, live, locks
from portal.flows.jira import write_page
from portal.flows.news import News, tell_state
from portal.flows.reading import Reader, changed_facts, in_words, open_reader
from tickets.actions.mirror import Mirrored
from tickets.actions.ranks import set_ranks, todo_statuses
from tickets.actions.runs import Fault, begin_run, end_run, ensure_projects, fail_run, get_on
from tickets.choices import RunKind
from tickets.models import MirroredProject, SyncRun
from tickets.queries.mirror import shown_projects
from tickets.queries.sync import mirror_state
from tickets.rules import jql
from tickets.rules.shapes import moment
from tickets.rules.waiting import must_wait

log = structlog.get_logger(__name__)


class Progress(NamedTuple):
    """How far a run is; `expected` None where Jira does not tell."""

    project: str
    seen: int
    expected: int | None


Tell = Callable[[Progress], None]


def projects() -> list[MirroredProject]:
    """The configured projects, SET's first."""
    config = settings.ENV.jira
    extra = (config.sre_project,) if config.sre_project else ()
    before = shown_projects()
    found = ensure_projects(on_board=config.projects, off_board=extra)
    if before != shown_projects():
        live.publish("board", "stale", "")
    return found


def sync_all(
    *, kind: RunKind, at: datetime, by: Person | None = None, keys: Sequence[str] = (), tell: Tell | None = None
) -> list[SyncRun]:
    """Every configured project (or these), one after the other, then the stamp of open pages. A project that somebody
    else is at is passed over."""
    if not settings.ENV.jira.base_url:
        return []
    wanted = [project.key for project in projects() if not keys or project.key in keys]
    before = mirror_state(at)
    runs = [sync_project(key=key, kind=kind, at=at, by=by, tell=tell) for key in wanted]
    tell_state(before, mirror_state(clock.now()), clock.now())
    return [run for run in runs if run is not None]


def sync_project(
    *, key: str, kind: RunKind, at: datetime, by: Person | None = None, tell: Tell | None = None
) -> SyncRun | None:
    """One run over one project; None where another one is at it, or Jira asked to wait.

    A fault of Jira's ends the run with words, never with an exception: the watermark stays and the next run heals.
    """
    with exclusive(key) as mine:
        project = MirroredProject.objects.get(key=key)
        if not mine or (by is None and must_wait(project.not_before, clock.now())):
            return None
        run = begin_run(project=project, kind=kind, by=by, at=at)
        news, requests = News(), 0
        try:
            reader = open_reader()
            try:
                reordered = _run(run, project, reader, news, tell)
                end_run(run=run, at=clock.now(), watermark=run.jira_started_at, requests=reader.client.requests,
                        words=run.error)
            finally:
                requests = reader.client.requests
                reader.client.close()
        except JiraFault as fault:
            reordered = False
            fail_run(run=run, fault=fault_in_words(fault), at=clock.now(), requests=requests)
        except Exception as error:
            fail_run(run=run, fault=own_fault(error), at=clock.now(), requests=requests)
            raise
        news.flush(clock.now(), reordered=reordered)
        run.refresh_from_db()
        return run


def _run(run: SyncRun, project: MirroredProject, reader: Reader, news: News, tell: Tell | None) -> bool:
    """Mirror what the run is about; returns whether To Do stands in another order than before."""
    # The earlier of two clocks: one that ran ahead for an hour must not hide what changed in that hour.
    run.jira_started_at = run.jira_started_at or min(reader.client.jira_time or clock.now(), clock.now())
    question = jql.changed(project.key, since=run.since, reached=run.reached, zone=reader.account.zone)
    if run.kind == RunKind.FULL and reader.client.cloud:
        run.expected = reader.client.count(question.partition(" ORDER BY")[0])
    pages = reader.client.search(question, fields=reader.fields, changelog=True)
    second = Reader(reader.client.twin(), reader.ids, reader.account)
    seen = 0
    try:
        for page in ahead(pages):
            run.expected = page.total if page.total is not None else run.expected
            facts, unchanged = changed_facts(second, page.issues)
            seen += len(page.issues)
            reached = _created(page) or run.reached
            with transaction.atomic():
                wrote, refused = write_page(issues=facts, at=clock.now(), via="poll")
                wrote = Mirrored(wrote.created, wrote.updated, wrote.unchanged + unchanged, wrote.changes, wrote.told)
                get_on(run=run, mirrored=wrote, seen=len(page.issues), reached=reached,
                       requests=reader.client.requests + second.client.requests)
            second.odd += refused
            run.reached = reached
            news.add(wrote.told)
            if tell:
                tell(Progress(project.key, seen, run.expected))
    finally:
        reader.client.requests += second.client.requests
        second.client.close()
    run.error = in_words(second.odd)
    return refresh_ranks(run=run, reader=reader) if project.on_board else False


def _created(page: Page) -> datetime | None:
    """When the last issue of a page was created: so far the run has got. None where it does not say."""
    fields = page.issues[-1][0].get("fields") if page.issues else None
    return moment(fields.get("created")) if isinstance(fields, Mapping) else None


def refresh_ranks(*, run: SyncRun, reader: Reader) -> bool:
    """Ask for the order of To Do: a pure re-rank does not touch `updated`. Returns whether anything moved.

    The rank is one for all projects, so all of the board's are asked for together.
    """
    projects = settings.ENV.jira.projects
    statuses = todo_statuses(projects)
    if not statuses:
        return False
    question = jql.ranked(projects, statuses, settings.ENV.jira.field_rank)
    try:
        ranked = [identity for ids in reader.client.ids(question) for identity in ids]
    except JiraRefused as fault:
        run.error = f"{run.error} The order of To Do could not be read: {fault.words}".strip()
        log.warning("order of To Do not read", reason=fault.words, detail=fault.detail)
        return False
    return set_ranks(projects=projects, ranked=ranked, at=clock.now()) > 0


def own_fault(error: Exception) -> Fault:
    """What a run keeps of a fault of ours."""
    words = "The portal itself failed at this run; it was logged, and the next run goes on from there."
    return Fault(words, f"{type(error).__name__}: {error}")


def fault_in_words(fault: JiraFault) -> Fault:
    """What a run keeps of a fault."""
    silent = isinstance(fault, JiraAway | JiraWaits | JiraGarbled)
    return Fault(fault.words, fault.detail, fault.until if isinstance(fault, JiraWaits) else None, silent)


@contextlib.contextmanager
def exclusive(key: str) -> Iterator[bool]:
    """Whether this process has the project to itself. The lock is the database session's: it dies with the process."""
    numbers = [locks.MIRROR, zlib.crc32(key.encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", numbers)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)
