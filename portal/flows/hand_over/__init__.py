"""The hand-over over several rooms: drafted from what they know, called to mind, written to Jira, told to others."""

from portal.flows.hand_over.channel import post_hand_over, posts_of
from portal.flows.hand_over.draft import SOURCES, Source, SourceLine, draft_hand_over
from portal.flows.hand_over.owners import Written, write_owners
from portal.flows.hand_over.timers import TIMER, hand_over_due, set_hand_over_timers

__all__ = [
    "SOURCES", "TIMER", "Source", "SourceLine", "Written", "draft_hand_over", "hand_over_due", "post_hand_over",
    "posts_of", "set_hand_over_timers", "write_owners",
]
