"""Escalations: what was asked, the thread, clocks, files, response templates, what is owed, what was learnt."""

from escalations.models.clocks import Clock, ClockMatrix
from escalations.models.escalation import (
    Affected,
    Escalation,
    EscalationEvent,
    Follower,
    FormLink,
    IntakeDraft,
)
from escalations.models.files import EscalationFile
from escalations.models.knowledge import KnowledgeNote, Rating, TrainingSession
from escalations.models.responses import ResponseTemplate, TemplateVersion
from escalations.models.thread import Message, MessageDelivery, OwedReply, ReplyDraft

__all__ = [
    "Affected", "Clock", "ClockMatrix", "Escalation", "EscalationEvent", "EscalationFile", "Follower", "FormLink",
    "IntakeDraft", "KnowledgeNote", "Message", "MessageDelivery", "OwedReply", "Rating", "ReplyDraft",
    "ResponseTemplate", "TemplateVersion", "TrainingSession",
]
