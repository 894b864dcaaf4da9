"""Keep what is known of Jira's workflow fresh, so that a page that offers moves asks nobody."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Max

from integrations.jira import JiraFault, JiraRefused, JiraWriter
from portal.flows.reading import open_reader
from portal.flows.senders.jira import step_facts
from tickets.actions.workflow import keep_steps
from tickets.choices import Column, Presence
from tickets.models import Ticket, WorkflowStep

log = structlog.get_logger(__name__)
FRESH_FOR = timedelta(hours=12)
AT_ONCE = 40  # kinds of tickets asked about in one go


def read_workflow(*, at: datetime) -> int:
    """Ask Jira, for each project, type and status on the board, which moves it allows, by one ticket of that kind.
    Returns how many were asked about."""
    if not settings.ENV.jira.base_url:
        return 0
    wanted = _unknown(at)[:AT_ONCE]
    if not wanted:
        return 0
    try:
        reader = open_reader(lately=True)
    except JiraFault as fault:
        log.info("workflow not read", reason=fault.words)
        return 0
    asked = 0
    try:
        for project, kind, status, sample in wanted:
            try:
                steps = JiraWriter(reader.client).steps(sample)
            except JiraRefused as fault:
                log.info("moves of a ticket not read", ticket=sample, reason=fault.words)
                continue
            keep_steps(project=project, kind=kind, status=status, steps=[step_facts(step) for step in steps])
            asked += 1
    except JiraFault as fault:
        log.info("workflow not read to its end", reason=fault.words)
    finally:
        reader.client.close()
    return asked


def _unknown(at: datetime) -> list[tuple[str, str, str, int]]:
    """The kinds of tickets on the board whose moves are not known, or not lately: (project, type, status, a ticket)."""
    known = dict.fromkeys(
        WorkflowStep.objects.filter(read_at__gt=at - FRESH_FOR)
        .values_list("project_key", "kind", "status_id").distinct()
    )
    here = (
        Ticket.objects.filter(presence=Presence.PRESENT, status__isnull=False, write_state="")
        .exclude(column=Column.OFF).exclude(status__pk__startswith="name:")
        .values_list("project_key", "kind", "status_id").annotate(sample=Max("id")).order_by()
    )
    return [row for row in here if row[:3] not in known]
