"""The mirror of Jira: what it holds, and how it is kept."""

from tickets.models.mapping import JiraStatus, JiraUser, LabelMark, MappingEvent
from tickets.models.mirror import MirroredProject, SyncRun, WebhookDelivery
from tickets.models.priority import OrderException, PriorityEvent, PriorityMark, TicketWeight
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
    "JiraStatus", "JiraUser", "LabelMark", "MappingEvent", "MirroredProject", "OrderException", "PriorityEvent",
    "PriorityMark", "SyncRun", "Ticket", "TicketChange", "TicketComment", "TicketDetail", "TicketEvent", "TicketKey",
    "TicketLink", "TicketWeight", "WebhookDelivery",
]
