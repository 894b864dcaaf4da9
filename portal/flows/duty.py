"""Who is on duty has changed, by an edit or by the clock: what shows it outside the portal's pages follows."""

from datetime import datetime

from portal.common import live
from portal.common.timers import set_timer
from set_rotation.actions.duty import CHANGED
from set_rotation.queries import next_change


def duty_changed(key: str, at: datetime) -> None:
    """Duty begins, ends or was edited: open pages look again, and the next change of hands has its timer."""
    live.publish("duty", "stale", "")
    following = next_change(at)
    if following is not None:
        set_timer(kind=CHANGED, key=key, due_at=following)
