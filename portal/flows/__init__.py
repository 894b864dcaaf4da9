"""Every path that crosses rooms, each a short function: what happens when Jira changes, when a mapping changes."""

from portal.flows.census import take_census
from portal.flows.delivery import answer_delivery, deliver, delivered, queue_delivery, tell_cards
from portal.flows.jira import apply_delivery, jira_changed
from portal.flows.mapping import accept_proposed, map_statuses
from portal.flows.mirror import sync_all, sync_project
from portal.flows.news import look_again
from portal.flows.paging import mail_came
from portal.flows.teams import teams_changed
from portal.flows.ticking import tick
from portal.flows.weekly import correct_weekly, draft_weekly, draft_weekly_now, make_debt_ticket, post_weekly
from portal.flows.workflow import read_workflow

__all__ = [
    "accept_proposed",
    "answer_delivery",
    "apply_delivery",
    "correct_weekly",
    "deliver",
    "delivered",
    "draft_weekly",
    "draft_weekly_now",
    "jira_changed",
    "look_again",
    "mail_came",
    "make_debt_ticket",
    "map_statuses",
    "post_weekly",
    "queue_delivery",
    "read_workflow",
    "sync_all",
    "sync_project",
    "take_census",
    "teams_changed",
    "tell_cards",
    "tick",
]
