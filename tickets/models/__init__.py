"""The mirror of Jira: what it holds, and how it is kept."""

from tickets.models.kanban import KanbanEvent, TicketBlock, TicketThread, WipLimit
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
from tickets.models.triage import TriageDecision, TriageItem, TriageKnown, TriageMeeting, WordCount
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
    "ApartResolution", "BugType", "DailyCount", "JiraStatus", "JiraUser", "KanbanEvent", "LabelMark", "MappingEvent",
    "MirroredProject", "OrderException", "PriorityEvent", "PriorityMark", "SyncRun", "Ticket", "TicketBlock",
    "TicketChange", "TicketComment", "TicketDetail", "TicketEvent", "TicketKey", "TicketLink", "TicketState",
    "TicketThread", "TicketWeight", "TicketWrite", "TriageDecision", "TriageItem", "TriageKnown", "TriageMeeting",
    "WebhookDelivery",
    "WeeklyUpdate", "WeeklyUpdateEvent", "WeeklyUpdateVersion", "WipLimit", "WordCount", "WorkflowStep",
]
