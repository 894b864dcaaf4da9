"""What happens when Jira changes: one path, for webhook, poll and import."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from incidents.actions import followups
from integrations.jira import JiraFault, JiraWaits
from portal.flows import news
from portal.flows.escalations.comments import comments_changed
from portal.flows.escalations.told import tickets_changed
from portal.flows.incidents import tickets as incident_tickets
from portal.flows.reading import changed_facts, open_reader
from tickets.actions.deliveries import ATTEMPTS, claim_delivery, postpone_delivery, settle_delivery
from tickets.actions.mirror import Mirrored, mirror_issues
from tickets.actions.presence import mark_presence
from tickets.actions.writes.over import BY_OWN_WRITE
from tickets.choices import DeliveryState, Presence
from tickets.models import WebhookDelivery
from tickets.queries.mirror import asked_to_wait, is_mirrored
from tickets.rules.reading import IssueFacts

log = structlog.get_logger(__name__)


def jira_changed(*, issues: Sequence[IssueFacts], at: datetime, via: str, tell: bool = True) -> Mirrored:
    """Jira has these issues as they are now: write them, and tell open pages and the escalations they are linked to."""
    with transaction.atomic():
        mirrored = mirror_issues(issues=issues, at=at, via=via)
        tickets_changed((told.id for told in mirrored.told), at)
        followups.tickets_changed((told.id for told in mirrored.told), at)
        incident_tickets.tickets_changed((told.id for told in mirrored.told), at)
    comments_changed([told.id for told in mirrored.told], at)
    if tell:
        news.tell_boards(mirrored.told, at)
    return mirrored


def write_page(*, issues: Sequence[IssueFacts], at: datetime, via: str) -> tuple[Mirrored, list[str]]:
    """Write a page of issues at once; where the database refuses that, one by one, so that an odd issue does not keep
    the others out. Returns what was done, and the issues that were left out, each with the reason."""
    try:
        return jira_changed(issues=issues, at=at, via=via, tell=False), []
    except DatabaseError:
        if not connection.is_usable():
            raise
    done, odd = Mirrored(), []
    for facts in sorted(issues, key=lambda facts: facts.updated):
        try:
            one = jira_changed(issues=[facts], at=at, via=via, tell=False)
        except DatabaseError as error:
            if not connection.is_usable():
                raise
            log.warning("issue not written", key=facts.key, error=str(error))
            odd.append(f"{facts.key} (the database refuses it: {str(error).partition(chr(10))[0][:200]})")
        else:
            done = Mirrored(done.created + one.created, done.updated + one.updated, done.unchanged + one.unchanged,
                            done.changes + one.changes, done.told + one.told)
    return done, odd


def apply_delivery(*, delivery_id: int, at: datetime) -> bool:
    """A webhook came: fetch the issue it hints at and apply it. Jira away: tried again, and the poll comes anyway.

    Returns whether it is worth asking Jira for the next one now.
    """
    delivery = claim_delivery(delivery_id=delivery_id, at=at)
    if delivery is None or delivery.issue_id is None:
        return True
    until = asked_to_wait(at)
    if until is not None:
        postpone_delivery(delivery=delivery, until=until, at=at, note="Jira asked to wait.", counts=False)
        return False
    if delivery.attempts > ATTEMPTS:
        note = delivery.note or "every worker that took it died"
        settle_delivery(delivery=delivery, state=DeliveryState.FAILED, at=at, note=note)
        return True
    try:
        note = _apply(delivery, delivery.issue_id, at)
    except JiraWaits as fault:
        postpone_delivery(delivery=delivery, until=fault.until, at=at, note=fault.words)
        return False
    except JiraFault as fault:
        postpone_delivery(delivery=delivery, until=at + _backoff(delivery), at=at, note=fault.words)
        return not fault.passing
    except Exception as error:
        note = f"the portal itself failed: {type(error).__name__}"
        postpone_delivery(delivery=delivery, until=at + _backoff(delivery), at=at, note=note)
        raise
    else:
        settle_delivery(delivery=delivery, state=DeliveryState.APPLIED, at=at, note=note)
    return True


def _backoff(delivery: WebhookDelivery) -> timedelta:
    return timedelta(seconds=min(2**delivery.attempts * 5, 600))


def _apply(delivery: WebhookDelivery, issue_id: int, at: datetime) -> str:
    if delivery.event == "jira:issue_deleted":
        return _deleted(issue_id, at)
    reader = open_reader(lately=True)
    try:
        found = reader.client.issue(issue_id, fields=reader.fields)
        if found is None:
            return "Jira no longer shows it; the census will tell why"
        facts, unchanged = changed_facts(reader, [found])
        return apply_one(facts, at, via="webhook") if facts or unchanged else "the issue cannot be read; see the log"
    finally:
        reader.client.close()


def apply_one(facts: Sequence[IssueFacts], at: datetime, *, via: str) -> str:
    """Write an issue that was read by its id, unless it belongs to a project that is not mirrored."""
    if not facts:
        return "already here"
    issue = facts[0]
    if issue.project_key not in settings.ENV.jira.all_projects:
        if not is_mirrored(issue.id):
            return f"{issue.project_key} is not mirrored"
        with transaction.atomic():  # no board may see it present in a project that is not ours
            jira_changed(issues=facts, at=at, via=via, tell=False)
            moved = mark_presence(ticket_id=issue.id, presence=Presence.MOVED, at=at, via=via, words=issue.key)
        if moved:
            news.tell_gone(moved, f"moved to {issue.project_key}", at)
        return f"moved to {issue.project_key}"
    # What a write of ours did is no news; its card is drawn anew by whoever settles the write.
    jira_changed(issues=facts, at=at, via=via, tell=via != BY_OWN_WRITE)
    return ""


def _deleted(issue_id: int, at: datetime) -> str:
    ticket = mark_presence(ticket_id=issue_id, presence=Presence.DELETED, at=at, via="webhook")
    if ticket is None:
        return "it was not mirrored"
    news.tell_gone(ticket, "was deleted in Jira", at)
    return "deleted"
