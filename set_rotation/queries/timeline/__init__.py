"""The timeline: who is planned when, as a table and as a list."""

from set_rotation.queries.timeline.cells import Cell, Drawer
from set_rotation.queries.timeline.facts import Facts, read
from set_rotation.queries.timeline.page import Timeline, timeline

__all__ = ["Cell", "Drawer", "Facts", "Timeline", "read", "timeline"]
