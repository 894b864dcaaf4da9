"""A technical debt ticket, proposed from a component's bugs. Page: sustained-engineering-team, "Priority of Work"."""

import hashlib
from datetime import datetime
from typing import Any

from tickets.rules.weekly.charts import WEEKS, Area

TYPE, LABEL = "Task", "technical-debt"


def debt_fields(component: str, area: Area, *, project: str) -> dict[str, Any]:
    """Jira's fields of the ticket."""
    return {
        "project": {"key": project}, "issuetype": {"name": TYPE}, "labels": [LABEL],
        "components": [{"name": component}],
        "summary": f"Technical debt: find out why bugs keep coming in {component}"[:255],
        "description": (
            f"In the last {WEEKS} weeks {area.came} bugs came in {component}, {area.reopened} were reopened and "
            f"{area.escalated} escalated.\n\nFind what of the code makes them likely, and propose what to change."
        ),
    }


def debt_key(component: str, at: datetime) -> str:
    """The same for one component on one day."""
    return f"debt-{at:%Y-%m-%d}-{hashlib.sha256(component.encode()).hexdigest()[:16]}"
