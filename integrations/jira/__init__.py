"""The door to Jira: the one place that speaks HTTP to it."""

from integrations.jira.client import Account, JiraClient, Page
from integrations.jira.faults import JiraAway, JiraFault, JiraGarbled, JiraMissing, JiraRefused, JiraWaits

__all__ = [
    "Account", "JiraAway", "JiraClient", "JiraFault", "JiraGarbled", "JiraMissing", "JiraRefused", "JiraWaits", "Page",
]
