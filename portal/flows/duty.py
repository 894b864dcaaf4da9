"""Who is on duty has changed, by an edit or by the clock: what shows it outside the portal's pages follows."""

from datetime import datetime

from portal.common import live
from portal.common.timers import set_timer
from portal.flows.header import header_changed
from portal.flows.leave import look_for_clashes
from set_rotation.actions.duty import CHANGED
from set_rotation.queries import next_change

NEXT = "next"  # the key of the timer for the next change of hands


def duty_changed(key: str, at: datetime) -> None:
    """Duty begins, ends or was edited: open pages look again, the channel's header follows, and the next change of
    hands has its timer."""
    live.publish("duty", "stale", "")
    header_changed(at)
    look_for_clashes(at=at)
    following = next_change(at)
    if following is not None:
        # Not under the key of edits: one that is made at this moment has set its timer to now.
        set_timer(kind=CHANGED, key=NEXT, due_at=following)
