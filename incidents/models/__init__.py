"""Incidents: the playbook, updates and promises, the timeline, what others are told, what is learnt."""

from incidents.models.incident import Incident, IncidentCustomer, IncidentEvent, IncidentRole, IncidentWatcher
from incidents.models.playbook import Evidence, IncidentStage, IncidentStep, PatchStep, PlaybookVersion
from incidents.models.retro import RetroAction, Retrospective
from incidents.models.settings import Cadence, IncidentSettings, IncidentStatus, SettingsEvent
from incidents.models.telling import Stakeholder, StakeholderList, StatusLink, Subscriber
from incidents.models.updates import Approval, Promise, Target, Update, UpdateDelivery, UpdateDraft, UpdateVersion

__all__ = [
    "Approval", "Cadence", "Evidence", "Incident", "IncidentCustomer", "IncidentEvent", "IncidentRole",
    "IncidentSettings", "IncidentStage", "IncidentStatus", "IncidentStep", "IncidentWatcher", "PatchStep",
    "PlaybookVersion", "Promise", "RetroAction", "Retrospective", "SettingsEvent", "Stakeholder", "StakeholderList",
    "StatusLink", "Subscriber", "Target", "Update", "UpdateDelivery", "UpdateDraft", "UpdateVersion",
]
