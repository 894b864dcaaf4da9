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
from tickets.models.weekly import (
    ApartResolution,
    BugType,
    DailyCount,
    TicketState,
    WeeklyUpdate,
    WeeklyUpdateEvent,
    WeeklyUpdateVersion,
)
from tickets.models.writes import TicketWrite, WorkflowStep

__all__ = [
    "ApartResolution", "BugType", "DailyCount", "JiraStatus", "JiraUser", "LabelMark", "MappingEvent",
    "MirroredProject", "OrderException", "PriorityEvent", "PriorityMark", "SyncRun", "Ticket", "TicketChange",
    "TicketComment", "TicketDetail", "TicketEvent", "TicketKey", "TicketLink", "TicketState", "TicketWeight",
    "WebhookDelivery", "WeeklyUpdate", "WeeklyUpdateEvent", "WeeklyUpdateVersion",
    "TicketWrite", "WorkflowStep",
]
