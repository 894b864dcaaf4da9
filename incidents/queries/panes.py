"""What the parts of an incident's page are drawn from: of the page itself, and of what is sent to open pages."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from incidents.choices import State
from incidents.models import Incident
from incidents.queries.after import after_of
from incidents.queries.around import around_of
from incidents.queries.history import last_said
from incidents.queries.offered import Offered, offered_for
from incidents.queries.page import page_of
from incidents.queries.playbook import playbook_of
from incidents.queries.promises import due_of
from incidents.queries.receipts import receipts_of

EVERYTHING = ("head", "notices", "playbook", "due", "receipts")
WITH_PLAYBOOK = {"head", "notices", "playbook"}  # the head says whether the executive was told, a notice if not


def panes_of(
    incident: Incident, parts: Collection[str], *, works: bool, at: datetime, offered: Offered | None = None
) -> dict[str, Any]:
    """The context of these parts, as those who take part (`works`) or all others see them; no part knows its reader.

    `offered`: what an update can say, where it is known already. Seven queries for all parts, none for none."""
    context: dict[str, Any] = {"incident": incident, "now": at, "works": works}
    if not parts:
        return context
    around = around_of(incident)
    if {"head", "notices"} & set(parts):
        if offered is None and incident.state == State.OPEN:
            offered = offered_for(incident.severity)
        context["page"] = page_of(incident, works=works, around=around, offered=offered)
    if {"head", "due"} & set(parts):
        context["due"] = due_of(incident, at=at, around=around)
    if WITH_PLAYBOOK & set(parts):
        context["playbook"] = playbook_of(incident, works=works, at=at, around=around)
    if "notices" in parts:
        context["after"] = after_of(incident, at, around)
    if "receipts" in parts:
        context["receipts"] = receipts_of(incident, at=at, around=around)
    if "receipts" in parts and not works:
        context["last"] = last_said(incident)
    return context
