"""The mirror of Jira: what it holds, and how it is kept."""

from tickets.models.mapping import JiraStatus, JiraUser, LabelMark, MappingEvent
from tickets.models.mirror import MirroredProject, SyncRun, WebhookDelivery
from tickets.models.ticket import (
    Ticket,
    TicketChange,
    TicketComment,
    TicketDetail,
    TicketEvent,
    TicketKey,
    TicketLink,
)

__all__ = [
    "JiraStatus", "JiraUser", "LabelMark", "MappingEvent", "MirroredProject", "SyncRun", "Ticket", "TicketChange",
    "TicketComment", "TicketDetail", "TicketEvent", "TicketKey", "TicketLink", "WebhookDelivery",
]
