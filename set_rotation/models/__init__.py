"""Who is on SET: the roster, the rota, plans and swaps, pages, the cycle, and where duty is seen."""

from set_rotation.models.cycle import ChecklistItem, ChecklistMark, HandOver, HandOverTaken, HandOverTicket
from set_rotation.models.paging import (
    ContactMethod,
    ContactRule,
    Page,
    PageAttempt,
    PageEvent,
    PagePolicy,
)
from set_rotation.models.plans import Plan, Swap, SwapAnswer
from set_rotation.models.roster import Away, Commitment, LeaveFeed, Member, Wish
from set_rotation.models.rota import (
    Duty,
    Override,
    Pattern,
    Place,
    Rotation,
    RotationEvent,
    Schedule,
    Shift,
)
from set_rotation.models.seen import CalendarFeed, ChannelHeader, NoticeChoice, SprintPlanning

__all__ = [
    "Away", "CalendarFeed", "ChannelHeader", "ChecklistItem", "ChecklistMark", "Commitment", "ContactMethod",
    "ContactRule", "Duty", "HandOver", "HandOverTaken", "HandOverTicket", "LeaveFeed", "Member", "NoticeChoice",
    "Override", "Page", "PageAttempt", "PageEvent", "PagePolicy", "Pattern", "Place", "Plan", "Rotation",
    "RotationEvent", "Schedule", "Shift", "SprintPlanning", "Swap", "SwapAnswer", "Wish",
]
