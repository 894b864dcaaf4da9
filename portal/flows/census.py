"""The nightly count: what Jira still has, what it moved, archived or no longer shows."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import DatabaseError, connection

from integrations.jira import JiraFault
from people.models import Person
from portal.common import clock
from portal.flows.jira import apply_one
from portal.flows.mirror import exclusive, fault_in_words, own_fault, projects
from portal.flows.news import tell_gone, tell_state, tell_sync
from portal.flows.reading import Reader, changed_facts, in_words, open_reader
from tickets.actions.presence import mark_presence, note_missed
from tickets.actions.runs import begin_run, end_run, fail_run, note_counted
from tickets.choices import Presence, RunKind, RunState
from tickets.models import MirroredProject, SyncRun
from tickets.queries.mirror import mirrored_ids
from tickets.queries.sync import mirror_state
from tickets.rules import jql
from tickets.rules.census import Census, compare
from tickets.rules.reading import IssueFacts
from tickets.rules.waiting import must_wait

log = structlog.get_logger(__name__)


def take_census(
    *, at: datetime, by: Person | None = None, keys: Sequence[str] = (), confirmed: bool = False
) -> list[SyncRun]:
    """Count every project (or these) that has been mirrored whole. Faults end a project's run with words.

    `confirmed`: somebody has looked, and what is missing is truly gone, however much it is.
    """
    wanted = [project for project in projects() if project.complete and (not keys or project.key in keys)]
    before = mirror_state(at)
    runs = [_take(project, at, by, confirmed) for project in wanted]
    tell_state(before, mirror_state(clock.now()), clock.now())
    tell_sync()
    return [run for run in runs if run is not None]


def _take(project: MirroredProject, at: datetime, by: Person | None, confirmed: bool) -> SyncRun | None:
    with exclusive(project.key) as mine:
        if not mine or (by is None and must_wait(project.not_before, clock.now())):
            return None
        run = begin_run(project=project, kind=RunKind.CENSUS, by=by, at=at)
        requests = 0
        try:
            reader = open_reader()
            try:
                state, words = _count(run, project, reader, confirmed)
            finally:
                requests = reader.client.requests
                reader.client.close()
            end_run(run=run, at=clock.now(), watermark=None, requests=requests, state=state, words=words)
        except JiraFault as fault:
            fail_run(run=run, fault=fault_in_words(fault), at=clock.now(), requests=requests)
        except Exception as error:
            fail_run(run=run, fault=own_fault(error), at=clock.now(), requests=requests)
            log.exception("census failed", project=project.key)
        run.refresh_from_db()
        return run


def _count(run: SyncRun, project: MirroredProject, reader: Reader, confirmed: bool) -> tuple[RunState, str]:
    seen = [identity for ids in reader.client.ids(jql.everything(project.key)) for identity in ids]
    mirrored = mirrored_ids(project.key)
    census = compare(seen, mirrored, confirmed=confirmed)
    note_counted(run=run, seen=len(seen), missing=len(census.missing))
    if census.held:
        return RunState.HELD, (
            f"{len(census.missing)} of {len(mirrored)} tickets of {project.key} are missing in Jira at once. Nothing "
            "was marked: check the account's rights and the project's key. If they are truly gone, say so at Mirror."
        )
    _read_in(census, reader)
    for identity in census.suspects:
        _examine(identity, project.key, reader)
    note_missed(seen=set(seen), missing=census.missing)
    return RunState.DONE, in_words(reader.odd)


def _read_in(census: Census, reader: Reader) -> None:
    """Issues that Jira has and the mirror does not: moved in, or restored with an old date."""
    for identity in census.unknown:
        found = reader.client.issue(identity, fields=reader.fields)
        if found is not None:
            facts, _ = changed_facts(reader, [found])
            _applied(facts, clock.now(), reader)


def _applied(facts: Sequence[IssueFacts], at: datetime, reader: Reader) -> None:
    """Write what was read; an issue that the database refuses is named, and the others go on."""
    try:
        apply_one(facts, at, via="census")
    except DatabaseError as error:
        if not connection.is_usable():
            raise
        log.warning("issue not written", key=facts[0].key, error=str(error))
        reader.odd.append(f"{facts[0].key} (the database refuses it)")


def _examine(identity: int, project: str, reader: Reader) -> None:
    """A ticket that two censuses missed is read once by its id; only then is it said to be gone."""
    at = clock.now()
    found = reader.client.issue(identity, fields=reader.fields)
    if found is None:
        ticket = mark_presence(ticket_id=identity, presence=Presence.GONE, at=at, via="census")
        if ticket:
            tell_gone(ticket, "is out of sight in Jira", at)
        return
    facts, _ = changed_facts(reader, [found])
    if not _is_archived(facts, project, reader):
        _applied(facts, at, reader)
    elif ticket := mark_presence(ticket_id=identity, presence=Presence.ARCHIVED, at=at, via="census"):
        tell_gone(ticket, "was archived in Jira", at)


def _is_archived(facts: Sequence[IssueFacts], project: str, reader: Reader) -> bool:
    """Data Center says so. Cloud does not: what it shows by id, in its project, but lists in no search, is archived."""
    if facts and (facts[0].archived or facts[0].project_key != project):
        return facts[0].archived
    return reader.client.cloud
