"""Every path that crosses rooms, each a short function: what happens when Jira changes, when a mapping changes."""

from portal.flows.census import take_census
from portal.flows.jira import apply_delivery, jira_changed
from portal.flows.mapping import accept_proposed, map_statuses
from portal.flows.mirror import sync_all, sync_project
from portal.flows.teams import teams_changed

__all__ = [
    "accept_proposed", "apply_delivery", "jira_changed", "map_statuses", "sync_all", "sync_project", "take_census",
    "teams_changed",
]
