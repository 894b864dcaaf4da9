"""The door to Jira: the one place that speaks HTTP to it."""

from integrations.jira.client import Account, JiraClient, Page
from integrations.jira.faults import JiraAway, JiraFault, JiraGarbled, JiraMissing, JiraRefused, JiraWaits
from integrations.jira.writes import Field, JiraWriter, Step, Unranked

__all__ = [
    "Account", "Field", "JiraAway", "JiraClient", "JiraFault", "JiraGarbled", "JiraMissing", "JiraRefused", "JiraWaits",
    "JiraWriter", "Page", "Step", "Unranked",
]
